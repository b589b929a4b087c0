//! What asked for the memory that ran out had no limit of its own.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Container, containers};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "memory-limit", class: FactorClass::Latent, roles: &[Role::Shortage], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let (topology, demand) = (case.scene.topology, &case.scene.demand);
    let shortages = case.with(&[Role::Shortage]);
    let demanders = case.of(&shortages).filter_map(|signal| demand.on(signal.node.as_deref()?, signal.from.time));
    let demanders: BTreeSet<Subject> = demanders.map(|consumer| consumer.workload.clone()).collect();
    let mut found = Vec::new();
    for workload in demanders {
        let mut pods = topology.pods_of_workload(&workload);
        let is_unlimited = |container: &Container| !container.resources.limits.contains_key("memory");
        let unlimited = pods.find(|pod| topology.spec_of(pod).is_some_and(|spec| containers(spec).any(is_unlimited)));
        let Some(pod) = unlimited else { continue };
        let citation = pod.object.as_ref().map(|object| object.citation);
        let citation = citation.or_else(|| topology.workload(&workload).and_then(|one| one.citation));
        let statement = format!(
            "{workload} has a container without a memory limit, so only the node bounded what its pods could take"
        );
        let remedy = format!("Every container of {workload} has a memory limit, as its template shows");
        let evidence = citation.into_iter().collect();
        found.push(Found { statement, evidence, remedy: Some(remedy), ..Found::default() });
    }
    found
}
