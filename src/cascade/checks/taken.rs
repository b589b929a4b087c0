//! Pods that were taken away on purpose, for their node or for another pod.

use super::case::Case;
use crate::model::Subject;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// A node is emptied within this time of being closed.
const DRAIN: TimeDelta = TimeDelta::minutes(10);

/// A node may have been closed so long before that was noticed, beside what is known of it.
const NOTICED: TimeDelta = TimeDelta::seconds(5);

/// What tells that pods of those that the cascade touches were evicted, preempted, or told to stop while their node was
/// closed to new pods; in order of time. What a rollout of their own removed is left out.
pub(super) fn taken_away<'a>(case: &Case<'a>) -> Vec<(usize, &'a Signal)> {
    let of_roles = [Role::Drained, Role::Preempted].into_iter().flat_map(|role| case.around(role));
    let mut found: BTreeMap<usize, &Signal> = of_roles.collect();
    for (index, signal) in case.around(Role::ToldToStop) {
        let Some(node) = signal.node.as_deref().map(Subject::node) else { continue };
        let closed = case.recorded(Role::Cordon, [node].iter());
        let is_emptied = |cordon: &Signal| {
            let begun = cordon.from.earliest() - NOTICED;
            signal.from.time >= begun && signal.from.time <= cordon.from.time + DRAIN
        };
        if closed.iter().any(|(_, cordon)| is_emptied(cordon)) && !is_removed_by_owner(case, signal) {
            found.insert(index, signal);
        }
    }
    found.into_iter().collect()
}

fn is_removed_by_owner(case: &Case<'_>, signal: &Signal) -> bool {
    let pods = || case.scene.topology.pods_named(&signal.subject);
    let Some(owner) = pods().last().and_then(|pod| pod.owner.clone()) else { return false };
    let removed = case.recorded(Role::PodRemoved, [owner].iter());
    removed.iter().any(|(_, one)| one.values("what").any(|what| what == signal.subject.name()))
}
