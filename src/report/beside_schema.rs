//! The part of `report.json` on what was given beside the records of the cluster: experiments, what people
//! wrote, and what a repository knows of the commits that were deployed; and of what else failed.

use super::evidence_row::EvidenceRow;
use serde::Serialize;

/// A chaos experiment: what was done on purpose, and whether its hypothesis held.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExperimentRow {
    pub title: String,
    /// How it ended, in the words of its record.
    pub status: String,
    /// Its own record says that the hypothesis did not hold afterwards.
    pub deviated: bool,
    pub from: String,
    /// Null where its record does not say when it ended.
    pub to: Option<String>,
    pub hypothesis: Vec<HypothesisRow>,
    /// Actions, and probes that are not of the hypothesis, in order of time.
    pub steps: Vec<StepRow>,
    /// Containers of the pods that its actions named, which were restarted after them.
    pub restarts: Vec<RestartRow>,
    pub evidence: Vec<EvidenceRow>,
}

/// The restart of a container, as far as records show it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RestartRow {
    pub pod: String,
    pub container: String,
    /// It was told to stop: the kubelet sends SIGTERM.
    pub stopped_at: String,
    pub ended_at: Option<String>,
    pub started_at: String,
    /// Its pod was ready again.
    pub ready_at: Option<String>,
    /// From `stopped_at` to `ready_at`.
    pub seconds_to_serving: Option<f64>,
    /// The first sample of its restart counter that has risen, where that is later than `started_at`.
    pub counted_at: Option<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// What the probes of a hypothesis found at one time.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HypothesisRow {
    /// `before`, `meanwhile`, `afterwards`, or `before or afterwards` where the record does not say which.
    pub when: String,
    pub held: bool,
    /// How many probes were within their tolerance, and of how many.
    pub within_tolerance: usize,
    pub probes: usize,
    /// The names of the others, with what they said.
    pub missed: Vec<MissedProbeRow>,
    pub evidence: Vec<EvidenceRow>,
}

/// A probe that was not within its tolerance.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MissedProbeRow {
    pub probe: String,
    pub error: String,
}

/// Something that an experiment did, or a probe that it made.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StepRow {
    /// `action` or `probe`.
    pub kind: String,
    pub name: String,
    /// `from` and `to` are those of the experiment where its record does not say when the step was.
    pub timed: bool,
    pub from: String,
    pub to: String,
    /// It undid what was done.
    pub rollback: bool,
    /// In words: `succeeded`, `failed`, `was not carried out`, `within its tolerance`, `beyond its tolerance`.
    pub outcome: String,
    pub error: String,
    pub exit_code: Option<i64>,
    /// The pods that it named.
    pub pods: Vec<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// What somebody wrote, with roles in the place of names.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoteRow {
    pub at: String,
    /// `at` may be too early by this much: a time may be written to the minute.
    pub later_ms: u32,
    /// Of a span, when it ended.
    pub to: Option<String>,
    /// A role: `on-call`, `person A`, which is the same person within one file; null where none is written.
    pub author: Option<String>,
    /// As it stood, with a role in brackets for each name.
    pub text: String,
    /// The node or pod that it names, where it is one; else the note itself.
    pub subject: String,
    pub evidence: Vec<EvidenceRow>,
}

/// A revision that was brought to an object: a commit, a tag, the version of a chart.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DeployedRow {
    pub at: String,
    pub subject: String,
    /// As its record has it.
    pub revision: String,
    /// Host and path of the repository or chart; null where its record does not say.
    pub source: Option<String>,
    /// The hexadecimal digits of the commit; null where the revision has none.
    pub commit: Option<String>,
    /// What a repository that was given knows of the commit; null where none was given.
    pub looked_up: Option<LookedUpRow>,
    pub evidence: Vec<EvidenceRow>,
}

/// What came of looking for a commit.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LookedUpRow {
    /// The folder's name of the repository that has it; null where none has.
    pub repository: Option<String>,
    /// The first line of its message, without names of people.
    pub subject: Option<String>,
    pub committed_at: Option<String>,
    /// Paths that it changed against its first parent, the first of them; null where the repository does not hold that.
    pub files: Option<Vec<String>>,
    /// How many it changed beyond `files`; at least so many.
    pub more_files: usize,
    /// Why it could not be read.
    pub error: Option<String>,
}

/// Something that failed and is not told as part of the largest cascade.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LeftOutRow {
    /// `over-before-the-window`, `failing-before`, `no-link`, `order-only`
    pub reason: String,
    pub statement: String,
    /// Its signals; none of what was over before the window, which is no signal of it.
    pub signals: Vec<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// An outside check: runs that try the same.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CheckRow {
    /// What they try, with a star for each number.
    pub check: String,
    pub namespace: Option<String>,
    pub passed: usize,
    pub failed: usize,
    /// Runs that tell nothing, as those that were skipped.
    pub unknown: usize,
    pub streaks: Vec<StreakRow>,
    /// Every run that failed, and those that passed before their pods were ready.
    pub runs: Vec<RunRow>,
}

/// Runs with the same outcome, one after the other.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StreakRow {
    /// `passed` or `failed`.
    pub outcome: String,
    pub count: usize,
    pub from: String,
    pub to: String,
    /// The rows of the first and the last runs.
    pub evidence: Vec<EvidenceRow>,
}

/// A run, and what it waited for.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RunRow {
    pub what: String,
    /// `passed` or `failed`.
    pub outcome: String,
    /// Null where neither it nor the run before says when it began.
    pub from: Option<String>,
    pub to: String,
    /// What its record says of the failure; empty where it says nothing.
    pub error: String,
    /// How many pods it made, as far as known.
    pub pods: usize,
    /// The pods that were not ready when it ended.
    pub waited_for: Vec<WaitedForRow>,
    /// How many there are of these.
    pub waited_for_count: usize,
    /// The node that all of these were on, where it is one.
    pub node: Option<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// A pod that was not ready.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaitedForRow {
    pub pod: String,
    pub node: Option<String>,
    /// `had not started`, `had no node`, `failed its probe` or `was not ready`.
    pub state: String,
    pub evidence: Vec<EvidenceRow>,
}
