//! A node was in trouble and stayed Ready all the while, so its state told nothing of it.
//!
//! The kubelet's Ready covers itself, its runtime and its network plugin's presence, not what passes through them
//! (pkg/kubelet/nodestatus/setters.go).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "looks-well", class: FactorClass::Detection, roles: &[Role::NodeNetwork, Role::NodeDistress], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::NodeNetwork, Role::NodeDistress]) {
        let is_its = signal.subject.is("Node") || signal.has(Role::NodeNetwork);
        let node = case.node_at(signal).filter(|_| is_its && !signal.has(Role::NodeUnready));
        node.into_iter().for_each(|node| of_node.entry(node).or_default().push(index));
    }
    let found = |(node, signals): (&str, Vec<usize>)| {
        let marked = case.recorded(Role::NodeUnready, [Subject::node(node)].iter());
        let pressed = case.recorded(Role::Pressure, [Subject::node(node)].iter());
        if case.scene.topology.is_node_ready(node) != Some(true) || !marked.is_empty() || !pressed.is_empty() {
            return None;
        }
        let first = case.of(&signals).next()?;
        let statement = format!(
            "Node/{node} is Ready, and no record says that it was not, so its state told nothing of this: {}",
            first.title
        );
        let remedy =
            format!("An alert of its own fires for such trouble of Node/{node}, shown by a test that causes it");
        Some(Found::new(statement, signals).mended(remedy))
    };
    of_node.into_iter().filter_map(found).collect()
}
