//! What every exporter shows, decided once: rows in order, a tree for each cascade, what is missing, who was hit,
//! and how soon it was noticed.
//!
//! All text here is as it came. Each exporter makes it safe for its own place.

mod absence;
mod coverage;
mod detection;
mod impact;
mod kin;
mod names;
mod tree;

pub use crate::cascade::Grade;
pub use absence::{Absences, Proof};
pub use coverage::CoverageView;
pub use detection::{Detection, Noticed};
pub use impact::{Impact, Toll};
pub use names::{kind_of, namespace_of, workload_of};
pub use tree::{Branch, Tree};

use super::schema::{EvidenceRow, NotUnderstoodRow, Report, SignalRow};
use super::times::{self, Clock};
use crate::model::Severity;
use std::collections::{BTreeMap, BTreeSet};

pub struct View<'a> {
    pub report: &'a Report,
    pub clock: Clock,
    pub signals: BTreeMap<&'a str, &'a SignalRow>,
    pub rows: Vec<Row<'a>>,
    /// In the order of the report's cascades.
    pub trees: Vec<Tree<'a>>,
    pub coverage: CoverageView<'a>,
    pub impact: Impact<'a>,
    pub detection: Detection<'a>,
    pub absences: Absences<'a>,
}

impl<'a> View<'a> {
    pub fn new(report: &'a Report) -> Self {
        let signals: BTreeMap<&str, &SignalRow> = report.signals.iter().map(|row| (row.id.as_str(), row)).collect();
        let rows = rows(report);
        let shown_times =
            rows.iter().map(|row| row.at).chain([report.archive.from.as_str(), report.archive.to.as_str()]);
        Self {
            clock: Clock::for_times(shown_times),
            trees: report.cascades.iter().map(|cascade| Tree::new(report, cascade, &signals)).collect(),
            coverage: CoverageView::new(&report.coverage),
            impact: Impact::new(report),
            detection: Detection::new(report, &signals),
            absences: Absences::new(report),
            signals,
            rows,
            report,
        }
    }

    /// When records that no rule knows were made. Where none of them says when it began, the time by which it had.
    pub fn when(&self, row: &NotUnderstoodRow) -> String {
        let (from, to) = (self.clock.time(&row.from), self.clock.time(&row.to));
        match row.undated {
            true => format!("by {to}"),
            false if from == to => from,
            false => format!("{from} to {to}"),
        }
    }

    /// The signal behind an id, if the report has it.
    pub fn signal(&self, id: &str) -> Option<&'a SignalRow> {
        self.signals.get(id).copied()
    }

    /// The first records behind a list of signals, at most one of each.
    pub fn evidence_of(&self, ids: &[String]) -> Vec<&'a EvidenceRow> {
        ids.iter().filter_map(|id| self.signal(id)?.evidence.first()).collect()
    }
}

/// One line of the timeline.
pub struct Row<'a> {
    pub at: &'a str,
    /// `±20 s`, `or up to 1 min earlier`.
    pub uncertainty: Option<String>,
    /// How long it went on; none for what happened at one moment.
    pub lasted: Option<String>,
    pub count: u64,
    pub subject: &'a str,
    pub signal: &'a str,
    pub title: &'a str,
    pub severity: Severity,
    pub layer: &'a str,
    pub cascade: Option<&'a str>,
    pub evidence: &'a [EvidenceRow],
    /// Of the signal; none for a change that is not a signal.
    pub id: Option<&'a str>,
}

fn rows(report: &Report) -> Vec<Row<'_>> {
    let signals = report.signals.iter().map(|signal| Row {
        at: &signal.from,
        uncertainty: uncertainty(signal),
        lasted: lasted(signal),
        count: signal.count,
        subject: &signal.subject,
        signal: &signal.signal,
        title: &signal.title,
        severity: severity(&signal.severity),
        layer: &signal.layer,
        cascade: signal.cascade.as_deref(),
        evidence: &signal.evidence,
        id: Some(&signal.id),
    });
    let known: BTreeSet<&str> = report.signals.iter().map(|signal| signal.id.as_str()).collect();
    let changes =
        report.changes.iter().filter(|change| !change.signal.as_deref().is_some_and(|id| known.contains(id))).map(
            |change| Row {
                at: &change.at,
                uncertainty: None,
                lasted: None,
                count: 1,
                subject: &change.subject,
                signal: "Changed",
                title: &change.what,
                severity: Severity::Info,
                layer: "change",
                cascade: None,
                evidence: &change.evidence,
                id: None,
            },
        );
    let mut rows: Vec<Row> = signals.chain(changes).collect();
    rows.sort_by_cached_key(|row| (times::parse(row.at), row.at));
    rows
}

/// How far the onset is from its time: `±20 s`, or `-60 s` for what was noticed late and can only be earlier.
pub fn uncertainty(signal: &SignalRow) -> Option<String> {
    match signal.earlier_ms {
        0 => times::uncertainty(signal.uncertainty_ms).map(|bound| format!("±{bound}")),
        u32::MAX => Some("or at any time before".to_owned()),
        earlier => times::uncertainty(earlier).map(|bound| format!("or up to {bound} earlier")),
    }
}

/// How long a signal went on, in words; none for what happened at one moment.
pub fn lasted(signal: &SignalRow) -> Option<String> {
    match signal.to.as_deref() {
        None => Some("to the end".to_owned()),
        Some(to) => times::between(&signal.from, to).filter(|delta| delta.num_seconds() >= 1).map(times::length),
    }
}

/// The severity a row names; an unknown one counts as `info`.
pub fn severity(name: &str) -> Severity {
    match name {
        "warning" => Severity::Warning,
        "error" => Severity::Error,
        "fatal" => Severity::Fatal,
        _ => Severity::Info,
    }
}
