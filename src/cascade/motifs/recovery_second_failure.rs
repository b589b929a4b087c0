//! Recovery-made second failure: what was done after something had failed hurt what had been well until then.
//!
//! Its parts: harm; an action after it in the same cascade, or on the same object or a node it was on; and within an
//! hour harm that a link ties to the action, to workloads and nodes that were not hurt before.
//!
//! Source: analysis of published reports (recovery made a second failure in at least 6 of 51); kubernetes documentation,
//! Safely Drain a Node.

use super::Motif;
use super::sight::{One, Sight, clock, listed};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "recovery-made-second-failure";

/// What comes later need not come from it.
const WITHIN: TimeDelta = TimeDelta::minutes(60);
const MOST_STEPS: usize = 3;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let hurt = hurt(sight);
    let mut found = Vec::new();
    for action in sight.with(&[Role::Cordon, Role::Reboot, Role::Change]) {
        let is_response = hurt.iter().any(|(subject, (_, first))| {
            first.from.latest() < action.1.from.earliest() && is_about(sight, action.1, subject, first)
        });
        let is_nothing_new = action.1.has(Role::ConfigChange) && sight.from(action.0).is_empty();
        if !is_response || is_nothing_new || is_part(sight, action, &hurt) {
            continue;
        }
        let is_new = |one: &One<'_>| {
            let first = hurt.get(&sight.workload(&one.1.subject)).map(|(_, first)| first.from.time);
            let lag = one.1.from.time - action.1.from.time;
            is_hurt(one.1) && lag <= WITHIN && first.is_none_or(|first| first >= action.1.from.time)
        };
        let new: Vec<One<'_>> = sight.after(action.0, MOST_STEPS).into_iter().filter(is_new).collect();
        if !new.is_empty() {
            found.push(motif(sight, action, &new));
        }
    }
    found
}

/// That a node was taken away is a decision, and what it hurt are the pods on it.
fn is_hurt(signal: &Signal) -> bool {
    signal.is_harm() && !signal.has(Role::NodeTaken)
}

/// Whether what was done had been led to before anything was hurt, as a node that was announced to go, or one that the same
/// setting took away as it took the first: it was done about nothing.
fn is_part(sight: &Sight<'_>, action: One<'_>, hurt: &BTreeMap<Subject, One<'_>>) -> bool {
    let cascade = sight.cascade(action.0);
    let of_it = hurt.values().filter(|(index, _)| sight.cascade(*index) == cascade);
    let first = of_it.map(|(_, one)| one.from.time).min();
    sight.before(action.0, 1).into_iter().any(|(_, cause)| {
        let is_early = first.is_some_and(|first| cause.from.time < first);
        let is_decision = cause.has(Role::Change) || cause.has(Role::Rollout);
        is_decision && is_early || cause.has(Role::NodeTaken) && action.1.has(Role::NodeTaken)
    })
}

/// The first harm of each workload, node and other object.
fn hurt<'a>(sight: &Sight<'a>) -> BTreeMap<Subject, One<'a>> {
    let mut found: BTreeMap<Subject, One<'a>> = BTreeMap::new();
    let all =
        sight.scene.signals.iter().enumerate().filter(|(index, one)| sight.cascade(*index).is_some() && is_hurt(one));
    for one in all {
        let first = found.entry(sight.workload(&one.1.subject)).or_insert(one);
        if one.1.from.time < first.1.from.time {
            *first = one;
        }
    }
    found
}

/// Whether an action is on what was hurt, or on the node that it was on. A pod that is taken away is one of many of its
/// workload: of it alone is told that it was hurt.
fn is_about(sight: &Sight<'_>, action: &Signal, hurt: &Subject, first: &Signal) -> bool {
    if action.subject.is("Pod") {
        return first.subject.its_pod().as_ref() == Some(&action.subject);
    }
    let is_on_its_node = action.subject.is("Node") && first.node.as_deref() == Some(action.subject.name());
    is_on_its_node || sight.workload(&action.subject) == *hurt
}

fn motif(sight: &Sight<'_>, action: One<'_>, new: &[One<'_>]) -> Motif {
    let subjects: BTreeSet<String> = new.iter().map(|(_, one)| sight.workload(&one.subject).to_string()).collect();
    let first = new.first().map_or(action.1, |(_, one)| one);
    let statement = format!(
        "A second failure followed what was done about the first: {} at {}; then {} at {}. Until then nothing is known to have hurt {}",
        action.1.title,
        clock(action.1.from.time),
        first.title,
        clock(first.from.time),
        listed(subjects.iter().map(String::as_str)),
    );
    let all: Vec<One<'_>> = std::iter::once(action).chain(new.iter().copied()).collect();
    sight.motif(NAME, statement, &all, &[])
}
