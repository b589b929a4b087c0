//! What is exported of a `report.json`, of this program or of another version of it with the same major schema.

use crate::report::kept::{Kept, KeptError};
use crate::report::schema::{ArchiveInfo, CascadeRow, Coverage, EdgeRow, EvidenceRow, SCHEMA, SignalRow};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A report. No id in it needs to be there, and no list in order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Exported {
    pub tool: String,
    pub archive: ArchiveInfo,
    pub coverage: Vec<Coverage>,
    pub signals: Vec<SignalRow>,
    pub edges: Vec<EdgeRow>,
    pub cascades: Vec<CascadeRow>,
    pub changes: Vec<Change>,
    pub factors: Vec<Factor>,
    pub impact: Vec<Impact>,
    pub common: Vec<Statement>,
    pub motifs: Vec<Statement>,
    pub questions: Vec<Question>,
    pub not_understood: Vec<NotUnderstood>,
    /// All of it, also what this program does not know.
    #[serde(skip)]
    pub whole: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Change {
    pub at: String,
    pub subject: String,
    pub what: String,
    pub evidence: Vec<EvidenceRow>,
    /// The signal it is known as.
    pub signal: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Factor {
    pub cascade: String,
    pub class: String,
    pub statement: String,
    pub evidence: Vec<EvidenceRow>,
    /// The check that found it.
    pub id: String,
    pub remedy: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Impact {
    pub what: String,
    pub subjects: Vec<String>,
    pub from: String,
    pub to: Option<String>,
    pub count: usize,
    pub of: Option<usize>,
    pub end: String,
    pub linked: bool,
    pub evidence: Vec<EvidenceRow>,
}

/// A sentence and its records.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Statement {
    pub statement: String,
    pub evidence: Vec<EvidenceRow>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Question {
    pub about: String,
    pub whom: String,
    pub question: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NotUnderstood {
    pub words: String,
    pub count: u64,
    pub evidence: Vec<EvidenceRow>,
}

impl Exported {
    /// Reads a report.
    pub fn read(json: &[u8]) -> Result<Self, KeptError> {
        let whole: Map<String, Value> = serde_json::from_slice(json)?;
        if whole.get("schema").and_then(Value::as_str) != Some(SCHEMA) {
            // It has the words for what is wrong.
            Kept::read(json)?;
        }
        let whole = Value::Object(whole);
        let mut read = Self::deserialize(&whole)?;
        if let Value::Object(whole) = whole {
            read.whole = whole;
        }
        Ok(read)
    }
}

/// Where a record stands, as `show` takes it: `nodes/node-1/journal/kubelet.log:12`.
pub fn place(row: &EvidenceRow) -> String {
    format!("{}:{}", row.entry, row.line)
}
