//! What ailed one part of a node took the whole node out, with every pod on it.
//!
//! A node is Ready or not as a whole (Kubernetes documentation, Nodes, Conditions).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "whole-node", class: FactorClass::Propagation, roles: &[Role::NodeUnready], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_node: BTreeMap<&Subject, (Vec<usize>, &str)> = BTreeMap::new();
    for edge in &case.edges {
        let Some((from, to)) = case.ends(edge) else { continue };
        let is_part = from.has(Role::NodeDistress) && !from.has(Role::NodeUnready) && from.subject == to.subject;
        if is_part && to.has(Role::NodeUnready) && to.subject.is("Node") {
            of_node
                .entry(&to.subject)
                .or_insert_with(|| (Vec::new(), from.title.as_str()))
                .0
                .extend([edge.from, edge.to]);
        }
    }
    let found = |(node, (mut signals, why)): (&Subject, (Vec<usize>, &str))| {
        signals.sort_unstable();
        signals.dedup();
        let workloads: Vec<&Subject> = case.scene.topology.workloads_on(node.name()).collect();
        let with = if workloads.is_empty() { String::new() } else { format!(", and with it {}", names(workloads)) };
        let statement = format!("{node} was lost as a whole for one part of it{with}: {why}");
        Found::new(statement, signals)
    };
    of_node.into_iter().map(found).collect()
}
