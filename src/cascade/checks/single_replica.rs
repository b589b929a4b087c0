//! A Service that lost its endpoints has a workload of one replica behind it.

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "single-replica", class: FactorClass::Latent, roles: &[Role::ServiceLost], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for index in case.with(&[Role::ServiceLost]) {
        let Some(signal) = case.signal(index) else { continue };
        let (namespace, name) = (signal.subject.namespace().unwrap_or_default(), signal.subject.name());
        let service = Subject::namespaced("Service", namespace, name);
        for workload in topology.workloads_of_service(&service) {
            let Some(known) = topology.workload(workload) else { continue };
            if known.replicas == Some(1) && said.insert(workload) {
                let statement =
                    format!("{workload} has one replica, so its failure left {service} without an endpoint");
                let remedy = format!(
                    "{workload} runs at least two replicas on different nodes, and {service} keeps a ready endpoint while one of them is stopped"
                );
                let evidence = known.citation.into_iter().chain(signal.evidence.first().copied()).collect();
                let signals = vec![index];
                found.push(Found { statement, signals, evidence, remedy: Some(remedy), ..Found::default() });
            }
        }
    }
    found
}
