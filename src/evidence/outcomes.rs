//! What the archive says it lacks. An absence in the evidence means something only where this list is silent.

use super::findings::{Findings, Place};
use super::{Fact, Record};
use crate::archive::format::Outcome;
use crate::model::{Clock, Moment, Subject};

/// Reads one outcome; those that are missing become facts.
pub fn read(place: Place, line: &[u8], found: &mut Findings) {
    let outcome: Outcome = match serde_json::from_slice(line) {
        Ok(outcome) => outcome,
        Err(error) => return found.unreadable(place, error),
    };
    if !outcome.status.is_missing() {
        return;
    }
    let at = Moment::exact(outcome.at).by(Clock::Collector);
    let subject = outcome.node.as_ref().map_or_else(Subject::whole_cluster, Subject::node);
    let status = outcome.status.name();
    let text = format!("{} {}: {status}: {}", outcome.source, outcome.subject, outcome.why);
    let citation = found.cite(place, &text);
    let record = Record::Missing { source: &outcome.source, status, why: &outcome.why };
    let (subject, node) = (&subject, outcome.node.as_deref());
    found.facts.push(Fact { at, last: at, count: 1, subject, node, record, citation });
}
