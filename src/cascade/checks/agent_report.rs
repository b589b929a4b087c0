//! A program on the node had reported it, while the node stayed Ready.
//!
//! node-problem-detector sets conditions that nothing acts on by itself (node-problem-detector, README).

use super::{Case, Check, FactorClass, Found};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "agent-report", class: FactorClass::Detection, roles: &[Role::AgentReport, Role::NodeDistress], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for (index, signal) in case.each(&[Role::AgentReport]) {
        let Some(node) = signal.node.as_deref() else { continue };
        let is_ready = case.scene.topology.is_node_ready(node) == Some(true);
        if is_ready && said.insert(node) {
            let statement = format!(
                "An agent reported it of Node/{node}, which stayed Ready, so nothing was done by itself: {}",
                signal.title
            );
            let remedy =
                format!("An alert or a taint follows such a condition of Node/{node}, shown by a test that sets it");
            found.push(Found::new(statement, vec![index]).mended(remedy));
        }
    }
    found
}
