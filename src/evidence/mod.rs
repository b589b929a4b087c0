//! Inputs to facts: what the records say, in one shape, in order of time, each with the line it stands on.
//!
//! Broken input is normal here. A record that cannot be read is cited with the reason, never an error. Nothing is
//! interpreted: that is what `signals` is for.

mod absence;
mod activity;
mod alerts;
mod audit;
mod changes;
mod checks;
mod clock_steps;
mod clocks;
mod cloud;
mod commands;
mod conditions;
mod config;
mod copies;
mod deployed;
mod error_lines;
mod events;
mod fact;
mod facts;
mod fields;
mod findings;
mod history;
mod input_info;
mod journal;
mod journal_pods;
mod known_pods;
mod kubelet_config;
mod kubelet_pods;
mod leases;
mod line_matcher;
mod line_times;
mod logs;
mod made;
mod marks;
mod members;
mod new_message;
mod node_names;
mod node_traits;
mod nodes;
mod notes;
mod object_references;
mod object_traits;
mod outcomes;
mod packed;
mod passed;
mod pod_object;
mod pods;
mod policy_objects;
mod printed;
mod published;
mod quality;
mod quota;
mod read;
mod readiness;
mod references;
mod releases;
mod revisions;
mod saved;
pub mod series;
mod services;
mod serving;
mod settings;
mod skew;
mod stalls;
mod status;
mod storage;
mod template_diff;
mod texts;
mod topology;
mod words;
mod workloads;
mod written;

pub use crate::logline::severity::LineSeverity;
pub use crate::objects::is_usual_wait;
pub use crate::objects::{Container, NameRef, PodSpec};
pub use absence::Absence;
pub use activity::{Activity, Written};
pub use checks::{CheckOutcome, CheckRun, Experiment, JoinedRun, Phase, Restart, Step, WaitedFor, When};
pub use clock_steps::ClockStep;
pub use clocks::Clocks;
pub use deployed::DeployedRevision;
pub use fact::{Fact, Known, Record};
pub use facts::{FactId, Facts};
pub use findings::{KubeletConfig, Service, Turnover, Webhook, Workload};
pub use input_info::{InputInfo, Unread};
pub use known_pods::Pod;
pub use line_matcher::{Candidate, LineMatcher, PatternError};
pub use marks::is_own_kind;
pub use new_message::NewMessage;
pub use node_traits::NodeTraits;
pub use notes::{Note, names_in_notes};
pub use object_traits::ObjectTraits;
pub use pod_object::{PodObject, containers};
pub use published::Published;
pub use quality::quality_of_service;
pub use quota::quantity;
pub use read::{Interest, LinePatterns, facts_of_object, read};
pub use readiness::Turn;
pub use revisions::{TemplateChange, Templates};
pub use series::SeriesStore;
pub use skew::{Skew, Unsteady};
pub use template_diff::is_of_nothing;
pub use topology::{Given, GivenError, Topology, configuration_of};
pub use words::words;

pub use crate::archive::format::{Header, Outcome, Status};
use crate::archive::layout;
use crate::inputs::LOOSE_FILES;
pub use crate::inputs::WhyUnread;
use crate::model::{Citation, EntryId, Window};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// All that the inputs give to go on.
#[derive(Debug)]
pub struct Evidence {
    /// What people call the archive: its file name without the ending; of several inputs, their names.
    pub archive: String,
    /// The hash over all its entries, where it was sealed.
    pub sha256: Option<String>,
    /// Of several inputs that of the first that knows its cluster.
    pub header: Header,
    pub window: Window,
    /// In order of time, then of entry and line.
    pub facts: Facts,
    /// What Prometheus answered, with every sample.
    pub series: SeriesStore,
    /// How far the clocks of the nodes were off.
    pub clocks: Clocks,
    /// The clocks of nodes that were off: the times read from them are moved to those of the API servers.
    pub skews: Vec<Skew>,
    /// Nodes of whose clocks records say that they were off, but not by the same amount, or not by how much at most.
    pub unsteady: Vec<Unsteady>,
    /// Clocks of nodes that were set meanwhile, in order of node and time.
    pub clock_steps: Vec<ClockStep>,
    /// When journals and logs were written and when not, in order of subject and writer.
    pub activities: Vec<Activity>,
    /// The paths of all entries, in order of input and path; where there are several inputs, behind the input's name.
    pub entries: Vec<String>,
    /// The inputs, in the order they were given.
    pub inputs: Vec<InputInfo>,
    pub topology: Topology,
    /// How every planned item ended, in order of source and subject.
    pub outcomes: Vec<Outcome>,
    /// The runs of outside checks with their pods, in order of file and check, then of time.
    pub checks: Vec<JoinedRun>,
    /// Chaos experiments, in the order of their files.
    pub experiments: Vec<Experiment>,
    /// Revisions that were brought to objects, in order of time.
    pub deployed: Vec<DeployedRevision>,
    /// The pod templates of owners before and after what changed them last, in order of revision.
    pub templates: Templates,
    /// What people wrote, in order of time.
    pub notes: Vec<Note>,
    /// Entries that came and that no part of the analysis reads.
    pub unread: Vec<EntryId>,
    /// Records that could not be read; what is quoted of each says why.
    pub unreadable: Vec<Citation>,
    /// The plurals of kinds of which a record could not be read.
    pub spoilt_kinds: BTreeSet<String>,
}

/// A record as a report shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quote<'a> {
    /// Path of the entry.
    pub entry: &'a str,
    /// From 1; 0 for the entry as a whole.
    pub line: u32,
    /// What it says: a line itself, or a reading of an object, cut to a readable length.
    pub text: Cow<'a, str>,
}

impl Evidence {
    /// What is to be known of loose files that came whole, such as that their times say no zone.
    pub fn notes(&self) -> impl Iterator<Item = &Outcome> {
        let is_whole = |one: &&Outcome| one.source == LOOSE_FILES && one.status == Status::Collected;
        self.outcomes.iter().filter(is_whole).filter(|one| !one.why.is_empty())
    }

    /// Puts the facts in order after some were added; what several inputs say alike stays once.
    pub fn order_facts(&mut self) {
        self.facts.sort();
        let recorded: Vec<bool> = self.entries.iter().map(|path| is_recorded(path)).collect();
        if self.inputs.len() > 1 || recorded.contains(&true) {
            // What was recorded and what was fetched say the same of an object.
            let input = |entry: usize| self.inputs.partition_point(|input| input.entries.end <= entry);
            let is_recorded = |entry: usize| recorded.get(entry) == Some(&true);
            let of = |entry: EntryId| (input(entry.0 as usize), is_recorded(entry.0 as usize));
            self.facts.drop_repeated(of);
        }
    }

    /// What a citation stands for.
    pub fn quote(&self, of: Citation) -> Quote<'_> {
        Quote { entry: self.path(of.entry), line: of.line, text: commands::masked(self.facts.quote(of)) }
    }

    /// The path of an entry.
    pub fn path(&self, entry: EntryId) -> &str {
        self.entries.get(entry.0 as usize).map(String::as_str).unwrap_or_default()
    }
}

/// Whether an entry has versions of objects; of several inputs the path stands behind the name of its own.
fn is_recorded(path: &str) -> bool {
    let inner = path.match_indices("history/").filter_map(|(at, _)| path.get(at..));
    inner.into_iter().any(|path| layout::parse_history(path).is_some())
}
