//! What was changed is read by workloads that have not started anew since: they will meet the same at their next start.
//!
//! Variables are read when a container starts, and logins when an image is pulled (Kubernetes documentation, ConfigMaps;
//! Images, Specifying imagePullSecrets on a Pod).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "others-read", class: FactorClass::Latent, roles: &[Role::ConfigChange], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut changed: BTreeMap<&Subject, Met> = BTreeMap::new();
    for edge in &case.edges {
        let Some((signal, met)) = case.ends(edge).filter(|(signal, _)| signal.has(Role::ConfigChange)) else {
            continue;
        };
        // Of who only asked one that reads it, nothing follows for other readers.
        let reader = case.workload(&met.subject);
        if !case.scene.topology.readers_of(&signal.subject).contains(&reader) {
            continue;
        }
        let known = changed.entry(&signal.subject).or_default();
        known.readers.insert(reader);
        if !known.changes.contains(&edge.from) {
            known.changes.push(edge.from);
        }
    }
    changed.into_iter().filter_map(|(setting, met)| of(case, setting, met)).collect()
}

/// The changes of a setting, and those of its readers who met them, hurt or not.
#[derive(Default)]
struct Met {
    changes: Vec<usize>,
    readers: BTreeSet<Subject>,
}

fn of(case: &Case<'_>, setting: &Subject, met: Met) -> Option<Found> {
    let has_met = |workload: &Subject| case.workloads.contains(workload) || met.readers.contains(workload);
    let readers = case.scene.topology.readers_of(setting);
    let others: Vec<&Subject> = readers.into_iter().filter(|workload| !has_met(workload)).collect();
    if others.is_empty() {
        return None;
    }
    let records: Vec<_> = others.iter().filter_map(|workload| case.record_of(workload)).take(2).collect();
    let statement = format!("{setting} is read by others as well, which were not hurt: {}", names(others));
    let remedy = format!("Whoever changes {setting} knows who reads it, as one of its own for each workload shows");
    Some(Found::new(statement, met.changes).by(case, records).mended(remedy))
}
