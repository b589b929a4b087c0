//! Archive to facts: what the records say, in one shape, in order of time, each with the line it stands on.
//!
//! Broken input is normal here. A record that cannot be read becomes an [`Unreadable`], never an error; only a
//! broken archive is one. Nothing is interpreted: that is what `signals` is for.

mod changes;
mod conditions;
mod config;
mod events;
mod fact;
mod findings;
mod journal;
mod logs;
mod metrics;
mod nodes;
pub mod object;
mod outcomes;
mod pods;
mod read;
mod revisions;
mod services;
mod topology;
mod workloads;

pub use fact::{Fact, Record};
pub use findings::{Pod, Service, Unreadable, Workload, containers};
pub use metrics::SeriesInterest;
pub use read::{Interest, read};
pub use topology::{Topology, configuration_of};

pub use crate::archive::format::{Header, Outcome};
use crate::model::Window;

/// All that an archive gives to go on.
#[derive(Debug)]
pub struct Evidence {
    /// What people call the archive: its file name without the ending.
    pub archive: String,
    /// The hash over all its entries, where it was sealed.
    pub sha256: Option<String>,
    pub header: Header,
    pub window: Window,
    /// In order of time, then of entry and line.
    pub facts: Vec<Fact>,
    pub topology: Topology,
    /// How every planned item ended, in order of source and subject.
    pub outcomes: Vec<Outcome>,
    pub unreadable: Vec<Unreadable>,
}
