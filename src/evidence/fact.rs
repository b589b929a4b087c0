//! A fact: something the archive's records say, about whom, when, and where it is written.
//!
//! Facts are indisputable: they repeat a record in one shape. What they mean is for `signals` to say.

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
    Journal { unit: String, message: String },
    /// A line that a container printed, without its timestamp.
    Log { container: String, message: String },
    /// A condition of an object's status, since its last transition.
    Condition { condition: String, status: String, reason: String, message: String },
    /// A container that ended.
    Terminated { container: String, reason: String, exit_code: i64, message: String },
    /// A container that waits, at the moment of the snapshot.
    Waiting { container: String, reason: String, message: String },
    /// A container that runs, since it was started.
    Running { container: String, restarts: u64 },
    /// A reason that stands in a pod's status, as `Evicted`.
    PodReason { reason: String, message: String },
    /// A Service none of whose EndpointSlices has a ready address, at the moment of the snapshot.
    EndpointsWithoutReady,
    /// Somebody or something changed an object's specification.
    Change { what: String },
    /// A series held a value over a span: the samples that satisfy what was asked of them.
    Series { query: String, labels: BTreeMap<String, String>, value: f64 },
    /// Samples that a series lacks although those around it are there.
    SeriesGap { query: String, labels: BTreeMap<String, String> },
    /// A planned item of the collection that did not come.
    Missing { source: String, status: String, why: String },
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
            Self::PodReason { .. } => "pod-reason",
            Self::EndpointsWithoutReady => "endpoints-without-ready",
            Self::Change { .. } => "change",
            Self::Series { .. } => "series",
            Self::SeriesGap { .. } => "series-gap",
            Self::Missing { .. } => "missing",
        }
    }
}
