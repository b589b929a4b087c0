//! Nodes: conditions, and who took them out of service.

use super::findings::{Findings, Place};
use super::object::{Condition, Meta, or_default};
use super::{changes, conditions, status};
use crate::model::Subject;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Node {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: Spec,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    unschedulable: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    #[serde(deserialize_with = "or_default")]
    conditions: Vec<Condition>,
}

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
    if let Some(ready) = node.status.conditions.iter().find(|condition| condition.kind == "Ready") {
        found.nodes.insert(node.metadata.name.clone(), ready.status == "True");
    }
    let state = if node.spec.unschedulable { "marked unschedulable" } else { "made schedulable again" };
    changes::of_node(place, &subject, &node.metadata, state, found);
}
