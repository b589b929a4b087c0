//! Which way a condition should stand.
//!
//! Kubernetes' API conventions leave it to each condition whether True is good (`Ready`) or bad (`MemoryPressure`); its
//! name tells. Conditions of nodes that other programs set are named for the problem (node-problem-detector), unless
//! their name says that something is well.

use crate::model::Subject;

/// Parts of names of conditions that should be False.
const PROBLEMS: [&str; 24] = [
    "Broken",
    "Conflict",
    "Corrupt",
    "Dangling",
    "Deadlock",
    "Degraded",
    "Error",
    "Exceeded",
    "Fail",
    "Invalid",
    "Lost",
    "NonStructural",
    "NotReady",
    "OutOf",
    "Pressure",
    "Problem",
    "ReadOnly",
    "Readonly",
    "Remaining",
    "Stalled",
    "Unavailable",
    "Unhealthy",
    "Unresponsive",
    "Violation",
];

/// Ends of names of conditions that should be True.
const HEALTH: [&str; 19] = [
    "AbleToScale",
    "Accepted",
    "Available",
    "Bound",
    "Established",
    "Healthy",
    "Initialized",
    "Programmed",
    "Ready",
    "Reconciled",
    "Released",
    "ResolvedRefs",
    "Running",
    "ScalingActive",
    "Scheduled",
    "Succeeded",
    "Synced",
    "Valid",
    "Reachable",
];

/// Whether a condition stands as it should not. What its name does not tell is taken for neutral, unless it is a
/// node's.
pub fn is_bad(subject: &Subject, condition: &str, status: &str) -> bool {
    let is_problem = is_problem(condition);
    let is_health = !is_problem && HEALTH.iter().any(|end| condition.ends_with(end));
    // True while a Deployment rolls out well; for others it only says that something is being done.
    let is_health = is_health || (condition == "Progressing" && subject.is("Deployment"));
    match status {
        "True" => is_problem || (subject.is("Node") && !is_health),
        "False" | "Unknown" => is_health || (is_problem && status == "Unknown"),
        _ => false,
    }
}

/// Whether a name is one for something that is wrong.
pub fn is_problem(name: &str) -> bool {
    PROBLEMS.iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_which_way_is_good() {
        let node = Subject::node("n");
        let other = Subject::namespaced("Thing", "a", "b");
        for (subject, condition, status, bad) in [
            (&node, "Ready", "True", false),
            (&node, "Ready", "Unknown", true),
            (&node, "MemoryPressure", "True", true),
            (&node, "MemoryPressure", "False", false),
            (&node, "KernelDeadlock", "True", true),
            (&node, "KernelReady", "True", false),
            (&node, "FrequentKubeletRestart", "True", true),
            (&node, "NetworkUnavailable", "True", true),
            (&other, "Available", "False", true),
            (&other, "Progressing", "False", false),
            (&other, "DisruptionAllowed", "False", false),
            (&other, "NamespaceContentRemaining", "True", true),
            (&Subject::namespaced("Deployment", "a", "b"), "Progressing", "False", true),
        ] {
            assert_eq!(is_bad(subject, condition, status), bad, "{subject} {condition} {status}");
        }
    }
}
