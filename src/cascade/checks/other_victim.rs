//! The kernel ended a process of one workload for the demand of another.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::relation;
use crate::model::Subject;
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check =
    Check { id: "other-victim", class: FactorClass::Propagation, roles: &[Role::MemoryKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said: BTreeSet<(&Subject, Subject)> = BTreeSet::new();
    let mut demanders = BTreeMap::new();
    let mut found = Vec::new();
    for edge in case.edges.iter().filter(|edge| edge.relation == relation::VICTIM.name) {
        let Some((from, to)) = case.ends(edge) else { continue };
        let consumer = *demanders
            .entry(edge.from)
            .or_insert_with(|| from.node.as_deref().and_then(|node| case.scene.demand.on(node, from.from.time)));
        let workload = case.workload(&to.subject);
        let Some(consumer) = consumer.filter(|one| one.workload != workload) else { continue };
        if said.insert((&from.subject, workload.clone())) {
            let node = from.subject.name();
            let statement = format!(
                "On {node} the kernel ended the largest process, which was {workload}'s; the memory had been asked for by {}",
                consumer.workload
            );
            let remedy = format!(
                "Memory limits keep {} below what {node} has left beside {workload}, shown by its peak without an OOM kill there",
                consumer.workload
            );
            let mut evidence = edge.evidence.clone();
            evidence.push(consumer.citation);
            let signals = vec![edge.from, edge.to];
            let order = (edge.from, edge.to);
            found.push(Found { statement, signals, evidence, remedy: Some(remedy), order });
        }
    }
    found
}
