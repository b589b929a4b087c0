//! A node of the cascade became ready, or was given back to scheduling, after the harm.

use super::{Case, Check, FactorClass, Found};
use crate::model::{End, Severity, Subject, rfc3339};
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
                let statement = format!("{} at {}", signal.title, rfc3339(at));
                found.push(Found { statement, signals: vec![index], order: (index, 0), ..Found::default() });
            }
        }
    }
    found
}

/// Events bear whole seconds, and a kubelet tells of several conditions within its next update.
const ROUNDING: TimeDelta = TimeDelta::seconds(2);
