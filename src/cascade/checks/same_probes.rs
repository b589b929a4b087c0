//! A container's liveness probe asks the same as its readiness probe, so that what should only be spared is restarted.
//!
//! Kubernetes documentation, Liveness, Readiness and Startup Probes: a failed readiness probe takes a pod out of its
//! Services, a failed liveness probe ends it.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Container, containers};
use crate::model::Subject;
use crate::signals::Role;
use serde_json::Value;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "same-probes", class: FactorClass::Latent, roles: &[Role::ProbeKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::ProbeKill]) {
        of_workload.entry(case.workload(&signal.subject)).or_default().push(index);
    }
    let found = |(workload, signals): (Subject, Vec<usize>)| {
        let topology = case.scene.topology;
        let pod = topology.pods_named(&case.of(&signals).next()?.subject).last()?;
        let container = containers(topology.spec_of(pod)?).find(|one| asks_alike(one))?;
        let name = &container.name;
        let statement = format!(
            "The liveness probe of container {name} of {workload} asks the same as its readiness probe, so it is restarted for what would only make it unready"
        );
        let remedy =
            format!("The liveness probe of container {name} of {workload} fails only for what a restart mends");
        let record = pod.object.as_ref().map(|object| object.citation).or_else(|| case.record_of(&workload));
        Some(Found::new(statement, signals).by(case, record).mended(remedy))
    };
    of_workload.into_iter().filter_map(found).collect()
}

/// Whether both do the same, as seldom or as patiently as each may.
fn asks_alike(container: &Container) -> bool {
    const ACTIONS: [&str; 4] = ["httpGet", "tcpSocket", "exec", "grpc"];
    let action = |probe: &Option<Value>| {
        let probe = probe.as_ref()?;
        ACTIONS.iter().find_map(|action| Some((*action, probe.get(*action)?.clone())))
    };
    let (liveness, readiness) = (action(&container.liveness_probe), action(&container.readiness_probe));
    liveness.is_some() && liveness == readiness
}
