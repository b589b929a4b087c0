//! It spread to those who call a Service that had no endpoint, or whose pods did not answer.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::relation;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "dependency", class: FactorClass::Propagation, roles: &[Role::ServiceLost, Role::ProbeFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for edge in case.edges.iter().copied() {
        let is_pod = edge.relation == relation::BACKEND_OF.name;
        let Some((from, to)) = case.ends(edge).filter(|_| is_pod || edge.relation == relation::CALLS.name) else {
            continue;
        };
        if !to.subject.is("Pod") {
            continue;
        }
        let workload = case.workload(&to.subject);
        // Of several pods of one workload it is the same.
        let asked = if is_pod { case.workload(&from.subject) } else { from.subject.clone() };
        if said.insert((asked.clone(), workload.clone())) {
            let (asked, lacks) = match is_pod {
                true => (asked.to_string(), "does not answer"),
                false => (format!("Service {}", asked.name()), "has no endpoint"),
            };
            found.push(Found {
                statement: format!("{workload} depends on {asked}: its probes fail when that {lacks}"),
                signals: vec![edge.from, edge.to],
                evidence: edge.evidence.clone(),
                remedy: Some(format!("{workload} stays ready while {asked} {lacks}, shown by a test")),
                order: (edge.from, edge.to),
            });
        }
    }
    found
}
