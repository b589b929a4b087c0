//! The row of `report.json` by which every statement cites its records.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A record that the draft cites, by its number there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct CitationRow {
    /// As `E4`.
    pub id: String,
    pub entry: Arc<str>,
    /// From 1; 0 for the entry as a whole.
    pub line: u64,
}

/// A line of the archive that a statement rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct EvidenceRow {
    /// Path below the archive's top folder; of several inputs behind the name of its own.
    pub entry: Arc<str>,
    /// From 1.
    pub line: u64,
    pub text: Arc<str>,
}
