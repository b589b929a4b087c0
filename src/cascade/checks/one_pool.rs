//! Pods that found no node may stand on nodes with a certain label only.
//!
//! nodeSelector is a demand, not a preference (Kubernetes documentation, Assigning Pods to Nodes).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "one-pool", class: FactorClass::Latent, roles: &[Role::SchedulingFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::SchedulingFailure]) {
        // As the scheduler's plugin NodeAffinity says it (pkg/scheduler/framework/plugins/nodeaffinity).
        if signal.values("obstacle").any(|one| one.contains("node affinity/selector")) {
            of_workload.entry(case.workload(&signal.subject)).or_default().push(index);
        }
    }
    let found = |(workload, signals): (Subject, Vec<usize>)| {
        let topology = case.scene.topology;
        let of_pod = || topology.spec_of(topology.pods_named(&case.of(&signals).next()?.subject).last()?);
        let spec = topology.workload(&workload).map(|known| &known.template).or_else(of_pod)?;
        let wanted: Vec<String> = spec.node_selector.iter().map(|(key, value)| format!("{key}={value}")).collect();
        if wanted.is_empty() {
            return None;
        }
        let wanted = wanted.join(", ");
        let statement =
            format!("{workload} may stand only on nodes with {wanted}, so no other node could take its pods");
        let remedy = format!("Pods of {workload} are scheduled while one node with {wanted} is away, shown by a drill");
        Some(Found::new(statement, signals).by(case, case.record_of(&workload)).mended(remedy))
    };
    of_workload.into_iter().filter_map(found).collect()
}
