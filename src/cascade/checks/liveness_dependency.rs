//! A liveness probe fails for somebody else's failure, and restarts what is well.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::relation;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "liveness-dependency", class: FactorClass::Latent, roles: &[Role::ProbeFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for edge in case.edges.iter().filter(|edge| edge.relation == relation::CALLS.name) {
        let Some((from, to)) = case.ends(edge) else { continue };
        if !to.has(Role::ProbeFailure) || to.variant() != Some("liveness") {
            continue;
        }
        let workload = case.workload(&to.subject);
        if said.insert(workload.clone()) {
            let service = from.subject.name();
            let statement = format!(
                "The liveness probe of {workload} asks another Service ({service}), which a restart of {workload} cannot mend"
            );
            let remedy = format!("The liveness probe of {workload} succeeds while Service {service} has no endpoint");
            found.push(Found {
                statement,
                signals: vec![edge.from, edge.to],
                evidence: edge.evidence.clone(),
                remedy: Some(remedy),
                ..Found::default()
            });
        }
    }
    found
}
