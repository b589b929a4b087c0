//! Something that the cascade touches was changed after the first harm.
//!
//! Published incidents: what was tried during one explains half of its course; whether it helped is said by what ended.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "changed-after", class: FactorClass::Response, roles: &[], find };

/// More are named in the list of changes only.
const MOST: usize = 3;

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let heads: BTreeSet<&Subject> = case.of(&case.cascade.first).map(|signal| &signal.subject).collect();
    // Cordons and what nodes do by themselves have checks of their own.
    let is_response =
        |signal: &Signal| signal.from.time > harm && !signal.has(Role::Cordon) && !signal.has(Role::NodeBack);
    let mut said: BTreeSet<&Subject> = BTreeSet::new();
    let around = case.around(Role::Change).into_iter();
    let these = around
        .filter(|(_, signal)| is_response(signal) && !heads.contains(&signal.subject) && !signal.subject.is("Pod"))
        // What takes a node away marks it first.
        .filter(|(_, signal)| case.scene.index.of(Role::NodeTaken, &signal.subject).is_none());
    let found = these.filter(|(_, signal)| said.insert(&signal.subject)).take(MOST).map(|(index, signal)| {
        let statement = format!("{} at {}, after the first harm", signal.title, rfc3339(signal.from.time));
        Found { order: (index, 0), ..Found::new(statement, vec![index]) }
    });
    let found: Vec<Found> = found.collect();
    found
}
