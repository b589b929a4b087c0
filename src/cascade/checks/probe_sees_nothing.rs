//! A pod could not do its work, others were hurt by that, and it counted as ready all the while.
//!
//! A readiness probe sees what it asks and nothing else (Kubernetes documentation, Liveness, Readiness and Startup Probes).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check =
    Check { id: "probe-sees-nothing", class: FactorClass::Detection, roles: &[Role::OwnWords], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::OwnWords]).into_iter().filter(|(_, one)| one.subject.is("Pod")) {
        if signal.is_harm() && hurts_others(case, index, signal) {
            of_workload.entry(case.workload(&signal.subject)).or_default().push(index);
        }
    }
    of_workload.into_iter().filter_map(|(workload, signals)| told(case, &workload, signals)).collect()
}

/// Whether it led to harm of others.
fn hurts_others(case: &Case<'_>, index: usize, signal: &Signal) -> bool {
    let own = case.workload(&signal.subject);
    let led: Vec<usize> = case.reached_from(index).into_iter().collect();
    case.of(&led).any(|to| to.is_harm() && case.workload(&to.subject) != own)
}

fn told(case: &Case<'_>, workload: &Subject, signals: Vec<usize>) -> Option<Found> {
    let topology = case.scene.topology;
    let pods: BTreeSet<&Subject> = case.of(&signals).map(|one| &one.subject).collect();
    let first = case.of(&signals).min_by_key(|one| one.from.time)?;
    let mut records = Vec::new();
    for pod in &pods {
        let object = topology.pod_at(pod, first.from.time)?;
        let (is_ready, since) = object.ready?;
        let turns = topology.turns_of(object).any(|turn| !turn.ready && turn.at >= first.from.time);
        if !is_ready || since > first.from.time || turns || case.scene.index.of(Role::ProbeFailure, pod).is_some() {
            return None;
        }
        records.extend(object.ready_record);
    }
    let statement = format!(
        "{} stayed ready all the while, so neither {workload} nor its Service showed this: {}",
        names(&pods),
        first.title
    );
    let remedy =
        format!("An alert fires when this happens to {workload}, or its readiness asks for it, as a test shows");
    Some(Found::new(statement, signals).by(case, records).mended(remedy))
}
