//! Nodes came back, or all were lost at once, before pods were given up: their deletion was cancelled.
//!
//! Pods stay as long as they tolerate the taint; where all nodes of all zones are lost the node controller takes its
//! taints back (pkg/controller/nodelifecycle/node_lifecycle_controller.go).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check =
    Check { id: "eviction-cancelled", class: FactorClass::Luck, roles: &[Role::NodeUnready, Role::NodeDistress], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let nodes: BTreeSet<&str> =
        case.each(&[Role::NodeUnready]).into_iter().filter_map(|(_, one)| one.node.as_deref()).collect();
    let (from, to) = (case.cascade.from, case.cascade.to + TimeDelta::minutes(2));
    let all = case.scene.index.all(Role::EvictionCancelled).into_iter().flat_map(|all| all.between(from, to));
    let mut of_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in all {
        let Some(signal) = case.signal(index) else { continue };
        // Whoever was given up before was not spared.
        let given_up = case.scene.index.of(Role::TaintEviction, &signal.subject).into_iter().flat_map(|all| all.all());
        if given_up.filter_map(|one| case.signal(one)).any(|one| one.from.time <= signal.from.time) {
            continue;
        }
        let node = case.node_at(signal);
        node.filter(|node| nodes.contains(node))
            .into_iter()
            .for_each(|node| of_node.entry(node).or_default().push(index));
    }
    let told = |(node, signals): (&str, Vec<usize>)| {
        let pods: Vec<&Subject> = case.of(&signals).map(|signal| &signal.subject).collect();
        let statement =
            format!("Of Node/{node}, {} not given up, as their deletion was cancelled in time", told_pods(pods.len()));
        Found::new(statement, signals)
    };
    of_node.into_iter().map(told).collect()
}

fn told_pods(count: usize) -> String {
    if count == 1 { "1 pod was".to_owned() } else { format!("{count} pods were") }
}
