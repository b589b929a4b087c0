//! Archive to facts: what the records say, in one shape, in order of time, each with the line it stands on.
//!
//! Broken input is normal here. A record that cannot be read becomes an [`Unreadable`], never an error; only a
//! broken archive is one. Nothing is interpreted: that is what `signals` is for.

mod absence;
mod changes;
mod clocks;
mod conditions;
mod config;
mod error_lines;
mod events;
mod fact;
mod findings;
mod journal;
mod kinds;
mod line_matcher;
mod line_severity;
mod logs;
mod nodes;
pub mod object;
mod outcomes;
mod pods;
mod read;
mod revisions;
pub mod series;
mod services;
mod status;
mod topology;
mod words;
mod workloads;

pub use absence::Absence;
pub use clocks::{Clocks, Offset};
pub use fact::{Fact, Record};
pub use findings::{Pod, Service, Unreadable, Workload, containers};
pub use line_matcher::{Candidate, LineMatcher, PatternError};
pub use line_severity::LineSeverity;
pub use object::Container;
pub use read::{Interest, read};
pub use series::SeriesStore;
pub use topology::{Topology, configuration_of};
pub use words::words;

pub use crate::archive::format::{Header, Outcome, Status};
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
    /// What Prometheus answered, with every sample.
    pub series: SeriesStore,
    /// How far the clocks of the nodes were off.
    pub clocks: Clocks,
    pub topology: Topology,
    /// How every planned item ended, in order of source and subject.
    pub outcomes: Vec<Outcome>,
    /// Entries that came and that no part of the analysis reads.
    pub unread: Vec<String>,
    pub unreadable: Vec<Unreadable>,
}

impl Evidence {
    /// Adds facts that follow from what was read.
    pub fn add(&mut self, facts: Vec<Fact>) {
        self.facts.extend(facts);
        sort(&mut self.facts);
    }
}

fn sort(facts: &mut [Fact]) {
    facts.sort_by(|a, b| (a.at.time, &a.citation).cmp(&(b.at.time, &b.citation)));
}
