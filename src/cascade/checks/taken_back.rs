//! A change was taken back: a field went from one value to another, and later to the first again.
//!
//! Said with both values, and only where both changes are recorded with theirs. After the harm it is a way back; where
//! the harm ended after it, that is said as an order of times and no more.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "taken-back", class: FactorClass::Recovery, roles: &[], find };

/// A field with the value that it had and the one that it got.
type Step<'a> = (&'a str, &'a str, &'a str);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut changes: BTreeMap<&Subject, Vec<(usize, &Signal)>> = BTreeMap::new();
    let harm = case.first_harm();
    for index in case.scene.index.with(Role::Change) {
        if let Some(signal) = case.signal(index).filter(|signal| case.subjects.has(&signal.subject)) {
            changes.entry(&signal.subject).or_default().push((index, signal));
        }
    }
    let mut found = Vec::new();
    for (subject, of) in &changes {
        let mut made: BTreeMap<Step<'_>, (usize, &Signal)> = BTreeMap::new();
        for (index, signal) in of {
            for (field, from, to) in signal.values("what").flat_map(steps) {
                let first = made.get(&(field, to, from)).filter(|(_, first)| first.from.time < signal.from.time);
                if let Some((before, first)) = first.filter(|_| signal.from.time > harm) {
                    found.push(Found {
                        statement: statement(case, subject, (field, from, to), [first, signal]),
                        signals: vec![*before, *index],
                        order: (*index, 0),
                        ..Found::default()
                    });
                }
                made.entry((field, from, to)).or_insert((*index, *signal));
            }
        }
    }
    found
}

fn statement(case: &Case<'_>, subject: &Subject, (field, from, to): Step<'_>, [first, back]: [&Signal; 2]) -> String {
    let ended = match case.cascade.end {
        crate::model::End::At(end) if end >= back.from.time => {
            format!("; the cascade ended after that, at {}", rfc3339(end))
        }
        _ => String::new(),
    };
    format!(
        "{subject}: {field} was taken back from {from} to {to} at {}, after it had gone from {to} to {from} at {}{ended}",
        rfc3339(back.from.time),
        rfc3339(first.from.time),
    )
}

/// What a record says went from one value to another: `image of app from a:1 to a:2; replicas from 2 to 3, by …`.
fn steps(what: &str) -> impl Iterator<Item = Step<'_>> {
    // An image has a colon of its own, without a blank.
    let parts = what.split("; ").flat_map(|part| part.split(", ")).flat_map(|part| part.split(": "));
    parts.filter_map(|part| {
        let (field, values) = part.split_once(" from ")?;
        let (from, to) = values.split_once(" to ")?;
        Some((field.trim(), from.trim(), to.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Story;

    /// A workload whose pod fails between two changes of it.
    fn story(back: &str, at: &str) -> Vec<String> {
        let text = format!(
            "{{given: {{pods: [{{pod: Pod/shop/a-1, owner: ReplicaSet/shop/a-new}}],
               workloads: [{{workload: Deployment/shop/a}}, {{workload: ReplicaSet/shop/a-new, owner: Deployment/shop/a}}]}}, signals: [
               {{at: 0s, signal: SpecChanged, subject: Deployment/shop/a, labels: {{what: \"replicas from 2 to 9, by a person\"}}}},
               {{at: 1m, signal: ErrImagePull, subject: Pod/shop/a-1, until: 10m}},
               {{at: {at}, signal: SpecChanged, subject: Deployment/shop/a, labels: {{what: \"{back}\"}}}}]}}"
        );
        let factors = Story::new(&text).analysis().factors;
        factors.into_iter().filter(|one| one.id == "taken-back").map(|one| one.statement).collect()
    }

    #[test]
    fn what_was_taken_back_is_told_with_both_values() {
        let told = story("replicas from 9 to 2, by a person", "5m");
        assert_eq!(told.len(), 1, "{told:?}");
        let words = "Deployment/shop/a: replicas was taken back from 9 to 2 at 1970-01-02T00:05:00Z, after it had gone from 2 to 9";
        assert!(told.iter().all(|one| one.contains(words)), "{told:?}");
        assert_eq!(story("replicas from 9 to 3, by a person", "5m"), [""; 0], "that is another value");
        assert_eq!(story("replicas from 9 to 2, by a person", "30s"), [""; 0], "nothing had failed yet");
    }
}
