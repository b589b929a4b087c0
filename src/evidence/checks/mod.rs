//! Outside checks: the runs of a CI loop or of a probe, as their own records tell them, and the pods each had to do with.
//!
//! Nobody is named: a run is of a check, never of whoever started it.

mod chaos_mesh;
mod chaos_toolkit;
mod csv;
mod experiment;
mod join;
mod junit;
mod lines;
mod litmus;
mod object;
mod objects;
mod pods;
mod restarts;
pub(super) mod times;

pub use chaos_toolkit::read as read_chaos_toolkit;
pub use csv::read as read_csv;
pub use experiment::{Experiment, Phase, Restart, Step, When, name_pods, tell as tell_actions};
pub use join::join;
pub use junit::read as read_junit;
pub use litmus::{Engine, settle as settle_engines};
pub use objects::{may_be_chaos, read_file as read_objects, read_object};
pub use restarts::find as find_restarts;

use super::{Fact, Facts, Record};
use crate::model::{Citation, EntryId, Moment, Subject};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The most runs that are read of one input.
pub const MOST_RUNS: usize = 200_000;

/// The longest text that is kept of one field, in characters.
const MOST_CHARS: usize = 300;

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckOutcome {
    Passed,
    Failed,
    /// It was skipped or given up: it tells nothing of the cluster.
    #[default]
    Unknown,
}

/// One run of an outside check, as its record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRun {
    /// When it began, where that is written.
    pub from: Option<DateTime<Utc>>,
    /// When it ended, or was written down.
    pub to: DateTime<Utc>,
    pub outcome: CheckOutcome,
    /// What was tried.
    pub what: String,
    pub namespace: Option<String>,
    pub release: Option<String>,
    pub error: String,
    pub citation: Citation,
}

/// A run, and the pods that it made.
#[derive(Clone, Debug)]
pub struct JoinedRun {
    pub run: CheckRun,
    /// What runs of one check share: what they try, with a star for each number.
    pub check: String,
    /// When it began: where that is not written, the end of the run before.
    pub began: Option<DateTime<Utc>>,
    /// How many pods it made, as far as known.
    pub pods: usize,
    /// Those that it failed for, or passed before: not ready when it ended. At most `MOST_WAITED` of them.
    pub waited: Vec<WaitedFor>,
    /// How many there are of these.
    pub waited_count: usize,
    /// The node that all of these were on, where it is one.
    pub node: Option<String>,
}

/// The most pods that are kept of those that one run waited for.
pub const MOST_WAITED: usize = 20;

/// A pod that was not ready when the run ended.
#[derive(Clone, Debug)]
pub struct WaitedFor {
    pub pod: Subject,
    pub node: Option<String>,
    pub state: PodState,
    /// The records that show it.
    pub evidence: Vec<Citation>,
}

/// Why a pod was not ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PodState {
    /// No node had been found for it.
    NotScheduled,
    /// No start of a container of it is recorded by then.
    NotStarted,
    /// Its readiness or startup probe was failing.
    ProbeFailing,
    /// Its condition Ready was not true.
    NotReady,
}

impl PodState {
    /// As words: what was so of the pod.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotScheduled => "had no node",
            Self::NotStarted => "had not started",
            Self::ProbeFailing => "failed its probe",
            Self::NotReady => "was not ready",
        }
    }
}

impl JoinedRun {
    /// What runs of one check share: their file, namespace and what they try.
    pub fn key(&self) -> (EntryId, Option<&str>, &str) {
        (self.run.citation.entry, self.run.namespace.as_deref(), &self.check)
    }

    /// Who it is about.
    pub fn subject(&self) -> Subject {
        Subject::new("Check", self.run.namespace.as_deref().unwrap_or_default(), named(&self.run.what))
    }

    /// What came of a failed run, in words.
    pub fn outcome_in_words(&self) -> String {
        let Some(first) = self.waited.first() else { return "failed".to_owned() };
        let state =
            if self.waited.iter().all(|one| one.state == first.state) { first.state.words() } else { "was not ready" };
        let state = if self.waited_count > 1 {
            state.replacen("was", "were", 1).replacen("its", "their", 1)
        } else {
            state.to_owned()
        };
        let node = self.node.as_deref().map(|node| match self.waited_count {
            1 => format!(", on {node}"),
            _ => format!(", all on {node}"),
        });
        format!("failed: {} of the {} pods it made {state}{}", self.waited_count, self.pods, node.unwrap_or_default())
    }
}

/// The longest name of a check, in characters.
const MOST_NAME_CHARS: usize = 100;

/// What was tried as a name, in which nothing parts it from its kind and namespace: `install-market-6`.
fn named(what: &str) -> String {
    let is_in_name = |one: char| one.is_alphanumeric() || matches!(one, '-' | '.' | '_');
    let words: Vec<&str> = what.split(|one| !is_in_name(one)).filter(|word| !word.is_empty()).collect();
    let name: String = words.join("-").chars().take(MOST_NAME_CHARS).collect();
    if name.is_empty() { "run".to_owned() } else { name }
}

/// A text of a record, no longer than a sentence.
fn cut(text: &str) -> String {
    text.chars().take(MOST_CHARS).collect()
}

/// Tells the failed runs as facts.
pub fn tell(runs: &[JoinedRun], facts: &mut Facts) {
    let mut failed: BTreeMap<_, usize> = BTreeMap::new();
    for one in runs.iter().filter(|one| one.run.outcome == CheckOutcome::Failed) {
        *failed.entry(one.key()).or_default() += 1;
    }
    for one in runs.iter().filter(|one| one.run.outcome == CheckOutcome::Failed) {
        let to = one.run.to;
        let at = if to.timestamp_subsec_nanos() == 0 { Moment::to_the_second(to) } else { Moment::exact(to) };
        let at = one.began.map_or(at, |began| at.begun_after(began));
        let (subject, outcome, node) = (one.subject(), one.outcome_in_words(), one.node.as_deref());
        let of = failed.get(&one.key()).copied().unwrap_or_default();
        let runs = if of == 1 { "the failed run of" } else { &format!("the {of} failed runs of") };
        let runs = format!("{runs} {}", one.check);
        let record = Record::Check { step: "run", outcome: &outcome, node: node.unwrap_or_default(), runs: &runs };
        facts.push(Fact { at, last: at, count: 1, subject: &subject, node, record, citation: one.run.citation });
        if !one.run.error.is_empty() {
            // What the run itself was told, in its own words.
            let citation = facts.cite(one.run.citation, &one.run.error);
            let record = Record::Check { step: "said", outcome: &one.run.error, node: "", runs: "" };
            facts.push(Fact { at, last: at, count: 1, subject: &subject, node: None, record, citation });
        }
    }
}
