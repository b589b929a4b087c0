//! How soon it was noticed: first sign, first alert, first response of the largest cascade.

use super::{Change, Numbered, Part};
use crate::model::{Citation, Severity, Subject};
use crate::report::{Analyzed, quotes, times};
use crate::signals::Role;
use chrono::{DateTime, Utc};

#[derive(Debug, Default)]
pub struct Detection<'a> {
    /// The first thing that was wrong, changes not counted.
    pub onset: Option<Numbered<'a>>,
    pub pending: Option<Noticed<'a>>,
    pub firing: Option<Noticed<'a>>,
    /// The first change after the onset that is not known to be automatic.
    pub response: Option<Noticed<'a>>,
    /// How many of the changes, which are in order of time, were at or before the onset.
    pub changes_before: usize,
}

/// Something that shows the incident was noticed.
#[derive(Clone, Debug)]
pub struct Noticed<'a> {
    pub at: DateTime<Utc>,
    pub subject: &'a Subject,
    pub what: &'a str,
    pub records: Vec<Citation>,
    /// Whether it is known to belong to the cascade.
    pub is_linked: bool,
}

impl<'a> Detection<'a> {
    pub fn new(of: &'a Analyzed, changes: &[Change<'a>]) -> Self {
        let Some(cascade) = of.analysis.cascades.first() else {
            return Self { changes_before: changes.len(), ..Self::default() };
        };
        let members = || cascade.signals.iter().filter_map(|index| Numbered::of(&of.signals, *index));
        let wrong = |signal: &Numbered<'_>| {
            signal.severity >= Severity::Warning && !signal.has(Role::Change) && !signal.has(Role::Alert)
        };
        let Some(onset) = members().find(wrong).or_else(|| members().next()) else {
            return Self { changes_before: changes.len(), ..Self::default() };
        };
        let began = onset.began();
        let alert = |state: &str| {
            let is_it = |signal: &Numbered<'_>| {
                signal.has(Role::Alert) && signal.variant() == Some(state) && signal.began() >= began
            };
            let linked = members().find(is_it);
            let first = linked.or_else(|| Numbered::all(&of.signals).find(is_it))?;
            Some(Noticed {
                at: first.began(),
                subject: &first.signal.subject,
                what: &first.signal.title,
                records: quotes::of_signal(first.signal),
                is_linked: linked.is_some(),
            })
        };
        let changes_before = changes.partition_point(|change| !times::is_after(change.at, began));
        Self {
            onset: Some(onset),
            pending: alert("pending"),
            firing: alert("firing"),
            response: changes.get(changes_before).map(|change| Noticed {
                at: change.at,
                subject: &change.signal.signal.subject,
                what: change.what,
                records: change.records.clone(),
                is_linked: change.part != Part::None,
            }),
            changes_before,
        }
    }

    /// From the onset to `noticed`.
    pub fn lag(&self, noticed: &Noticed) -> Option<String> {
        self.onset.map(|onset| times::length(times::between(onset.began(), noticed.at)))
    }
}
