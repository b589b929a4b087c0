//! A fact: something the archive's records say, about whom, when, and where it is written.
//!
//! Facts are indisputable: they repeat a record in one shape. What they mean is for `signals` to say. They are kept
//! packed in [`Facts`](super::Facts); this is the form in which they are written and read.

use super::LineSeverity;
use crate::model::{Citation, Clock, Moment, Subject};
use std::collections::BTreeMap;

/// One record of the archive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fact<'a> {
    /// When it happened, or when it was first seen.
    pub at: Moment,
    /// When it was last seen, for records that stand for several occurrences.
    pub last: Moment,
    pub count: u64,
    pub subject: &'a Subject,
    /// The node it happened on or was reported from.
    pub node: Option<&'a str>,
    pub record: Record<'a>,
    pub citation: Citation,
}

/// What kind of record a fact repeats. Every text is as the record has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Record<'a> {
    /// A Kubernetes event; `by` is the program that reported it, empty where none is named.
    Event { reason: &'a str, note: &'a str, warning: bool, container: Option<&'a str>, by: &'a str },
    /// A line of a unit's or the kernel's journal, without its header.
    Journal { unit: &'a str, message: &'a str, severity: Option<LineSeverity> },
    /// A line that a container printed, without its timestamp.
    Log { container: &'a str, message: &'a str, severity: Option<LineSeverity> },
    /// A condition of an object's status, since its last transition.
    Condition { condition: &'a str, status: &'a str, reason: &'a str, message: &'a str },
    /// A container that ended; `init` for one that only prepares the pod.
    Terminated { container: &'a str, init: bool, reason: &'a str, exit_code: i64, message: &'a str },
    /// A container that waits, as the snapshot shows it.
    Waiting { container: &'a str, reason: &'a str, message: &'a str },
    /// A container that runs, since it was started.
    Running { container: &'a str, restarts: u64 },
    /// A reason that stands in an object's status, as `Evicted`; the phase itself where a failed one gives none.
    StatusReason { phase: &'a str, reason: &'a str, message: &'a str },
    /// Lines of severity error or worse that no rule wants to see, all those with the same words in one.
    ErrorLine { source: &'a str, words: &'a str, severity: LineSeverity, last: Citation },
    /// What fields of an object, or several objects together, tell of it, in a word of this program: `reference-missing`;
    /// and what says so.
    State { state: &'a str, message: &'a str },
    /// A Service none of whose EndpointSlices has a ready address, at the moment of the snapshot.
    EndpointsWithoutReady,
    /// An object's specification or data was changed, by a program; `read` where a pod of the cluster is configured by it.
    /// `known` is how much of it the record tells.
    Change { what: &'a str, by: &'a str, read: bool, known: Known },
    /// A series held a value over a span: the samples that satisfy what was asked of them.
    Series { query: &'a str, labels: &'a BTreeMap<String, String>, value: f64 },
    /// Samples that a series lacks although those around it are there.
    SeriesGap { query: &'a str },
    /// A `run` of an outside check that failed, `node` that of all the pods it waited for, where it is one; or an `action`
    /// of an experiment, by its name; or what a failed run `said` went wrong. `runs` says of which failed runs of its check a run is one.
    Check { step: &'a str, outcome: &'a str, node: &'a str, runs: &'a str },
    /// What somebody wrote, by role.
    Note { author: &'a str, text: &'a str },
    /// Readings that were compared, and cannot all be of what they should be of: `what` is how they differ, `message` has
    /// them.
    Compared { what: &'a str, container: &'a str, message: &'a str },
    /// Requests to the API server, as its audit log tells of them: `what` came of them in a word of this program, and who
    /// `asked` for what; `code` is that of the answer, 0 where it is not one.
    Request { what: &'a str, client: &'a str, asked: &'a str, code: u16, message: &'a str },
    /// A planned item of the collection that did not come.
    Missing { source: &'a str, status: &'a str, why: &'a str },
}

/// How much of a change its record tells, from the most to the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// What was there before and after.
    Whole,
    /// Which fields were written, but not all of what was in them.
    Fields,
    /// Only that it was changed.
    #[default]
    Changed,
}

impl Known {
    const ALL: [Self; 3] = [Self::Whole, Self::Fields, Self::Changed];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Fields => "fields",
            Self::Changed => "changed",
        }
    }

    /// The one called so; the least for any other word.
    pub(super) fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|one| one.name() == name).unwrap_or_default()
    }
}

impl Fact<'_> {
    /// Whether its time is that of the snapshot, because the object does not tell when it began.
    pub fn is_undated(&self) -> bool {
        match self.record {
            // An event happened when it did, however coarse the age is that tells it.
            Record::Series { .. } | Record::Event { .. } => false,
            // Two samples bound when a counter fell; answers tell nothing of when those who gave them began to differ.
            Record::Compared { .. } => self.at.clock == Clock::Collector,
            // What is known to have been so at a time is dated by that.
            Record::Waiting { .. } => self.at.earlier_ms > 0 && self.last.earlier_ms > 0,
            _ => self.at.earlier_ms > 0,
        }
    }
}

impl Record<'_> {
    /// The name of the record kind, as rules write it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Event { .. } => "event",
            Self::Journal { .. } => "journal",
            Self::Log { .. } => "log",
            Self::Condition { .. } => "condition",
            Self::Terminated { .. } => "terminated",
            Self::Waiting { .. } => "waiting",
            Self::Running { .. } => "running",
            Self::StatusReason { .. } => "status-reason",
            Self::ErrorLine { .. } => "error-line",
            Self::State { .. } => "state",
            Self::EndpointsWithoutReady => "endpoints-without-ready",
            Self::Change { .. } => "change",
            Self::Series { .. } => "series",
            Self::SeriesGap { .. } => "series-gap",
            Self::Check { .. } => "check",
            Self::Note { .. } => "note",
            Self::Compared { .. } => "compared",
            Self::Request { .. } => "request",
            Self::Missing { .. } => "missing",
        }
    }
}
