//! It spread to those who call a Service that had no endpoint.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::relation;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "dependency", class: FactorClass::Propagation, roles: &[Role::ServiceLost], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for edge in case.edges.iter().filter(|edge| edge.relation == relation::CALLS.name) {
        let Some((from, to)) = case.ends(edge) else { continue };
        let workload = case.workload(&to.subject);
        if said.insert((&from.subject, workload.clone())) {
            let service = from.subject.name();
            found.push(Found {
                statement: format!(
                    "{workload} depends on Service {service}: its probes fail when that has no endpoint"
                ),
                signals: vec![edge.from, edge.to],
                evidence: edge.evidence.clone(),
                remedy: Some(format!(
                    "{workload} stays ready while Service {service} has no endpoint, shown by a test"
                )),
                order: (edge.from, edge.to),
            });
        }
    }
    found
}
