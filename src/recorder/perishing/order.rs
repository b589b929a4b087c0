//! A log that is asked for, and what came of it.

use super::wanted::Wanted;
use crate::archive::layout;
use crate::model::Subject;
use crate::sources::lone_log::{self, LoneLog, Seam};
use chrono::{DateTime, Utc};

/// What is asked for.
#[derive(Clone, Debug)]
pub enum What {
    Container(Wanted),
    /// What the journal of a unit of a node says since then.
    Journal {
        node: String,
        unit: &'static str,
        since: DateTime<Utc>,
    },
}

/// The right that a log needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    PodLogs,
    NodeLogs,
}

impl Right {
    pub const ALL: [Self; 2] = [Self::PodLogs, Self::NodeLogs];

    /// What it is a right to, in a word, for metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::PodLogs => "container",
            Self::NodeLogs => "journal",
        }
    }
}

impl What {
    /// As outcomes name the collector and what of it.
    pub fn item(&self) -> (&'static str, String) {
        match self {
            Self::Container(wanted) => (lone_log::of_containers(), wanted.subject.clone()),
            Self::Journal { node, unit, .. } => (lone_log::OF_UNITS, format!("{} unit {unit}", Subject::node(node))),
        }
    }

    /// Where it is kept.
    pub fn entry(&self) -> String {
        match self {
            Self::Container(Wanted { log, .. }) => {
                layout::pod_log(&log.namespace, &log.pod, &log.container, log.instance)
            }
            Self::Journal { node, unit, .. } => layout::journal(node, unit),
        }
    }

    pub fn right(&self) -> Right {
        match self {
            Self::Container(_) => Right::PodLogs,
            Self::Journal { .. } => Right::NodeLogs,
        }
    }

    /// What tells it from others: an instance of a container, or a journal.
    pub fn key(&self) -> String {
        match self {
            Self::Container(wanted) => wanted.id.clone(),
            Self::Journal { node, unit, .. } => format!("{node}/{unit}"),
        }
    }

    /// Whether nothing can be added to it any more.
    pub fn has_ended(&self) -> bool {
        matches!(self, Self::Container(wanted) if wanted.ended.is_some())
    }
}

/// An order to ask for it.
#[derive(Debug)]
pub struct Order {
    pub what: What,
    /// The rule by which it is asked for, or what else it is for.
    pub signal: String,
    /// The node whose kubelet has it.
    pub node: Option<String>,
    /// What came before this was taken already.
    pub seam: Seam,
}

/// What came of an order.
#[derive(Debug)]
pub struct Fetched {
    pub what: What,
    pub signal: String,
    pub node: Option<String>,
    pub log: LoneLog,
    pub took_ms: u64,
}

#[cfg(test)]
impl Order {
    /// What comes of it where these are the lines of the log, none of which was taken before.
    pub fn answered(self, text: &str) -> Fetched {
        self.ended(text, crate::archive::format::Status::Collected, "")
    }

    /// The same of a log that did not come.
    pub fn failed(self, status: crate::archive::format::Status, why: &str) -> Fetched {
        self.ended("", status, why)
    }

    fn ended(self, text: &str, status: crate::archive::format::Status, why: &str) -> Fetched {
        let outcome = crate::sources::ItemOutcome::new(status, why);
        let (text, seam) = (text.as_bytes().to_vec(), Seam::of_container_log(text.as_bytes()));
        let Self { what, signal, node, .. } = self;
        Fetched { what, signal, node, log: LoneLog { text, outcome, seam }, took_ms: 1 }
    }
}
