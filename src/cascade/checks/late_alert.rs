//! The first alert came after the first harm.

use super::{Case, Check, FactorClass, Found};
use crate::model::length;
use crate::signals::Role;

pub const CHECK: Check = Check { id: "late-alert", class: FactorClass::Detection, roles: &[Role::Alert], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let onset = case.first_harm();
    let signals = case.those(|signal| signal.has(Role::Alert) && signal.variant() == Some("firing"));
    let first = case.of(&signals).min_by_key(|signal| signal.from.time);
    // An alert that nothing was linked to was not late for anything.
    let Some(first) = first.filter(|first| first.from.time > onset) else { return Vec::new() };
    let after = length(first.from.time - onset);
    let statement = format!("{} {after} after the first harm", first.title);
    let remedy = format!("{} fires less than {after} after such harm, shown by a test that causes it", first.subject);
    let evidence = first.evidence.first().copied().into_iter().collect();
    vec![Found { statement, signals, evidence, remedy: Some(remedy), ..Found::default() }]
}
