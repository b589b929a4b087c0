//! Whether something was over when the archive was made, by the state that its subject was in.
//!
//! The last event of a kind is no end. Events stop when the kubelet has told often enough, and an occurrence has none.

use super::Rule;
use crate::evidence::Topology;
use crate::model::{Severity, Subject};
use chrono::{DateTime, Utc};

/// Whether a signal whose last sign was at `last` was over then, where its end is not recorded.
pub fn is_over(rule: &Rule, subject: &Subject, last: DateTime<Utc>, topology: &Topology) -> Option<bool> {
    match subject.kind() {
        _ if rule.severity == Severity::Info => Some(true),
        "Pod" => is_pod_well(subject, last, topology),
        "Node" => topology.is_node_ready(subject.name()),
        // A Job that gave up does not go on.
        "Job" => Some(true),
        // What is no more is in no state.
        _ if topology.gone_at(subject).is_some_and(|(gone, _)| gone >= last) => Some(true),
        // What a series or a slice shows ends with it.
        _ => rule.is_as_long_as_shown().then_some(true),
    }
}

/// Whether nothing is wrong with the pod any more: it is well, has ended, or is not there.
fn is_pod_well(subject: &Subject, last: DateTime<Utc>, topology: &Topology) -> Option<bool> {
    let pod = topology.pods_named(subject).last()?;
    // Another came under its name.
    if pod.created.is_some_and(|created| created > last) {
        return Some(true);
    }
    match &pod.object {
        None => topology.has_pod_objects().then_some(true),
        Some(object) if object.finished.is_some() => Some(true),
        Some(object) => object.is_well,
    }
}
