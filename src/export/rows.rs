//! The timeline: a row for each signal, and for each change that is none.

use super::read::{Exported, place};
use crate::report::schema::EvidenceRow;

/// A row of the timeline. Texts are as they came.
#[derive(Debug)]
pub struct Row<'a> {
    /// `signal` or `change`.
    pub kind: &'static str,
    /// Of a signal.
    pub id: &'a str,
    /// RFC 3339.
    pub from: &'a str,
    pub to: Option<&'a str>,
    /// How much earlier it may have begun, in milliseconds.
    pub earlier_ms: Option<u32>,
    pub severity: &'a str,
    /// A name of the catalogue.
    pub name: &'a str,
    pub subject: &'a str,
    pub node: &'a str,
    pub cascade: &'a str,
    pub count: u64,
    pub title: &'a str,
    pub evidence: &'a [EvidenceRow],
}

impl Row<'_> {
    /// Where its records stand.
    pub fn places(&self) -> impl Iterator<Item = String> {
        self.evidence.iter().map(place)
    }
}

/// All rows, in order of time.
pub fn rows(of: &Exported) -> Vec<Row<'_>> {
    let signals = of.signals.iter().map(|one| Row {
        kind: "signal",
        id: &one.id,
        from: &one.from,
        to: one.to.as_deref(),
        earlier_ms: Some(one.earlier_ms),
        severity: &one.severity,
        name: &one.signal,
        subject: &one.subject,
        node: one.node.as_deref().unwrap_or_default(),
        cascade: one.cascade.as_deref().unwrap_or_default(),
        count: one.count,
        title: &one.title,
        evidence: &one.evidence,
    });
    let changes = of.changes.iter().filter(|one| one.signal.is_none()).map(|one| Row {
        kind: "change",
        id: "",
        from: &one.at,
        to: None,
        earlier_ms: None,
        severity: "",
        name: "",
        subject: &one.subject,
        node: "",
        cascade: "",
        count: 1,
        title: &one.what,
        evidence: &one.evidence,
    });
    let mut rows: Vec<Row> = signals.chain(changes).collect();
    // Times of one form, in UTC, so that their text has their order.
    rows.sort_by_key(|row| row.from);
    rows
}
