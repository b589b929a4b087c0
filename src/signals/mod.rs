//! Facts to signals: what the records mean, one subject and one span of time each.
//!
//! A signal is an entry of the catalogue (`catalogue/FAMILY.yaml`), tried on every fact; occurrences of the same
//! signal on the same subject that follow each other closely are one. The few signals that no single record shows
//! are derived from others, in `derived`. A rule never fails; it matches or it does not.

mod catalogue;
mod derived;
mod detect;
mod example;
mod lives;
mod look;
mod merge;
mod not_understood;
mod over;
mod polarity;
mod rule;
mod shape;

pub use catalogue::{Catalogue, CatalogueError};
pub use detect::{Detected, detect};
pub use not_understood::{NotUnderstood, not_understood};
pub use over::Over;
pub use rule::{Rule, SubjectFrom};
pub use shape::facts as series_facts;

use crate::model::{Citation, Moment, Severity, Subject};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Something abnormal, or something that explains it, about one subject over one span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The catalogue's name, as `OOMKilled` or `Unhealthy(readiness)`.
    pub name: String,
    pub subject: Subject,
    /// The first sign, and how much earlier it may have begun.
    pub from: Moment,
    /// The last sign, or the end of the state; none while it goes on.
    pub to: Option<DateTime<Utc>>,
    pub count: u64,
    pub severity: Severity,
    /// The catalogue's family.
    pub layer: String,
    /// One sentence.
    pub title: String,
    pub node: Option<String>,
    /// What the records said beside: captured by the rule, or fields of the record.
    pub labels: BTreeMap<String, String>,
    /// At least one, in order of time.
    pub evidence: Vec<Citation>,
    /// Whether that was its end.
    pub over: Over,
    /// The record that tells of its end, or of its last occurrence, where one does.
    pub ended_by: Option<Citation>,
}

impl Signal {
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// The last time anything of it was seen.
    pub fn last_seen(&self) -> DateTime<Utc> {
        self.to.unwrap_or(self.from.time).max(self.from.time)
    }

    /// The name without its qualifier: `Unhealthy` of `Unhealthy(readiness)`.
    pub fn base_name(&self) -> &str {
        self.name.split_once('(').map_or(self.name.as_str(), |(base, _)| base)
    }
}
