//! A warning about something other than a node stood in the records well before anybody was hurt by it.
//!
//! Published incidents: the earliest record seldom pages anybody. What nodes told is told by the check of early signs.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Severity, length};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;

pub const CHECK: Check = Check { id: "warned-before", class: FactorClass::Detection, roles: &[], find };

/// A lead that somebody could have used.
const USEFUL: TimeDelta = TimeDelta::minutes(10);

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_warning = |signal: &Signal| {
        let is_told = !signal.has(Role::Note) && !signal.has(Role::Detection) && !signal.has(Role::Change);
        signal.severity >= Severity::Warning && is_told
    };
    let first = case.those(is_warning).into_iter().min_by_key(|index| case.signal(*index).map(|one| one.from.time));
    let Some((index, first)) = first.and_then(|index| Some((index, case.signal(index)?))) else { return Vec::new() };
    // An object that serves, and what was led there: what fails there is felt.
    let is_felt = |signal: &&Signal| {
        let is_elsewhere = signal.subject != first.subject;
        is_elsewhere && (signal.has(Role::ServiceLost) || signal.has(Role::Unready) || signal.has(Role::ProbeFailure))
    };
    let reached: Vec<usize> = case.reached_from(index).into_iter().collect();
    let Some(hurt) = case.of(&reached).filter(is_felt).min_by_key(|one| one.from.earliest()) else { return Vec::new() };
    let lead = hurt.from.earliest() - first.from.time;
    if lead < USEFUL || first.subject.is("Node") || first.has(Role::ServiceLost) {
        return Vec::new();
    }
    let statement = format!("{}, {} before {} was hurt", first.title, length(lead), hurt.subject);
    let remedy = format!(
        "Whoever is on call hears of this of {} before others are hurt, as an alert on it shows",
        first.subject
    );
    vec![Found::new(statement, vec![index]).mended(remedy)]
}
