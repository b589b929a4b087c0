//! `report.json`, schema `k8s-forensics.report/1`: all that an analysis found, as plain data.
//!
//! What queries need of it, `kept.rs` reads back, of any version with the same major schema; nothing else does. Fields are
//! only ever added. Times are RFC 3339 in UTC; lists are in a fixed order, so that the same archive gives the same bytes.

pub use super::beside_schema::{
    CheckRow, DeployedRow, ExperimentRow, HypothesisRow, LeftOutRow, LookedUpRow, MissedProbeRow, NoteRow, RestartRow,
    RunRow, StepRow, StreakRow, WaitedForRow,
};
pub use super::common_schema::{AttributeRow, CommonRow};
pub use super::evidence_row::{CitationRow, EvidenceRow};
pub use super::message_schema::{NamedCauseRow, NewMessageRow};
pub use super::why_schema::{AlternativeRow, CheckedRow, ChecklistRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The value of [`Report::schema`].
pub const SCHEMA: &str = "k8s-forensics.report/1";

/// The two lists that grow with the incident may be of any form that is written like a list, so that they need not be in
/// memory to be written.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report<Signals = Vec<SignalRow>, Edges = Vec<EdgeRow>> {
    pub schema: &'static str,
    /// Name and version of the program that analysed.
    pub tool: String,
    pub archive: ArchiveInfo,
    /// What was analysed together, in the order it was given.
    pub inputs: Vec<InputRow>,
    /// Every planned item of the collection that did not simply come, and one line per source for those that did.
    pub coverage: Vec<Coverage>,
    /// The clocks of nodes that were off.
    pub clocks: Vec<ClockRow>,
    /// In order of time.
    pub signals: Signals,
    pub edges: Edges,
    /// Causes that other links give for effects in `edges`, and that are not claimed: the best of each effect first.
    pub alternatives: Vec<AlternativeRow>,
    /// What was looked at for each time that a node was not ready.
    pub checklists: Vec<ChecklistRow>,
    /// The largest first.
    pub cascades: Vec<CascadeRow>,
    /// What was changed in or before the window, in order of time, whether or not it mattered.
    pub changes: Vec<ChangeRow>,
    /// The revisions of each object that was changed, in order of subject.
    pub revisions: Vec<LadderRow>,
    pub factors: Vec<FactorRow>,
    /// Who was hit, how many of how many, and when.
    pub impact: Vec<ImpactRow>,
    /// What outside checks met, one after the other.
    pub checks: Vec<CheckRow>,
    /// What the signals' messages name as the cause, said of the most subjects first.
    pub named_causes: Vec<NamedCauseRow>,
    /// What hurt workloads said that they had not said before.
    pub new_messages: Vec<NewMessageRow>,
    pub deployed: Vec<DeployedRow>,
    /// Chaos experiments, in the order of their files.
    pub experiments: Vec<ExperimentRow>,
    /// What people wrote, in order of time.
    pub notes: Vec<NoteRow>,
    pub motifs: Vec<MotifRow>,
    /// What those that failed have in common, and others do not.
    pub common: Vec<CommonRow>,
    pub questions: Vec<QuestionRow>,
    /// What failed and is not told as part of the largest cascade, with the reason.
    pub left_out: Vec<LeftOutRow>,
    /// What looks like trouble and is claimed by no rule, the worst first.
    pub not_understood: Vec<NotUnderstoodRow>,
    /// What may be said not to have been there.
    pub absences: Vec<AbsenceRow>,
    /// The records that the draft cites: its `[E1]` is the first.
    pub citations: Vec<CitationRow>,
}

/// Records with the same words that no rule understands.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotUnderstoodRow {
    /// What they say, without names and numbers.
    pub words: String,
    pub count: u64,
    /// At most [`MOST_SUBJECTS`] of those that they are about.
    pub subjects: Vec<String>,
    /// How many there are in all.
    pub subject_count: usize,
    /// First seen in the snapshot: it may be older than `from`.
    pub undated: bool,
    pub from: String,
    pub to: String,
    /// `warning`, `error` or `fatal`.
    pub severity: String,
    /// The first of them, and the last where that is another record.
    pub evidence: Vec<EvidenceRow>,
}

/// The longest list of subjects of one group.
pub const MOST_SUBJECTS: usize = 50;

