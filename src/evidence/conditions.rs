//! Conditions, which all kinds of object have in the same form.

use super::findings::{Findings, Place};
use super::{Fact, Record};
use crate::model::{Clock, Moment, Subject, to_the_second};
use crate::objects::{Condition, Time};

/// Whose conditions are read.
pub struct Owner<'a> {
    /// Where the object stands.
    pub place: Place,
    pub subject: &'a Subject,
    pub node: Option<&'a str>,
    /// When the object was made: no condition of it is older.
    pub created: Time,
}

impl Owner<'_> {
    /// Adds what a record of the object says of it.
    pub fn add(&self, at: Moment, record: Record<'_>, text: &str, found: &mut Findings) {
        let citation = found.cite(self.place, text);
        found.facts.push(Fact { at, last: at, count: 1, subject: self.subject, node: self.node, record, citation });
    }

    /// When a condition turned, if it says so.
    pub fn turned(&self, condition: &Condition, found: &mut Findings) -> Option<Moment> {
        Some(Moment::to_the_second(condition.last_transition_time?).by(self.clock(condition, found)))
    }

    /// By whose clock a condition turned, where it is known who turned it.
    fn clock(&self, condition: &Condition, found: &mut Findings) -> Clock {
        let by_kubelet = match self.subject.kind() {
            "Node" => OF_NODES.contains(&condition.kind.as_str()) && condition.status != "Unknown",
            "Pod" => is_by_kubelet(condition),
            _ => false,
        };
        self.node.filter(|_| by_kubelet).map_or(Clock::Unknown, |node| found.facts.clock_of(node))
    }
}

/// Conditions of nodes that the kubelet sets; the node lifecycle controller turns them to Unknown (pkg/controller/nodelifecycle).
const OF_NODES: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];
/// Conditions of pods that the kubelet alone sets.
const OF_PODS: [&str; 3] = ["ContainersReady", "Initialized", "PodReadyToStartContainers"];

/// Whether the kubelet turned a condition of a pod. It says why a pod is not ready (pkg/kubelet/status/generate.go); the
/// node lifecycle controller, which sets Ready of pods on a silent node to False, does not (pkg/controller/util/node,
/// `MarkPodsNotReady`). Of disruptions, each says who caused it (KEP-3329).
pub fn is_by_kubelet(Condition { kind, status, reason, .. }: &Condition) -> bool {
    match kind.as_str() {
        "Ready" => status == "True" || !reason.is_empty(),
        "DisruptionTarget" => reason == "TerminationByKubelet",
        kind => OF_PODS.contains(&kind),
    }
}

/// Adds a condition's last transition. One that does not say when that was is dated to the snapshot, begun at
/// any time since the object was made.
pub fn read(of: &Owner<'_>, condition: &Condition, found: &mut Findings) {
    let Condition { kind, status, reason, message, .. } = condition;
    let at = of.turned(condition, found).unwrap_or_else(|| of.place.since(of.created));
    let since = condition
        .last_transition_time
        .map(|at| format!(" lastTransitionTime {}", to_the_second(at)))
        .unwrap_or_default();
    let mut text = format!("{} {kind} {status}{since} {reason}: {message}", of.subject);
    // A node that fell silent says when it was heard last.
    if let (true, false, Some(beat)) = (of.subject.is("Node"), condition.is_true(), condition.last_heartbeat_time) {
        text.push_str(&format!(", lastHeartbeatTime {}", to_the_second(beat)));
    }
    let record = Record::Condition { condition: kind, status, reason, message };
    of.add(at, record, &text, found);
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn only_what_the_kubelet_alone_sets_is_of_its_clock() {
        let is_of_node = |subject: Subject, kind: &str, status: &str| {
            let place = Place::of_line(1, DateTime::UNIX_EPOCH);
            let owner = Owner { place, subject: &subject, node: Some("node-1"), created: None };
            let last_transition_time = Some(DateTime::UNIX_EPOCH);
            let (kind, status) = (kind.to_owned(), status.to_owned());
            let condition = Condition { kind, status, last_transition_time, ..Condition::default() };
            let mut found = Findings::default();
            read(&owner, &condition, &mut found);
            let fact = found.facts.iter().next().expect("a fact");
            found.facts.known_clock("node-1") == Some(fact.at.clock)
        };
        let (node, pod) = (|| Subject::node("node-1"), || Subject::pod("shop", "a"));
        assert!(is_of_node(node(), "MemoryPressure", "True") && is_of_node(node(), "Ready", "False"));
        assert!(!is_of_node(node(), "Ready", "Unknown"), "the node did not say so itself");
        assert!(is_of_node(pod(), "Initialized", "True") && !is_of_node(pod(), "Ready", "False"));
        assert!(is_of_node(pod(), "Ready", "True"), "only the kubelet says that it is");
    }
}
