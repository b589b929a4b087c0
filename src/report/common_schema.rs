//! The part of `report.json` on what those that failed have in common, as data.

use super::evidence_row::EvidenceRow;
use serde::Serialize;

/// What nearly all that failed have and nearly no others.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CommonRow {
    /// The cascade they failed in; null for runs of outside checks.
    pub cascade: Option<String>,
    pub statement: String,
    /// As `node`, `template`, `config`, `label KEY`; `streak` where they followed each other.
    pub attribute: String,
    pub value: String,
    /// Of configuration, the key that they read, where it is one alone that they share; null else.
    pub key: Option<String>,
    /// How many of those that failed have it, and of how many.
    pub failing: [usize; 2],
    /// The same of those that did not fail.
    pub healthy: [usize; 2],
    /// The probability that chance alone would give this, by an exact test, corrected for all that was tried.
    pub p: String,
    /// Chance is an unlikely explanation: `p` is at most 0.05.
    pub proven: bool,
    /// Attributes that the same ones have, and that the records cannot tell apart from it.
    pub also: Vec<AttributeRow>,
    pub signals: Vec<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// An attribute and its value.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AttributeRow {
    pub attribute: String,
    pub value: String,
}
