//! A node of the cascade became ready, or was given back to scheduling, after the harm.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Severity, Subject, rfc3339};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "node-back", class: FactorClass::Recovery, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let since = case.first_harm();
    // A node that was well all along has not recovered, whoever failed on it.
    let hurt = case.of(&case.cascade.signals).filter(|signal| signal.severity >= Severity::Warning);
    let nodes: BTreeSet<&Subject> = hurt.map(|signal| &signal.subject).filter(|subject| subject.is("Node")).collect();
    let mut found = Vec::new();
    for node in nodes {
        for index in case.scene.index.of(Role::NodeBack, node).into_iter().flat_map(|back| back.all()) {
            let Some(signal) = case.signal(index) else { continue };
            if signal.from.time > since && signal.from.time >= case.cascade.from {
                let statement = format!("{} at {}", signal.title, rfc3339(signal.from.time));
                found.push(Found { statement, signals: vec![index], order: (index, 0), ..Found::default() });
            }
        }
    }
    found
}
