//! Whether something was over when the archive was made: a record of its end, or a status that says that all is well.
//!
//! The last event of a kind is no end. Events stop when the kubelet has told often enough, and an occurrence has none.

use super::Rule;
use crate::evidence::Topology;
use crate::model::{Severity, Subject};
use chrono::{DateTime, Utc};

/// What is known of a signal's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Ended,
    /// It went on when the archive was made.
    GoesOn,
    /// No record tells.
    Unknown,
}

/// What the state of `subject` says of a signal whose last sign was at `last`, where no record tells of its end.
pub fn of_state(rule: &Rule, subject: &Subject, last: DateTime<Utc>, topology: &Topology) -> Over {
    if rule.severity == Severity::Info {
        return Over::Ended;
    }
    match subject.kind() {
        "Pod" => of_pod(subject, last, topology),
        "Node" => of_well(topology.is_node_ready(subject.name())),
        // A Job that gave up does not go on.
        "Job" => Over::Ended,
        // What a series or a slice shows ends with it.
        _ if rule.is_as_long_as_shown() => Over::Ended,
        _ => Over::Unknown,
    }
}

fn of_pod(subject: &Subject, last: DateTime<Utc>, topology: &Topology) -> Over {
    let Some(pod) = topology.pods_named(subject).last() else { return Over::Unknown };
    // Another came under its name, or it is not there any more.
    if pod.created.is_some_and(|created| created > last) {
        return Over::Ended;
    }
    match &pod.object {
        None if topology.has_pod_objects() => Over::Ended,
        None => Over::Unknown,
        Some(object) if object.finished.is_some() => Over::Ended,
        Some(object) => of_well(object.is_well),
    }
}

fn of_well(is_well: Option<bool>) -> Over {
    match is_well {
        Some(true) => Over::Ended,
        Some(false) => Over::GoesOn,
        None => Over::Unknown,
    }
}
