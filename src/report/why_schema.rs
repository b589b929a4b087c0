//! The part of `report.json` that queries answer from beside signals and edges: causes that are not claimed, and what was
//! looked at for each node that was not ready.

use super::evidence_row::EvidenceRow;
use serde::{Deserialize, Serialize};

/// A cause that another link of the same group gives for an effect whose cause is claimed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct AlternativeRow {
    /// Signal ids.
    pub from: String,
    pub to: String,
    /// The link of the catalogue.
    pub link: String,
    pub relation: String,
    /// From onset to onset; negative where the effect was noticed first.
    pub lag_ms: i64,
    /// `mechanism`, `known` or `order`: how sure it would be.
    pub grade: String,
    /// One sentence.
    pub why: String,
    /// The links whose causes are claimed in its stead.
    pub instead_of: Vec<String>,
    /// The record that would decide between them, in words.
    pub decided_by: String,
    pub evidence: Vec<EvidenceRow>,
}

/// What was looked at for one time that a node was not ready.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct ChecklistRow {
    /// `Node/name`.
    pub subject: String,
    /// From its first to its last sign; null while it goes on at the end of the window.
    pub from: String,
    pub to: Option<String>,
    /// The signals that say it was not ready.
    pub signals: Vec<String>,
    /// In a fixed order.
    pub rows: Vec<CheckedRow>,
    /// Whether every row was answered: else nothing about the cause is certain.
    pub complete: bool,
}

/// One thing that may keep a node from being ready.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct CheckedRow {
    /// As `memory`.
    pub id: String,
    /// What was looked at, in words.
    pub what: String,
    /// `for`, `against` or `not recorded`.
    pub verdict: String,
    /// One sentence: what the records show, or what is missing.
    pub why: String,
    /// The signals that speak for it.
    pub signals: Vec<String>,
    pub evidence: Vec<EvidenceRow>,
    /// Where it is known from that such a thing keeps a node from being ready.
    pub source: String,
}
