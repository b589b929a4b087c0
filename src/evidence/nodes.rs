//! Nodes: conditions, and who took them out of service.

use super::findings::{Findings, Place};
use super::object::{Condition, Meta, or_default};
use super::{changes, conditions};
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
pub fn read(entry: &str, number: u64, line: &[u8], found: &mut Findings) {
    let node: Node = match serde_json::from_slice(line) {
        Ok(node) => node,
        Err(error) => return found.unreadable(entry, number, error),
    };
    let subject = Subject::node(&node.metadata.name);
    let place = Place { entry, line: number };
    let name = Some(node.metadata.name.as_str());
    found.facts.extend(node.status.conditions.iter().filter_map(|one| conditions::fact(place, &subject, name, one)));
    let state = if node.spec.unschedulable { "marked unschedulable" } else { "made schedulable again" };
    changes::of_node(place, &subject, &node.metadata, state, found);
}
