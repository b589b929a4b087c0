//! What the page holds without its script: every row as a table, what was not understood, and what is missing.

use super::{NAME_CHARS, TEXT_CHARS};
use crate::evidence::Evidence;
use crate::model::{Citation, Severity};
use crate::report::view::{Row, View};
use crate::report::{names, quotes, safe, times};

/// A browser slows down beyond this; the whole list is in `report.json`.
pub const TABLE_ROWS: usize = 5_000;
/// From so many rows on each shows its first record alone, so that the page stays small.
const MANY: usize = 1_000;

pub struct TableRow {
    pub id: String,
    pub time: String,
    pub uncertainty: String,
    pub lasted: String,
    pub chain: String,
    pub severity: Severity,
    pub subject: String,
    pub signal: String,
    pub count: u64,
    pub title: String,
    pub records: Vec<Record>,
}

pub struct Record {
    pub place: String,
    pub text: String,
}

pub struct UnknownRow {
    pub count: u64,
    pub severity: Severity,
    pub words: String,
    pub subjects: String,
    pub when: String,
    pub record: Record,
}

pub struct MissingRow {
    pub source: String,
    pub status: &'static str,
    pub subjects: String,
    pub why: String,
    pub limits: &'static str,
}

/// The first rows, in order of time.
pub fn rows(view: &View) -> Vec<TableRow> {
    let records = if view.rows.len() > MANY { 1 } else { 2 };
    view.rows.iter().take(TABLE_ROWS).map(|row| table_row(view, row, records)).collect()
}

fn table_row(view: &View, row: &Row, records: usize) -> TableRow {
    let signal = row.signal;
    let cited = quotes::of_signal(&signal).into_iter().take(records);
    TableRow {
        id: signal.id(),
        time: view.clock.time(row.at),
        uncertainty: signal.uncertainty().unwrap_or_default(),
        lasted: signal.lasted().unwrap_or_default(),
        chain: row.cascade.map(names::cascade_id).unwrap_or_default(),
        severity: signal.severity,
        subject: safe::clean(&signal.subject.to_string(), NAME_CHARS),
        signal: safe::clean(&signal.name, NAME_CHARS),
        count: signal.count,
        title: safe::clean(&signal.title, TEXT_CHARS),
        records: cited.map(|one| record(view.evidence(), one)).collect(),
    }
}

fn record(evidence: &Evidence, citation: Citation) -> Record {
    let row = quotes::row(evidence, citation);
    Record {
        place: safe::clean(&format!("{}:{}", row.entry, row.line), NAME_CHARS),
        text: safe::clean(&row.text, TEXT_CHARS / 2),
    }
}

pub fn unknown(view: &View) -> Vec<UnknownRow> {
    let rows = view.of.not_understood.iter().take(MANY).filter_map(|group| {
        let subjects: Vec<String> = group.subjects.iter().map(ToString::to_string).collect();
        Some(UnknownRow {
            count: group.count,
            severity: group.severity,
            words: safe::clean(&group.words, TEXT_CHARS),
            subjects: first_few(&subjects),
            when: view.when(group),
            record: record(view.evidence(), *group.evidence.first()?),
        })
    });
    rows.collect()
}

/// The first of them, and how many more there are.
fn first_few(subjects: &[String]) -> String {
    let shown: Vec<String> = subjects.iter().take(8).map(|subject| safe::clean(subject, NAME_CHARS)).collect();
    let more = subjects.len().saturating_sub(shown.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{more}", shown.join("; "))
}

pub fn not_read(view: &View) -> String {
    let unread = view.coverage.not_read.iter();
    let named = unread
        .map(|(source, count)| format!("{} ({})", safe::clean(source, NAME_CHARS), times::counted(*count, "item")));
    named.collect::<Vec<_>>().join(", ")
}

pub fn missing(view: &View) -> Vec<MissingRow> {
    let rows = view.coverage.missing.iter().take(50).map(|missing| MissingRow {
        source: safe::clean(missing.source, NAME_CHARS),
        status: missing.status.name(),
        subjects: first_few(&missing.subjects),
        why: safe::clean(&missing.why, TEXT_CHARS),
        limits: missing.limits,
    });
    rows.collect()
}
