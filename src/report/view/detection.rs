//! How soon it was noticed: first sign, first alert, first response of the largest cascade.

use super::{kind_of, severity};
use crate::model::Severity;
use crate::report::schema::{ChangeRow, EvidenceRow, Report, SignalRow};
use crate::report::times;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub struct Detection<'a> {
    /// The first thing that was wrong, changes not counted.
    pub onset: Option<&'a SignalRow>,
    pub pending: Option<Noticed<'a>>,
    pub firing: Option<Noticed<'a>>,
    /// The first change after the onset that is not known to be automatic.
    pub response: Option<Noticed<'a>>,
    /// Changes at or before the onset, the nearest first.
    pub changes_before: Vec<&'a ChangeRow>,
    pub changes_after: Vec<&'a ChangeRow>,
}

/// Something that shows the incident was noticed.
#[derive(Clone, Copy, Debug)]
pub struct Noticed<'a> {
    pub at: &'a str,
    pub subject: &'a str,
    pub what: &'a str,
    pub evidence: &'a [EvidenceRow],
}

impl<'a> Noticed<'a> {
    fn signal(signal: &'a SignalRow) -> Self {
        Self { at: &signal.from, subject: &signal.subject, what: &signal.title, evidence: &signal.evidence }
    }

    fn change(change: &'a ChangeRow) -> Self {
        Self { at: &change.at, subject: &change.subject, what: &change.what, evidence: &change.evidence }
    }
}

impl<'a> Detection<'a> {
    pub fn new(report: &'a Report, signals: &BTreeMap<&'a str, &'a SignalRow>) -> Self {
        let Some(cascade) = report.cascades.first() else {
            return Self { changes_before: report.changes.iter().rev().collect(), ..Self::default() };
        };
        let members = || cascade.signals.iter().filter_map(|id| signals.get(id.as_str()).copied());
        let wrong = |signal: &&SignalRow| {
            severity(&signal.severity) >= Severity::Warning
                && signal.layer != "change"
                && kind_of(&signal.subject) != "Alert"
        };
        let Some(onset) = members().find(wrong).or_else(|| members().next()) else { return Self::default() };
        let began = times::parse(&onset.from);
        let after = |at: &str| times::parse(at).zip(began).is_some_and(|(at, began)| at > began);
        let alert = |name: &str| {
            let mut firing =
                report.signals.iter().filter(|signal| signal.signal == name && times::parse(&signal.from) >= began);
            firing.next().map(Noticed::signal)
        };
        let (changes_after, mut changes_before): (Vec<_>, Vec<_>) =
            report.changes.iter().partition(|change| after(&change.at));
        changes_before.reverse();
        Self {
            onset: Some(onset),
            pending: alert("AlertPending"),
            firing: alert("AlertFiring"),
            response: changes_after.first().copied().map(Noticed::change),
            changes_before,
            changes_after,
        }
    }

    /// From the onset to `noticed`.
    pub fn lag(&self, noticed: &Noticed) -> Option<String> {
        times::between(&self.onset?.from, noticed.at).map(times::length)
    }
}
