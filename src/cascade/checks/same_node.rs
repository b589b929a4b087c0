//! All pods of a workload stood on the one node that was hurt or emptied, and nothing in its template spreads them.
//!
//! Spreading is a preference of the scheduler's defaults only; topologySpreadConstraints and podAntiAffinity demand it
//! (Kubernetes documentation, Pod Topology Spread Constraints).

use super::case::{names, was_there};
use super::taken::taken_away;
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::Subject;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "same-node", class: FactorClass::Latent, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut struck: BTreeMap<String, Vec<usize>> =
        case.hurt_nodes().into_iter().map(|(node, signals)| (node.to_owned(), signals)).collect();
    for (index, signal) in taken_away(case) {
        let node = case.scene.topology.node_of(&signal.subject).or(signal.node.as_deref());
        node.into_iter().for_each(|node| struck.entry(node.to_owned()).or_default().push(index));
    }
    let mut pods: BTreeMap<&Subject, Vec<&Pod>> = BTreeMap::new();
    for (workload, pod) in case.pods().filter(|(_, pod)| pod.object.is_some() || pod.node.is_some()) {
        pods.entry(workload).or_default().push(pod);
    }
    pods.into_iter().filter_map(|(workload, pods)| of_workload(case, workload, &pods, &struck)).collect()
}

fn of_workload(
    case: &Case<'_>,
    workload: &Subject,
    pods: &[&Pod],
    struck: &BTreeMap<String, Vec<usize>>,
) -> Option<Found> {
    let topology = case.scene.topology;
    let at = struck.values().flatten().filter_map(|index| case.signal(*index)).map(|one| one.from.time).min()?;
    let there: Vec<&Pod> = pods
        .iter()
        .copied()
        .filter(|pod| was_there(pod, at))
        .filter(|pod| pod.is_known_by_its_end() || pod.created.or(pod.arrived()).is_none_or(|come| come < at))
        .collect();
    // One that stood elsewhere and was gone by then stood elsewhere all the same: it is looked for since the beginning.
    let since = |pod: &Pod| pod.created.or(pod.arrived()).unwrap_or(case.cascade.from).max(case.cascade.from);
    let seen = pods.iter().filter(|pod| since(pod) <= at && was_there(pod, since(pod)));
    let nodes: BTreeSet<&str> = seen.chain(&there).filter_map(|pod| pod.node.as_deref()).collect();
    let (Some(node), 1, true) = (nodes.first(), nodes.len(), there.len() > 1) else { return None };
    let signals = struck.get(*node)?.clone();
    let template = topology.workload(workload).map(|known| &known.template);
    let is_spread = template
        .is_some_and(|spec| !spec.topology_spread_constraints.is_empty() || spec.affinity.pod_anti_affinity.is_some());
    if is_spread || workload.is("DaemonSet") {
        return None;
    }
    let nothing = if template.is_some() { ", and nothing in its template spreads them" } else { "" };
    let statement = format!(
        "All pods of {workload} stood on Node/{node}{nothing}: {}",
        names(there.iter().map(|pod| pod.subject()))
    );
    let remedy =
        format!("The pods of {workload} stand on two nodes or more, as a topologySpreadConstraint of it demands");
    let records = there.iter().filter_map(|pod| pod.object.as_ref()).map(|object| object.citation).take(2);
    Some(Found::new(statement, signals).by(case, records).mended(remedy))
}
