//! How a report names things: its own ids, the cluster, and the workload behind a generated pod name.

use crate::evidence::Evidence;
use crate::model::Subject;

/// `s1` for the first signal.
pub fn signal_id(index: usize) -> String {
    format!("s{}", index + 1)
}

/// `c1` for the first cascade, which is the largest.
pub fn cascade_id(index: usize) -> String {
    format!("c{}", index + 1)
}

/// `version v1.34.4, uid …, context …`, as far as known.
pub fn cluster(evidence: &Evidence) -> String {
    let cluster = &evidence.header.cluster;
    let known = [("version", &cluster.version), ("uid", &cluster.uid), ("context", &cluster.context)];
    let parts: Vec<String> =
        known.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}"))).collect();
    if parts.is_empty() { "unknown".to_owned() } else { parts.join(", ") }
}

/// The pod that a subject is, or is a container of: its namespace and name.
pub fn pod_of(subject: &Subject) -> Option<(&str, &str)> {
    let namespace = subject.namespace()?;
    match subject.kind() {
        "Pod" => Some((namespace, subject.name())),
        "Container" => Some((namespace, subject.name().split_once('/').map_or(subject.name(), |(pod, _)| pod))),
        _ => None,
    }
}

/// The name of the workload that a pod was generated from: `api` of `Pod/shop/api-7d9f8b6c5-x2k4p`; none where the name
/// has no generated part.
///
/// Read from the name alone, so it is good for grouping and sorting, never for a claim.
pub fn workload_name(subject: &Subject) -> Option<&str> {
    pod_of(subject).and_then(|(_, pod)| without_suffix(pod))
}

/// The subject with what controllers add to a pod's name taken off: `Pod/shop/api-*` of `Pod/shop/api-7d9f8b6c5-x2k4p`.
pub fn workload_of(subject: &Subject) -> String {
    match (pod_of(subject), workload_name(subject)) {
        (Some((namespace, _)), Some(workload)) => format!("{}/{namespace}/{workload}-*", subject.kind()),
        (Some((namespace, pod)), None) => format!("{}/{namespace}/{pod}", subject.kind()),
        (None, _) => subject.to_string(),
    }
}

fn without_suffix(name: &str) -> Option<&str> {
    let (rest, last) = name.rsplit_once('-')?;
    if last.chars().all(|digit| digit.is_ascii_digit()) {
        return Some(rest);
    }
    if last.len() != 5 || !is_generated(last) {
        return None;
    }
    match rest.rsplit_once('-') {
        Some((workload, hash)) if (6..=10).contains(&hash.len()) && is_generated(hash) => Some(workload),
        _ => Some(rest),
    }
}

/// Kubernetes generates names from letters and digits that form no words.
fn is_generated(part: &str) -> bool {
    part.chars().all(|character| "bcdfghjklmnpqrstvwxz2456789".contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workloads_behind_names() {
        let cases = [
            (Subject::pod("shop", "api-7d9f8b6c5-x2k4p"), "Pod/shop/api-*"),
            (Subject::pod("shop", "database-0"), "Pod/shop/database-*"),
            (Subject::pod("shop", "agent-x2k4p"), "Pod/shop/agent-*"),
            (Subject::pod("shop", "web-front"), "Pod/shop/web-front"),
            (Subject::namespaced("Container", "shop", "api-7d9f8b6c5-x2k4p/app"), "Container/shop/api-*"),
            (Subject::namespaced("Service", "shop", "api-0"), "Service/shop/api-0"),
            (Subject::node("node-1"), "Node/node-1"),
            (Subject::whole_cluster(), "Cluster"),
        ];
        for (subject, workload) in cases {
            assert_eq!(workload_of(&subject), workload);
        }
    }
}
