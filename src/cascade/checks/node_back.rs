//! A node of the cascade became ready, or was given back to scheduling, after the harm.

use super::case::SHOWS_WITHIN;
use super::{Case, Check, FactorClass, Found};
use crate::model::{End, Severity, Subject, length, rfc3339};
use crate::signals::Role;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "node-back", class: FactorClass::Recovery, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let since = case.first_harm();
    // A node that was well all along has not recovered, whoever failed on it; nor has one in which nothing of the cascade
    // ended then, as where it became ready once more days later.
    let mut ends: BTreeMap<&Subject, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
    let states = case.of(&case.cascade.signals).filter(|signal| signal.subject.is("Node"));
    for state in states.filter(|signal| signal.severity >= Severity::Warning || signal.has(Role::Cordon)) {
        let of_node = ends.entry(&state.subject).or_default();
        if let End::At(end) = state.end {
            of_node.extend((end > state.from.time).then_some(end));
        }
    }
    let mut found = Vec::new();
    for (node, ends) in ends {
        for index in case.scene.index.of(Role::NodeBack, node).into_iter().flat_map(|back| back.all()) {
            let Some(signal) = case.signal(index) else { continue };
            let at = signal.from.time;
            let ended = ends.range(at - ROUNDING..=at + ROUNDING).next().is_some();
            if ended && at > since && at >= case.cascade.from {
                let done = done_before(case, node, (since, at));
                let after = done
                    .and_then(|done| case.signal(done))
                    .map(|done| format!(", {} after this: {}", length(at - done.from.time), done.title));
                let statement = format!("{} at {}{}", signal.title, rfc3339(at), after.unwrap_or_default());
                let signals = std::iter::once(index).chain(done).collect();
                found.push(Found { statement, signals, order: (index, 0), ..Found::default() });
            }
        }
    }
    found
}

/// The last that was changed on a node before it became ready, if that was soon before: it may have helped.
fn done_before(case: &Case<'_>, node: &Subject, (since, back): (DateTime<Utc>, DateTime<Utc>)) -> Option<usize> {
    let changes = case.scene.index.of(Role::Change, node)?.all();
    let in_time = changes.filter_map(|index| Some((case.signal(index)?.from.time, index)));
    in_time.filter(|(at, _)| *at > since && *at <= back && back - *at <= SHOWS_WITHIN).max().map(|(_, index)| index)
}

/// Events bear whole seconds, and a kubelet tells of several conditions within its next update.
const ROUNDING: TimeDelta = TimeDelta::seconds(2);
