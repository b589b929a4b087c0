//! Something that the cascade touches was changed after the first harm.
//!
//! Published incidents: what was tried during one explains half of its course. Whether it helped is said by what ended; that
//! it went on is said here.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, length, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "changed-after", class: FactorClass::Response, roles: &[], find };

/// More are named in the list of changes only.
const MOST: usize = 5;

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    // What had been changed before and is changed again is told by other checks, where it may have helped.
    let heads = case.of(&case.cascade.first).filter(|head| head.from.time <= harm);
    let heads: BTreeSet<&Subject> = heads.map(|head| &head.subject).collect();
    // Cordons and what nodes do by themselves have checks of their own.
    let is_response =
        |signal: &Signal| signal.from.time > harm && !signal.has(Role::Cordon) && !signal.has(Role::NodeBack);
    let causes = case.led_to_harm();
    let by_hand = |signal: &Signal| signal.has(Role::Change) && signal.label("what").is_some_and(is_by_hand);
    let mut said: BTreeSet<&Subject> = BTreeSet::new();
    let is_told = |index: usize, signal: &Signal| match signal.subject.is("Pod") {
        true => by_hand(signal),
        false => {
            // The steps of a rollout at the head go on by themselves.
            let is_its_own = || signal.has(Role::Rollout) || case.may_have_helped(signal.from.time);
            let is_told_there = heads.contains(&signal.subject) && is_its_own();
            !is_told_there && !causes.contains(&index)
        }
    };
    let touching = case.touching.iter().filter_map(|index| Some((*index, case.signal(*index)?)));
    let around: BTreeMap<usize, &Signal> = case.around(Role::Change).into_iter().chain(touching).collect();
    let these = around
        .into_iter()
        .filter(|(index, signal)| is_response(signal) && is_told(*index, signal))
        // What takes a node away marks it first.
        .filter(|(_, signal)| case.scene.index.of(Role::NodeTaken, &signal.subject).is_none());
    let found = these.filter(|(_, signal)| said.insert(&signal.subject)).take(MOST).map(|(index, signal)| {
        let at = signal.from.time;
        let went_on = format!("; the harm went on for {} after that", length(case.went_on_after(at)));
        let more = if case.may_have_helped(at) { String::new() } else { went_on };
        let statement = format!("{} at {}, after the first harm{more}", signal.title, rfc3339(at));
        Found { order: (index, 0), ..Found::new(statement, vec![index]) }
    });
    found.collect()
}

/// Whether somebody deleted it, who is not a program.
fn is_by_hand(what: &str) -> bool {
    what.starts_with("was deleted, by a person")
}
