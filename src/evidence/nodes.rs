//! Nodes: conditions, and who took them out of service.

use super::changes;
use super::findings::{Findings, Place};
use super::object::{Condition, Meta, or_default};
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject};
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
    for condition in node.status.conditions {
        let Some(at) = condition.last_transition_time else { continue };
        let mut text = format!("{subject} condition {}={} {}", condition.kind, condition.status, condition.reason);
        if let (false, Some(beat)) = (condition.status == "True", condition.last_heartbeat_time) {
            text.push_str(&format!(", last heartbeat {}", crate::model::rfc3339(beat)));
        }
        let at = Moment::to_the_second(at);
        found.facts.push(Fact {
            at,
            last: at,
            count: 1,
            subject: subject.clone(),
            node: Some(node.metadata.name.clone()),
            citation: Citation::new(entry, number, text),
            record: Record::Condition {
                condition: condition.kind,
                status: condition.status,
                reason: condition.reason,
                message: condition.message,
            },
        });
    }
    let state = if node.spec.unschedulable { "marked unschedulable" } else { "made schedulable again" };
    changes::of_node(Place { entry, line: number }, &subject, &node.metadata, state, found);
}
