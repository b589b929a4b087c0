//! One webhook without an answer refused the pods of everybody who made some.
//!
//! A webhook admits or refuses every object that its rules select, whoever writes it (Kubernetes documentation, Dynamic
//! Admission Control).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "all-refused", class: FactorClass::Propagation, roles: &[Role::Refused], find };

/// Refusals this far from the cascade belong to the same silence.
const NEAR: TimeDelta = TimeDelta::minutes(10);

/// More refusals than this need not be looked at to say that everybody met them.
const MOST: usize = 64;

fn find(case: &Case<'_>) -> Vec<Found> {
    let of_own = case.each(&[Role::Refused]);
    let Some(name) = of_own.iter().find_map(|(_, signal)| signal.label("webhook")) else { return Vec::new() };
    let (from, to) = (case.cascade.from - NEAR, case.cascade.to + NEAR);
    let all = case.scene.index.all(Role::Refused).into_iter().flat_map(|onsets| onsets.between(from, to)).take(MOST);
    let is_its = |index: &usize| case.signal(*index).is_some_and(|signal| signal.label("webhook") == Some(name));
    let signals: Vec<usize> = all.filter(is_its).collect();
    let makers: BTreeSet<&Subject> = case.of(&signals).map(|signal| &signal.subject).collect();
    if makers.len() < 2 {
        return Vec::new();
    }
    let count: u64 = case.of(&signals).map(|signal| signal.count).sum();
    let statement = format!(
        "The webhook {name} kept {} makers from new pods, {count} tries in all: {}",
        makers.len(),
        names(&makers)
    );
    let remedy =
        format!("The webhook {name} is asked about the objects it is for only, as its rules and selectors show");
    vec![Found::new(statement, signals).mended(remedy)]
}
