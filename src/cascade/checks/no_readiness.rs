//! Pods that end again and again counted as available as soon as they ran: nothing asks whether they are ready.
//!
//! A container without a readiness probe is ready as soon as it runs, and without minReadySeconds its pod is available
//! at once (Kubernetes documentation, Pod Lifecycle; Deployments, Min Ready Seconds).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Container;
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "no-readiness", class: FactorClass::Latent, roles: &[Role::RestartBackoff], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let found = |(workload, signals): (Subject, Vec<usize>)| {
        let first = case.of(&signals).next()?;
        let container = first.label("container")?;
        let statement = format!(
            "Container {container} of {workload} has no readiness probe and {workload} no minReadySeconds, so a pod counts as available as soon as it runs"
        );
        let remedy = format!(
            "Container {container} of {workload} has a readiness probe that a pod which ends at once never passes"
        );
        Some(Found::new(statement, signals).by(case, case.record_of(&workload)).mended(remedy))
    };
    crashing(case).into_iter().filter_map(found).collect()
}

/// The workloads whose pods end again and again, and which count them as available before that shows.
pub fn crashing(case: &Case<'_>) -> BTreeMap<Subject, Vec<usize>> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::RestartBackoff]) {
        let workload = case.workload(&signal.subject);
        let known = case.scene.topology.workload(&workload).filter(|known| known.min_ready_s == 0);
        let is_this = |one: &&Container| Some(one.name.as_str()) == signal.label("container");
        let container = known.and_then(|known| known.template.containers.iter().find(is_this));
        if container.is_some_and(|one| one.readiness_probe.is_none()) {
            of_workload.entry(workload).or_default().push(index);
        }
    }
    of_workload
}
