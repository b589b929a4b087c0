//! The part of `report.json` on what messages say: the causes that they name, and what workloads began to say.

use super::evidence_row::EvidenceRow;
use serde::Serialize;

/// A cause that messages name, by the phrase they share.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NamedCauseRow {
    /// The phrase, as `connection-refused`.
    pub phrase: String,
    /// What the messages say of it, each wording once, in order of time.
    pub because: Vec<String>,
    /// At most [`MOST_SUBJECTS`](super::schema::MOST_SUBJECTS) of those that they are about.
    pub subjects: Vec<String>,
    /// How many there are in all.
    pub subject_count: usize,
    /// The signals that rest on such messages.
    pub signals: Vec<String>,
    /// The first of the messages.
    pub from: String,
    /// When the last of the signals was last seen.
    pub to: String,
    /// The first message of each wording.
    pub evidence: Vec<EvidenceRow>,
}

/// A kind of message that a workload wrote only once a cascade had begun that hurt it.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NewMessageRow {
    pub cascade: String,
    /// The topmost controller of its pods, or a pod alone.
    pub workload: String,
    pub container: String,
    /// What its lines share, with `<*>` for what varies.
    pub words: String,
    pub count: u64,
    /// When the first was written; none of logs without times.
    pub from: Option<String>,
    /// The first of them.
    pub evidence: Vec<EvidenceRow>,
}
