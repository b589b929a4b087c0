//! Conditions, which all kinds of object have in the same form.

use super::findings::{Findings, Place};
use super::{Fact, Record};
use crate::model::{Moment, Subject, to_the_second};
use crate::objects::{Condition, Time};
use chrono::DateTime;

/// Whose conditions are read.
pub struct Owner<'a> {
    /// Where the object stands.
    pub place: Place,
    pub subject: &'a Subject,
    pub node: Option<&'a str>,
    /// When the object was made: no condition of it is older.
    pub created: Time,
}

impl Owner<'_> {
    /// Adds what a record of the object says of it.
    pub fn add(&self, at: Moment, record: Record<'_>, text: &str, found: &mut Findings) {
        let citation = found.cite(self.place, text);
        found.facts.push(Fact { at, last: at, count: 1, subject: self.subject, node: self.node, record, citation });
    }
}

/// Adds a condition's last transition. One that does not say when that was is dated to the snapshot, begun at
/// any time since the object was made.
pub fn read(of: &Owner<'_>, condition: &Condition, found: &mut Findings) {
    let Condition { kind, status, reason, message, .. } = condition;
    let at = match condition.last_transition_time {
        Some(at) => Moment::to_the_second(at),
        None => Moment::to_the_second(of.place.fetched).begun_after(of.created.unwrap_or(DateTime::UNIX_EPOCH)),
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
    let record = Record::Condition { condition: kind, status, reason, message };
    of.add(at, record, &text, found);
}
