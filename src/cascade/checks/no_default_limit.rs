//! What took a node's memory has no limit, and its namespace has no LimitRange that would give it one.
//!
//! Kubernetes documentation, Limit Ranges. Said only where the list of all LimitRanges came whole.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Container, containers};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "no-default-limit", class: FactorClass::Latent, roles: &[Role::Shortage], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let (topology, demand) = (case.scene.topology, &case.scene.demand);
    let shortages = case.with(&[Role::Shortage]);
    let askers = case.of(&shortages).filter_map(|signal| demand.on(signal.node.as_deref()?, signal.from.time));
    let askers: BTreeSet<Subject> = askers.map(|consumer| consumer.workload.clone()).collect();
    let told = |workload: Subject| {
        let namespace = workload.namespace()?;
        let is_unlimited = |container: &Container| !container.resources.limits.contains_key("memory");
        let specs = topology.last_pods_of(&workload, case.cascade.to).filter_map(|pod| topology.spec_of(pod));
        let has_unlimited = specs.flat_map(containers).any(is_unlimited);
        if !has_unlimited || topology.has_no_limit_range(namespace) != Some(true) {
            return None;
        }
        let statement = format!(
            "The namespace {namespace} has no LimitRange, so a container of {workload} without a limit got none"
        );
        let remedy = format!("A LimitRange of the namespace {namespace} gives every container a limit of memory");
        Some(Found::new(statement, shortages.clone()).by(case, case.record_of(&workload)).mended(remedy))
    };
    askers.into_iter().filter_map(told).collect()
}