/// Whether not having seen something proves that it was not there.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AbsenceRow {
    /// `harm`, `changes` or `alerts`.
    pub what: String,
    pub proven: bool,
    /// What would have to be in the archive, whole and read, before it could be claimed.
    pub lacks: Vec<String>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ArchiveInfo {
    pub name: String,
    /// The hash over all entries, from the manifest; absent where the archive was never sealed.
    pub sha256: Option<String>,
    /// Version and UID of the cluster, as far as known.
    pub cluster: String,
    /// The window under investigation.
    pub from: String,
    pub to: String,
}

/// The clock of a node that was off: times that were read from it are moved to those of the API servers.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockRow {
    pub node: String,
    /// By how many milliseconds it was ahead, at least and at most; less than nothing where it was behind.
    pub ahead_ms: [i64; 2],
    /// What was taken from its times, in milliseconds.
    pub moved_ms: i64,
    /// How many records tell, and the span of time they are of.
    pub records: usize,
    pub from: String,
    pub to: String,
    /// Those of them that tell the least and the most.
    pub evidence: Vec<EvidenceRow>,
}

/// One of the inputs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct InputRow {
    /// Where there are several, [`EvidenceRow::entry`] begins with it.
    pub name: String,
    pub format: String,
    /// How many of its entries were read, and how many no part of the analysis reads.
    pub read: usize,
    pub not_read: usize,
    /// Why, for each reason.
    pub not_read_because: Vec<NotReadRow>,
}

