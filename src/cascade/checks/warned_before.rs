//! A warning about something other than a node stood in the records well before anybody was hurt by it.
//!
//! Published incidents: the earliest record seldom pages anybody. What nodes told is told by the check of early signs.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Severity, length};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};

pub const CHECK: Check = Check { id: "warned-before", class: FactorClass::Detection, roles: &[], find };

/// A lead that somebody could have used.
const USEFUL: TimeDelta = TimeDelta::minutes(10);

/// The most warnings, in order of time, of which is asked what came of them.
const MOST_ASKED: usize = 64;

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_warning = |signal: &Signal| {
        let is_told = !signal.has(Role::Note) && !signal.has(Role::Detection) && !signal.has(Role::Change);
        signal.severity >= Severity::Warning && is_told
    };
    let mut warnings: Vec<(DateTime<Utc>, usize)> =
        case.those(is_warning).into_iter().filter_map(|index| Some((case.signal(index)?.from.time, index))).collect();
    warnings.sort_unstable();
    let found = warnings.iter().take(MOST_ASKED).find_map(|(_, index)| Some((*index, hurt_by(case, *index)?)));
    let Some((warned, hurt)) = found else { return Vec::new() };
    // What led there may have been told of the same object before.
    let subject = case.signal(warned).map(|signal| &signal.subject);
    let of_it = |index: &usize| case.signal(*index).map(|signal| &signal.subject) == subject;
    let first = warnings.iter().map(|(_, index)| *index).find(of_it).unwrap_or(warned);
    let Some(signal) = case.signal(first) else { return Vec::new() };
    let lead = hurt.from.earliest() - signal.from.time;
    if lead < USEFUL || signal.subject.is("Node") || signal.has(Role::ServiceLost) {
        return Vec::new();
    }
    let statement = format!("{}, {} before {} was hurt", signal.title, length(lead), hurt.subject);
    let remedy = format!(
        "Whoever is on call hears of this of {} before others are hurt, as an alert on it shows",
        signal.subject
    );
    vec![Found::new(statement, vec![first]).mended(remedy)]
}

/// The first that was felt of what a warning led to: an object that serves, and stood elsewhere.
fn hurt_by<'a>(case: &Case<'a>, index: usize) -> Option<&'a Signal> {
    let warned = case.signal(index)?;
    let is_felt = |signal: &&Signal| {
        let is_elsewhere = signal.subject != warned.subject;
        is_elsewhere && (signal.has(Role::ServiceLost) || signal.has(Role::Unready) || signal.has(Role::ProbeFailure))
    };
    let reached: Vec<usize> = case.reached_from(index).into_iter().collect();
    case.of(&reached).filter(is_felt).min_by_key(|one| one.from.earliest())
}
