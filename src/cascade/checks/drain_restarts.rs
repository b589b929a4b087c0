//! Emptying a node made pods start anew elsewhere, and it was the new ones that failed.
//!
//! An evicted pod is not moved: its controller makes another one (Kubernetes documentation, Safely Drain a Node).

use super::taken::taken_away;
use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "drain-restarts", class: FactorClass::Propagation, roles: &[Role::Unready], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut emptied: BTreeMap<(String, Subject), Vec<usize>> = BTreeMap::new();
    for (index, signal) in taken_away(case).into_iter().filter(|(_, signal)| !signal.has(Role::Preempted)) {
        let node = case.node_at(signal).or(signal.node.as_deref());
        if let Some(node) = node {
            emptied.entry((node.to_owned(), case.workload(&signal.subject))).or_default().push(index);
        }
    }
    let found = |((node, workload), signals): ((String, Subject), Vec<usize>)| {
        let begun = case.of(&signals).map(|signal| signal.from.time).min()?;
        let came = |signal: &Signal| {
            let pod = case.scene.topology.pod_at(&signal.subject, signal.from.time)?;
            pod.created.or(pod.arrived())
        };
        // A pod that no node took has not started at all, so its start did not fail.
        let had_room = |signal: &&Signal| case.scene.index.of(Role::SchedulingFailure, &signal.subject).is_none();
        let is_new = |index: &usize| case.signal(*index).filter(had_room).and_then(came).is_some_and(|at| at >= begun);
        let failed = case.subjects.hurt_pods(&workload).iter().copied().find(is_new)?;
        let new = &case.signal(failed)?.subject;
        let at = rfc3339(begun);
        let statement = format!(
            "Node/{node} was emptied at {at}, so pods of {workload} started anew, and those failed: {new}; another restart may have met the same"
        );
        let remedy = format!(
            "{workload} is restarted on purpose, one pod at a time, after each change of what it reads, and stays ready"
        );
        let signals = signals.into_iter().chain([failed]).collect();
        Some(Found::new(statement, signals).mended(remedy))
    };
    emptied.into_iter().filter_map(found).collect()
}
