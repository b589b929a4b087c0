//! A person changed something while the harm went on, which nothing ties to those that were hurt.
//!
//! Published incidents: much of what is tried during one is tried elsewhere, as a restart of the resolver or a larger
//! quota, and that it did not help is worth knowing the next time. What programs changed by themselves is none of it.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "changed-meanwhile", class: FactorClass::Response, roles: &[Role::ServiceLost, Role::Unready], find };

/// More are named in the list of changes only.
const MOST: usize = 4;

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let Some(changes) = case.scene.index.all(Role::Change) else { return Vec::new() };
    let inside: BTreeSet<usize> = case.cascade.signals.iter().chain(&case.touching).copied().collect();
    let is_elsewhere = |signal: &Signal| {
        let workload = case.workload(&signal.subject);
        !case.touched.contains(&signal.subject) && !case.touched.contains(&workload) && !case.subjects.has(&workload)
    };
    let is_told = |index: &usize, signal: &Signal| {
        let is_later = signal.from.time > harm && !signal.has(Role::Cordon);
        is_later && !inside.contains(index) && is_by_hand(signal) && is_elsewhere(signal)
    };
    let known = changes.between(harm, case.cascade.to).filter_map(|index| Some((index, case.signal(index)?)));
    let mut said: BTreeSet<&Subject> = BTreeSet::new();
    let found = known.filter(|(index, signal)| is_told(index, signal) && said.insert(&signal.subject));
    let told = found.take(MOST).map(|(index, signal)| {
        let at = rfc3339(signal.from.time);
        let statement =
            format!("{} at {at}, while others failed; no record ties it to what they failed of", signal.title);
        Found { order: (index, 1), ..Found::new(statement, vec![index]) }
    });
    told.collect()
}

/// Whether its record says that a person did it, or a program at which one types.
fn is_by_hand(signal: &Signal) -> bool {
    let is_one =
        |what: &str| [", by a person", " by kubectl ", " by k9s", " by lens"].iter().any(|by| what.contains(by));
    signal.values("what").any(is_one)
}
