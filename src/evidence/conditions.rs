//! Conditions, which all kinds of object have in the same form.

use super::findings::Place;
use super::object::{Condition, Time};
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject, to_the_second};
use chrono::DateTime;

/// Whose conditions are read.
pub struct Owner<'a> {
    pub subject: &'a Subject,
    pub node: Option<&'a str>,
    /// When the object was made: no condition of it is older.
    pub created: Time,
}

impl Owner<'_> {
    /// What a record of the object says of it.
    pub fn fact(&self, place: Place<'_>, at: Moment, record: Record, text: String) -> Fact {
        Fact {
            at,
            last: at,
            count: 1,
            subject: self.subject.clone(),
            node: self.node.map(str::to_owned),
            record,
            citation: Citation::new(place.entry, place.line, text),
        }
    }
}

/// The fact of a condition's last transition. One that does not say when that was is dated to the snapshot, begun at
/// any time since the object was made.
pub fn fact(place: Place<'_>, of: &Owner<'_>, condition: &Condition) -> Fact {
    let Condition { kind, status, reason, message, .. } = condition;
    let at = match condition.last_transition_time {
        Some(at) => Moment::to_the_second(at),
        None => Moment::to_the_second(place.fetched).begun_after(of.created.unwrap_or(DateTime::UNIX_EPOCH)),
    };
    let since = condition
        .last_transition_time
        .map(|at| format!(" lastTransitionTime {}", to_the_second(at)))
        .unwrap_or_default();
    let mut text = format!("{} {kind} {status}{since} {reason}: {message}", of.subject);
    // A node that fell silent says when it was heard last.
    if let (true, false, Some(beat)) = (of.subject.is("Node"), status == "True", condition.last_heartbeat_time) {
        text.push_str(&format!(", lastHeartbeatTime {}", to_the_second(beat)));
    }
    let record = Record::Condition {
        condition: kind.clone(),
        status: status.clone(),
        reason: reason.clone(),
        message: message.clone(),
    };
    of.fact(place, at, record, text)
}
