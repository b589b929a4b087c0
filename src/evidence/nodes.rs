//! Nodes: conditions, and who took them out of service.

use super::findings::{Findings, Place};
use super::object::Node;
use super::{changes, conditions, status};
use crate::model::Subject;

/// Reads one node.
pub fn read(place: Place<'_>, line: &[u8], found: &mut Findings) {
    let node: Node = match serde_json::from_slice(line) {
        Ok(node) => node,
        Err(error) => return found.unreadable(place.entry, place.line, error),
    };
    let subject = Subject::node(&node.metadata.name);
    let (name, created) = (Some(node.metadata.name.as_str()), node.metadata.creation_timestamp);
    let owner = conditions::Owner { subject: &subject, node: name, created };
    found.facts.extend(node.status.conditions.iter().map(|one| conditions::fact(place, &owner, one)));
    found.facts.extend(status::still_terminating(place, &owner, &node.metadata));
    if let Some(is_ready) = node.is_ready() {
        found.nodes.insert(node.metadata.name.clone(), is_ready);
    }
    let state = if node.spec.unschedulable { "marked unschedulable" } else { "made schedulable again" };
    changes::of_node(place, &subject, &node.metadata, state, found);
}
