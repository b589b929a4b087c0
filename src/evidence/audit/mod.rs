//! API audit logs: who changed what, what was refused, and requests that tell of the API server itself.
//!
//! Each file is read line by line into a [`Log`] of bounded size; what several files tell together is told by [`tell`],
//! once all were read. No user, group, address or body gets out: of users a kind of actor ([`actor`]), of programs a name,
//! of bodies the fields that differ (`fields` beside this room), of refusals names of webhooks and quotas ([`refusals`]).

mod actor;
mod class;
mod event;
mod log;
mod refusals;
mod requests;
#[cfg(test)]
mod tests;
mod writes;

pub use log::Log;

use super::changes::{self, Span};
use super::findings::{Findings, Place};
use super::{Fact, Facts, Known, Record};
use crate::model::{Citation, Clock, Moment, Subject};
use chrono::{DateTime, SecondsFormat, Utc};
use refusals::Refusals;
use requests::Finding;
use std::collections::BTreeMap;
use writes::{Told, Write};

/// Why a line cannot be read; never what stands in it.
pub fn unreadable(error: &serde_json::Error, line: &[u8], most_bytes: usize) -> String {
    match error.is_eof() {
        true if line.len() >= most_bytes => format!("an event of an audit log of more than {most_bytes} bytes"),
        true => "an event of an audit log that was cut".to_owned(),
        false => format!("no event of an audit log: not in a form that is known from column {} on", error.column()),
    }
}

/// Tells what the logs say, each change once: what objects and revisions say of it too is dropped, as they know it only to
/// the second.
pub fn tell(found: &mut Findings) {
    let mut logs = std::mem::take(&mut found.audit);
    if logs.is_empty() {
        return;
    }
    tell_writes(&mut logs, found);
    let mut refusals = Refusals::default();
    logs.iter_mut().for_each(|log| refusals.absorb(std::mem::take(&mut log.refusals)));
    tell_refusals(refusals, found);
    let minutes = requests::minutes(&mut logs);
    let findings =
        [requests::never_ended(&logs), requests::panicked(&logs), requests::slow(&minutes), requests::floods(&minutes)];
    findings.iter().flatten().for_each(|one| tell_finding(one, found));
    for log in &logs {
        for (what, line) in &log.beyond {
            let place = Place { entry: log.entry, line: *line, fetched: log.last };
            found.unreadable(
                place,
                format_args!("more {what} than are kept of one file: those from here on are not told"),
            );
        }
    }
}

fn tell_writes(logs: &mut [Log], found: &mut Findings) {
    let mut writes: Vec<Write> = logs.iter_mut().flat_map(|log| std::mem::take(&mut log.writes)).collect();
    writes.sort_by(|a, b| {
        (&a.subject, a.received, a.id, a.entry, a.line).cmp(&(&b.subject, b.received, b.id, b.entry, b.line))
    });
    writes.dedup_by(|b, a| (&a.subject, a.received, a.id) == (&b.subject, b.received, b.id));
    let told = writes::told(&writes);
    drop_told_elsewhere(&writes, &told, &mut found.facts);
    for one in &told {
        let (Some(first), Some(last)) = (writes.get(one.first), writes.get(one.last)) else { continue };
        let place = Citation { entry: first.entry, line: first.line, part: 0 };
        let citation = found.facts.cite(
            place,
            &format!("{}: {} {} {}", quoted(first.received), first.class.asked(), first.subject, one.what),
        );
        let known = if one.is_known { Known::Fields } else { Known::Changed };
        let record = Record::Change { what: &one.what, by: first.program(), read: false, known };
        let at = moment(first.received, first.answered);
        let last = moment(last.received, last.answered);
        found.facts.push(Fact { at, last, count: one.count, subject: &first.subject, node: None, record, citation });
    }
}

/// The time of a record, as it writes it.
fn quoted(received: DateTime<Utc>) -> String {
    format!("audit log, requestReceivedTimestamp {}", received.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// A write was done between these two.
fn moment(received: DateTime<Utc>, answered: DateTime<Utc>) -> Moment {
    let later_ms = u32::try_from((answered - received).num_milliseconds().max(0)).unwrap_or(u32::MAX);
    Moment { later_ms, ..Moment::exact(received).by(Clock::ApiServer) }
}

/// Drops changes of which the log says more: who wrote an object, and when.
fn drop_told_elsewhere(writes: &[Write], told: &[Told], facts: &mut Facts) {
    let mut known: BTreeMap<&Subject, Vec<Span>> = BTreeMap::new();
    for one in told.iter().filter(|one| one.is_known) {
        let ends = [one.first, one.last].into_iter().filter_map(|place| writes.get(place));
        for write in ends {
            known.entry(&write.subject).or_default().push((write.received, write.answered));
        }
    }
    changes::drop_told(known, facts);
}

fn tell_refusals(refusals: Refusals, found: &mut Findings) {
    for (refusal, seen) in refusals.runs() {
        let class = &refusal.class;
        let (asked, client) = (class.asked(), class.actor.in_words());
        let why = if refusal.why.is_empty() { String::new() } else { format!(": {}", refusal.why) };
        let message = format!("{asked} by {client} was answered with {}{why}", refusal.code);
        let of_server = Some(api_server()).filter(|_| refusal.what == refusals::FAILED);
        let subject = refusal.about.as_ref().or(of_server.as_ref()).unwrap_or(&class.actor.client);
        let place = Citation { entry: seen.entry, line: seen.line, part: 0 };
        let citation = found.facts.cite(place, &format!("{}: {message}", quoted(seen.first)));
        let (at, last) = (moment(seen.first, seen.first), moment(seen.last, seen.last));
        let record = Record::Request {
            what: refusal.what,
            client: &client,
            asked: &asked,
            code: refusal.code,
            message: &message,
        };
        found.facts.push(Fact { at, last, count: seen.count, subject, node: None, record, citation });
    }
}

/// What is said of the API server as a whole.
fn api_server() -> Subject {
    Subject::cluster("APIServer", "")
}

fn tell_finding(one: &Finding, found: &mut Findings) {
    let client = one.class.as_ref().map(|class| class.actor.in_words()).unwrap_or_default();
    let subject = match &one.class {
        Some(class) if one.what == requests::FLOODS => class.actor.client.clone(),
        _ => api_server(),
    };
    let place = Citation { entry: one.entry, line: one.line, part: 0 };
    let citation = found.facts.cite(place, &format!("{}: {}", quoted(one.first), one.message));
    let (at, last) = (moment(one.first, one.first + one.within), moment(one.last, one.last + one.within));
    let record = Record::Request { what: one.what, client: &client, asked: &one.asked, code: 0, message: &one.message };
    found.facts.push(Fact { at, last, count: one.count, subject: &subject, node: None, record, citation });
}