/// Entries of an input that no part of the analysis reads.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NotReadRow {
    pub why: String,
    pub count: usize,
    /// The first of them, no more than [`MOST_SUBJECTS`].
    pub entries: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Coverage {
    pub source: String,
    /// What of the source; `12 items` for those that came.
    pub subject: String,
    /// A status of the archive format: `collected`, `empty`, `unreachable`, …; or `not-read`, for what came and no part of
    /// the analysis reads.
    pub status: String,
    pub why: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct SignalRow {
    /// `s1`, `s2`, … in order of time.
    pub id: String,
    /// A name of the catalogue: `OOMKilled`, `Unhealthy(readiness)`.
    pub signal: String,
    /// `Kind/name` or `Kind/namespace/name`.
    pub subject: String,
    pub from: String,
    /// The end of the last occurrence, or of the state; null while it still goes on at the end of the window.
    pub to: Option<String>,
    /// `from` may be wrong by this much: whole-second records, scrape intervals, and how late such a thing is noticed.
    pub uncertainty_ms: u32,
    /// How much of that lies before `from`: it was noticed so late at most, or first seen in a snapshot.
    pub earlier_ms: u32,
    /// Which of several times it is that the subject was in this trouble; null where there was one.
    pub episode: Option<EpisodeRow>,
    pub count: u64,
    /// `info`, `warning`, `error` or `fatal`.
    pub severity: String,
    /// One sentence.
    pub title: String,
    /// At least one.
    pub evidence: Vec<EvidenceRow>,
    /// The record that tells of its end, or of its last occurrence.
    pub ended_by: Option<EvidenceRow>,
    /// The catalogue's family: `node`, `pod`, `workload`, `change`, …
    pub layer: String,
    /// Where it happened, if on a node.
    pub node: Option<String>,
    /// Which cascade it is part of, if any.
    pub cascade: Option<String>,
    /// What the records said beside: `container`, `exit_code`, `reason`, …
    pub labels: BTreeMap<String, String>,
}

/// One of several times of the same trouble.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct EpisodeRow {
    /// From 1, in order of time.
    pub number: usize,
    pub of: usize,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct EdgeRow {
    /// Signal ids.
    pub from: String,
    pub to: String,
    /// The link of the catalogue, as `oom-kill-ends-container`.
    pub link: String,
    /// `node-of`, `owner`, `selects`, `calls`, `moved-to`, …
    pub relation: String,
    /// From onset to onset; negative where the effect was noticed first.
    pub lag_ms: i64,
    /// `mechanism`, `known` or `order`.
    pub grade: String,
    /// One sentence.
    pub why: String,
    /// What speaks against it; it is a grade lower for each.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<DoubtRow>,
    pub evidence: Vec<EvidenceRow>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct DoubtRow {
    /// The id of the signal that speaks against the edge.
    pub signal: String,
    /// Half a sentence that goes on from "though".
    pub why: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct CascadeRow {
    /// `c1` is the largest.
    pub id: String,
    /// One sentence.
    pub headline: String,
    /// Ids of the signals that nothing in the cascade led to, in order of time.
    pub first: Vec<String>,
    /// Ids of all its signals, in order of time.
    pub signals: Vec<String>,
    /// When the last of its states ended; null while any goes on, or where that is not recorded.
    pub recovered_at: Option<String>,
    /// Whether some of it is known to have gone on when the archive was made.
    pub goes_on: bool,
    pub from: String,
    /// The last time anything of it was seen.
    pub to: String,
    /// Subjects hurt by it (severity warning or worse), in order of first appearance.
    pub affected: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangeRow {
    pub at: String,
    pub subject: String,
    pub what: String,
    pub evidence: Vec<EvidenceRow>,
    /// The signal it is known as, where it is one.
    pub signal: Option<String>,
    /// How much its records tell: `whole`, with what was there before and after; `fields`, which were written; `changed`,
    /// no more than that.
    pub known: &'static str,
    /// The program that made it, where a record names one.
    pub by: Option<String>,
    /// Whether it was made `by-hand` or `by-automation`, as far as its record or that program tells.
    pub means: Option<&'static str>,
    /// What it brought, as it is written: a commit with its branch, a tag, the version of a chart.
    pub revision: Option<String>,
    /// The hash of the commit.
    pub commit: Option<String>,
    /// Host and path of the repository or chart.
    pub source: Option<String>,
}

/// The revisions of an object, in order of time.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LadderRow {
    pub subject: String,
    pub rungs: Vec<RungRow>,
}

/// A time at which an object was changed, or a revision was brought to it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RungRow {
    pub at: String,
    /// Null where only the revision is known.
    pub what: Option<String>,
    /// As of a change.
    pub known: &'static str,
    /// The program that made it.
    pub by: Option<String>,
    pub revision: Option<String>,
    pub commit: Option<String>,
    pub source: Option<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// That something happened to some of those it could have happened to.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ImpactRow {
    /// In words: `runs of an outside check failed`, `pods of Deployment/shop/api were not ready`.
    pub what: String,
    /// At most [`MOST_SUBJECTS`] of those it happened to.
    pub subjects: Vec<String>,
    pub from: String,
    /// When it was over for the last of them; null while it goes on at the end of the window. Where its end is not
    /// recorded, the last sign of it: see `end`.
    pub to: Option<String>,
    pub count: usize,
    /// Out of how many, where that is known.
    pub of: Option<usize>,
    pub evidence: Vec<EvidenceRow>,
    /// It may have begun so many milliseconds earlier.
    pub earlier_ms: u32,
    /// `recorded`, `deleted` (the last was deleted with its workload, and never well again), `goes-on` or `not-recorded`.
    pub end: String,
    /// How many pods came in the place of those, and fared no better.
    pub in_place: usize,
    /// The cascade it is of; null for runs of outside checks.
    pub cascade: Option<String>,
    /// Whether links that rest on more than order in time tie it to the largest cascade.
    pub linked: bool,
    /// The signals that tell of it.
    pub signals: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FactorRow {
    /// The cascade it contributed to.
    pub cascade: String,
    /// `trigger`, `latent`, `propagation`, `amplifier`, `detection`, `response`, `recovery` or `luck`.
    pub class: String,
    pub statement: String,
    pub signals: Vec<String>,
    pub evidence: Vec<EvidenceRow>,
    /// The check that found it, as `single-replica`.
    pub id: String,
    /// What is true once the factor is gone, of which object, and how that shows.
    pub remedy: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct MotifRow {
    /// `failure-follows-the-pod`, …
    pub motif: String,
    pub statement: String,
    pub signals: Vec<String>,
    pub evidence: Vec<EvidenceRow>,
}

#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QuestionRow {
    /// The cascade it is about; none for one about the records.
    pub cascade: Option<String>,
    /// What it is about: a subject, a source, or `detection`, `response`, …
    pub about: String,
    /// Who may know the answer: `on call`, `platform`, or `owner of` a subject.
    pub whom: String,
    pub question: String,
}
