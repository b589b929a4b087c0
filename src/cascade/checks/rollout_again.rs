//! What had been changed at the head of the cascade was rolled out again after the harm.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "rollout-again", class: FactorClass::Recovery, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let triggers: BTreeSet<&Subject> = case.of(&case.cascade.first).map(|signal| &signal.subject).collect();
    let known = triggers.into_iter().filter(|subject| case.scene.topology.workload(subject).is_some());
    let mut found = Vec::new();
    for subject in known {
        for index in case.scene.index.of(Role::Rollout, subject).into_iter().flat_map(|rollouts| rollouts.all()) {
            let Some(signal) = case.signal(index).filter(|signal| signal.from.time > harm) else { continue };
            let statement = format!("{subject} was rolled out again at {}", rfc3339(signal.from.time));
            found.push(Found { statement, signals: vec![index], order: (index, 0), ..Found::default() });
        }
    }
    found
}
