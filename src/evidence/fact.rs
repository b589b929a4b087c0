//! A fact: something the archive's records say, about whom, when, and where it is written.
//!
//! Facts are indisputable: they repeat a record in one shape. What they mean is for `signals` to say.

use super::LineSeverity;
use crate::model::{Citation, Moment, Subject};
use std::collections::BTreeMap;

/// One record of the archive.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// When it happened, or when it was first seen.
    pub at: Moment,
    /// When it was last seen, for records that stand for several occurrences.
    pub last: Moment,
    pub count: u64,
    pub subject: Subject,
    /// The node it happened on or was reported from.
    pub node: Option<String>,
    pub record: Record,
    pub citation: Citation,
}

/// What kind of record a fact repeats. Every text is as the record has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A Kubernetes event.
    Event { reason: String, note: String, warning: bool, container: Option<String> },
    /// A line of a unit's or the kernel's journal, without its header.
    Journal { unit: String, message: String, severity: Option<LineSeverity> },
    /// A line that a container printed, without its timestamp.
    Log { container: String, message: String, severity: Option<LineSeverity> },
    /// A condition of an object's status, since its last transition.
    Condition { condition: String, status: String, reason: String, message: String },
    /// A container that ended; `init` for one that only prepares the pod.
    Terminated { container: String, init: bool, reason: String, exit_code: i64, message: String },
    /// A container that waits, as the snapshot shows it.
    Waiting { container: String, reason: String, message: String },
    /// A container that runs, since it was started.
    Running { container: String, restarts: u64 },
    /// A reason that stands in an object's status, as `Evicted`; the phase itself where a failed one gives none.
    StatusReason { phase: String, reason: String, message: String },
    /// Lines of severity error or worse that no rule wants to see, all those with the same words in one.
    ErrorLine { source: String, words: String, severity: LineSeverity, last: Citation },
    /// A Service none of whose EndpointSlices has a ready address, at the moment of the snapshot.
    EndpointsWithoutReady,
    /// An object's specification or data was changed, by a program; `read` where a pod of the cluster is configured by it.
    Change { what: String, by: String, read: bool },
    /// A series held a value over a span: the samples that satisfy what was asked of them.
    Series { query: String, labels: BTreeMap<String, String>, value: f64 },
    /// Samples that a series lacks although those around it are there.
    SeriesGap { query: String, labels: BTreeMap<String, String> },
    /// A planned item of the collection that did not come.
    Missing { source: String, status: String, why: String },
}

impl Fact {
    /// Whether its time is that of the snapshot, because the object does not tell when it began.
    pub fn is_undated(&self) -> bool {
        self.at.earlier_ms > 0 && !matches!(self.record, Record::Series { .. })
    }
}

impl Record {
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
            Self::EndpointsWithoutReady => "endpoints-without-ready",
            Self::Change { .. } => "change",
            Self::Series { .. } => "series",
            Self::SeriesGap { .. } => "series-gap",
            Self::Missing { .. } => "missing",
        }
    }
}
