//! Signals that a controller's log alone tells of, and the objects contradict.
//!
//! A controller writes of the cluster as its own API server shows it. One that is cut off from the others, or lost the lead,
//! may mark nodes that are well for everybody else.

use super::{Role, Signal};
use crate::evidence::{Evidence, Record};
use crate::model::Subject;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Conditions turn in whole seconds.
const ROUNDING: TimeDelta = TimeDelta::seconds(1);

/// Takes out the nodes that a log says were marked not ready, and whose condition Ready has been true since before: it would
/// have turned (Kubernetes API reference, NodeCondition, `lastTransitionTime`).
pub fn drop_contradicted(evidence: &Evidence, signals: &mut Vec<Signal>) {
    let by_log_alone = |signal: &Signal| {
        let is_log = |record: &Record<'_>| matches!(record, Record::Log { .. } | Record::Journal { .. });
        signal.occurrences.iter().all(|id| evidence.facts.get(*id).is_some_and(|fact| is_log(&fact.record)))
    };
    let is_asked = |signal: &Signal| signal.has(Role::NodeUnready) && signal.subject.is("Node") && by_log_alone(signal);
    if !signals.iter().any(is_asked) {
        return;
    }
    let mut ready: BTreeMap<Subject, DateTime<Utc>> = BTreeMap::new();
    for fact in evidence.facts.iter().filter(|fact| fact.subject.is("Node")) {
        if matches!(fact.record, Record::Condition { condition: "Ready", status: "True", .. }) {
            ready.insert(fact.subject.clone(), fact.at.time);
        }
    }
    let stayed = |signal: &Signal| ready.get(&signal.subject).is_some_and(|since| *since + ROUNDING < signal.from.time);
    signals.retain(|signal| !(is_asked(signal) && stayed(signal)));
}
