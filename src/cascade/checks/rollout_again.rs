//! What had been changed at the head of the cascade was rolled out again after the harm, which is not known to have gone on
//! for long after that.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "rollout-again", class: FactorClass::Recovery, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    // A new specification at the head brought one rollout itself, and so did the first step of one.
    let mut triggers: BTreeMap<&Subject, usize> = BTreeMap::new();
    for (index, head) in case.cascade.first.iter().filter_map(|index| Some((*index, case.signal(*index)?))) {
        let own = usize::from(!head.has(Role::Rollout) && (head.has(Role::SpecChange) || is_its_step(case, index)));
        triggers.entry(&head.subject).or_insert(own);
    }
    let known = triggers.into_iter().filter(|(subject, _)| case.scene.topology.workload(subject).is_some());
    let mut found = Vec::new();
    for (subject, own) in known {
        let head = case.of(&case.cascade.first).find(|head| head.subject == *subject);
        let rollouts = case.scene.index.of(Role::Rollout, subject).into_iter().flat_map(|rollouts| rollouts.all());
        let since =
            |index: &usize| case.signal(*index).zip(head).is_some_and(|(one, head)| one.from.time >= head.from.time);
        for index in rollouts.filter(since).skip(own) {
            let is_after = |signal: &&Signal| signal.from.time > harm && case.may_have_helped(signal.from.time);
            let Some(signal) = case.signal(index).filter(is_after) else { continue };
            let statement = format!("{subject} was rolled out again at {}", rfc3339(signal.from.time));
            found.push(Found { statement, signals: vec![index], order: (index, 0), ..Found::default() });
        }
    }
    found
}

/// Whether it led to a rollout of its own object: with the strategy Recreate that begins with fewer pods.
fn is_its_step(case: &Case<'_>, index: usize) -> bool {
    let mut led = case.edges.iter().filter(|edge| edge.from == index).filter_map(|edge| case.ends(edge));
    led.any(|(step, next)| next.has(Role::Rollout) && next.subject == step.subject)
}
