//! A node was not hurt, and what stood there was ready throughout.
//!
//! The time of a pod's condition Ready says since when it is so (Kubernetes documentation, Pod Lifecycle).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::{Citation, Subject};
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check {
    id: "node-left",
    class: FactorClass::Luck,
    roles: &[
        Role::NodeDistress,
        Role::NodeUnready,
        Role::Shortage,
        Role::NodeTaken,
        Role::SchedulingFailure,
        Role::NoScaleUp,
    ],
    find,
};

/// How the names of programs begin that watch a cluster.
const MONITORING: [&str; 3] = ["prometheus", "alertmanager", "grafana"];

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let mut signals: Vec<usize> = case.hurt_nodes().into_values().flatten().collect();
    let mut hurt: BTreeSet<&str> = case.hurt_nodes().into_keys().collect();
    let of_pods = case.pods().filter_map(|(_, pod)| pod.node.as_deref()).map(Subject::node).collect::<BTreeSet<_>>();
    for (index, signal) in case.recorded(Role::NodeTaken, of_pods.iter()) {
        signal.node.as_deref().into_iter().for_each(|node| _ = hurt.insert(node));
        signals.push(index);
    }
    if hurt.is_empty() {
        return Vec::new();
    }
    // What is of use to those who were hurt: pods of the same workloads, and what watches.
    let topology = case.scene.topology;
    let watchers = topology
        .workloads()
        .map(|(workload, _)| workload)
        .filter(|one| MONITORING.iter().any(|name| one.name().starts_with(name)));
    let useful: BTreeSet<&Subject> = case.workloads.iter().chain(watchers).collect();
    let mut of_node: BTreeMap<&str, BTreeMap<&Subject, Citation>> = BTreeMap::new();
    for workload in useful.into_iter().filter(|one| !one.is("DaemonSet")) {
        for pod in topology.last_pods_of(workload, case.cascade.to) {
            let Some((node, object)) = pod.node.as_deref().zip(pod.object.as_ref()) else { continue };
            let since = pod.ready.is_some_and(|(ready, since)| ready && since <= harm);
            if since && !hurt.contains(node) && topology.is_node_ready(node) == Some(true) {
                of_node.entry(node).or_default().insert(workload, object.citation);
            }
        }
    }
    let told = |(node, workloads): (&str, BTreeMap<&Subject, Citation>)| {
        let statement =
            format!("Node/{node} was not hit, and what stood there was ready all along: {}", names(workloads.keys()));
        Found::new(statement, signals.iter().take(1).copied().collect()).by(case, workloads.into_values().take(3))
    };
    of_node.into_iter().map(told).collect()
}
