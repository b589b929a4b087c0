//! A person changed something while the harm went on, which nothing ties to those that were hurt.
//!
//! Published incidents: much of what is tried during one is tried elsewhere, as a restart of the resolver or a larger
//! quota, and that it did not help is worth knowing the next time. What programs changed by themselves is none of it.

use super::{
    Case, Check, FactorClass, Found, certificate_renewed, changed_after, made_later, pod_deleted, rollout_again,
    taken_back, uncordoned, written_again,
};
use crate::model::{Severity, Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "changed-meanwhile", class: FactorClass::Response, roles: &[], find };

/// The checks that tell of changes of what the cascade touches.
const OTHERS: [&Check; 8] = [
    &changed_after::CHECK,
    &certificate_renewed::CHECK,
    &made_later::CHECK,
    &pod_deleted::CHECK,
    &rollout_again::CHECK,
    &taken_back::CHECK,
    &uncordoned::CHECK,
    &written_again::CHECK,
];

/// More are named in the list of changes only.
const MOST: usize = 4;

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_felt = |signal: &Signal| {
        signal.is_harm()
            && (signal.severity >= Severity::Error || signal.has(Role::ServiceLost) || signal.has(Role::Unready))
    };
    let felt = case.of(&case.cascade.signals).filter(|signal| is_felt(signal)).map(|signal| signal.from.time).min();
    let Some((harm, changes)) = felt.zip(case.scene.index.all(Role::Change)) else { return Vec::new() };
    let others: Vec<usize> = OTHERS
        .iter()
        .filter(|check| case.has(check.roles))
        .flat_map(|check| (check.find)(case))
        .flat_map(|one| one.signals)
        .collect();
    let mut said: BTreeSet<Subject> = case.of(&others).map(|signal| signal.subject.clone()).collect();
    said.extend(case.of(&others).map(|signal| case.workload(&signal.subject)));
    let causes = case.led_to_harm();
    let is_told = |index: &usize, signal: &Signal| {
        let is_later = signal.from.time > harm && !signal.has(Role::Cordon) && !causes.contains(index);
        is_later && is_by_hand(signal)
    };
    let known = changes.between(harm, case.cascade.to).filter_map(|index| Some((index, case.signal(index)?)));
    let found = known.filter(|(index, signal)| is_told(index, signal) && said.insert(signal.subject.clone()));
    let told = found.take(MOST).map(|(index, signal)| {
        let at = rfc3339(signal.from.time);
        let is_tied = case.subjects.has(&signal.subject) || case.subjects.has(&case.workload(&signal.subject));
        let apart = if is_tied { "" } else { "; no record ties it to what failed" };
        let statement = format!("{} at {at}, while this went on{apart}", signal.title);
        Found { order: (index, 1), ..Found::new(statement, vec![index]) }
    });
    told.collect()
}

/// Whether its record says that a person did it, or a program at which one types. A pod that a person makes is one to look
/// around from, and no change of anything.
fn is_by_hand(signal: &Signal) -> bool {
    let is_one =
        |what: &str| [", by a person", " by kubectl ", " by k9s", " by lens"].iter().any(|by| what.contains(by));
    let is_look = |what: &str| signal.subject.is("Pod") && !what.starts_with("was deleted");
    signal.values("what").any(|what| is_one(what) && !is_look(what))
}
