//! Conditions, which pods, nodes and workloads have in the same form.

use super::findings::Place;
use super::object::Condition;
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject, rfc3339};

/// The fact of a condition's last transition; none where the object does not say when that was.
pub fn fact(place: Place<'_>, subject: &Subject, node: Option<&str>, condition: &Condition) -> Option<Fact> {
    let at = Moment::to_the_second(condition.last_transition_time?);
    let Condition { kind, status, reason, message, .. } = condition;
    let mut text = format!("{subject} condition {kind}={status} {reason} {message}");
    // A node that fell silent says when it was heard last.
    if let (true, false, Some(beat)) = (subject.is("Node"), status == "True", condition.last_heartbeat_time) {
        text.push_str(&format!(", last heartbeat {}", rfc3339(beat)));
    }
    Some(Fact {
        at,
        last: at,
        count: 1,
        subject: subject.clone(),
        node: node.map(str::to_owned),
        record: Record::Condition {
            condition: kind.clone(),
            status: status.clone(),
            reason: reason.clone(),
            message: message.clone(),
        },
        citation: Citation::new(place.entry, place.line, text),
    })
}
