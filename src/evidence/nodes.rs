//! Nodes: conditions, and who took them out of service.

use super::findings::{Findings, Place};
use super::node_traits::NodeTraits;
use super::{changes, conditions, status};
use crate::model::Subject;
use crate::objects::Node;

/// Reads one node.
pub fn read(place: Place, line: &[u8], found: &mut Findings) {
    match serde_json::from_slice(line) {
        Ok(node) => add(place, &node, found),
        Err(error) => found.unreadable(place, error),
    }
}

/// Adds a node, in whatever form it came.
pub fn add(place: Place, node: &Node, found: &mut Findings) {
    let subject = Subject::node(&node.metadata.name);
    let (name, created) = (Some(node.metadata.name.as_str()), node.metadata.creation_timestamp);
    let owner = conditions::Owner { place, subject: &subject, node: name, created };
    node.status.conditions.iter().for_each(|one| conditions::read(&owner, one, found));
    status::still_terminating(&owner, &node.metadata, found);
    found.node_names.add(node);
    let traits = NodeTraits {
        labels: node.metadata.labels.clone(),
        version: node.status.node_info.kubelet_version.clone(),
        runtime: node.status.node_info.container_runtime_version.clone(),
        kernel: node.status.node_info.kernel_version.clone(),
        image: node.status.node_info.os_image.clone(),
        created,
        citation: found.cite(place, &subject.to_string()),
    };
    found.node_traits.insert(node.metadata.name.clone(), traits);
    if let Some(is_ready) = node.is_ready() {
        found.nodes.insert(node.metadata.name.clone(), is_ready);
    }
    let state = if node.spec.unschedulable { "marked unschedulable" } else { "made schedulable again" };
    changes::of_node(place, &subject, &node.metadata, state, found);
}
