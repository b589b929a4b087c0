//! What queries read of a `report.json`, of this program or of another version of it with the same major schema.
//!
//! It may be made by anybody, so nothing in it is relied on: no id needs to be there, no list in order, and a field that
//! this program does not know is passed over.

use super::evidence_row::{CitationRow, EvidenceRow};
use super::schema::{AlternativeRow, ArchiveInfo, CascadeRow, ChecklistRow, Coverage, EdgeRow, SCHEMA, SignalRow};
use serde::{Deserialize, Serialize};

/// A report, as far as queries need it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Kept {
    pub schema: String,
    /// Name and version of the program that analysed.
    pub tool: String,
    pub archive: ArchiveInfo,
    pub coverage: Vec<Coverage>,
    pub signals: Vec<SignalRow>,
    pub edges: Vec<EdgeRow>,
    pub alternatives: Vec<AlternativeRow>,
    pub checklists: Vec<ChecklistRow>,
    pub cascades: Vec<CascadeRow>,
    /// None in the report of a version that did not look for it.
    pub common: Option<Vec<SharedRow>>,
    /// Empty in the report of a version that did not write them.
    pub citations: Vec<CitationRow>,
    pub changes: Vec<KeptChange>,
    pub revisions: Vec<KeptLadder>,
}

/// What was changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptChange {
    pub at: String,
    pub subject: String,
    pub what: String,
    pub evidence: Vec<EvidenceRow>,
    /// The id of the signal it is known as.
    pub signal: Option<String>,
    pub by: Option<String>,
    pub means: Option<String>,
    pub revision: Option<String>,
}

/// The revisions of an object, in order of time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptLadder {
    pub subject: String,
    pub rungs: Vec<KeptRung>,
}

/// A time at which an object was changed, or a revision was brought to it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptRung {
    pub at: String,
    /// None where only the revision is known.
    pub what: Option<String>,
    pub by: Option<String>,
    pub revision: Option<String>,
    pub commit: Option<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// What nearly all that failed share, and nearly none that did not.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SharedRow {
    /// One sentence.
    pub statement: String,
    /// As `node`.
    pub attribute: String,
    pub value: String,
    /// How many of those that failed have it, and of how many.
    pub failing: Vec<u64>,
    /// The same of those that did not fail.
    pub healthy: Vec<u64>,
    /// Ids of signals.
    pub signals: Vec<String>,
    pub evidence: Vec<EvidenceRow>,
}

/// A file that is no report which queries can answer from.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error("it is no report.json: {0}")]
    Json(#[from] serde_json::Error),
    #[error("its schema is {found}, and this program reads {SCHEMA}")]
    Schema { found: String },
}

impl Kept {
    /// Reads a report.
    pub fn read(json: &[u8]) -> Result<Self, KeptError> {
        let kept: Self = serde_json::from_slice(json)?;
        match kept.schema == SCHEMA {
            true => Ok(kept),
            false if kept.schema.is_empty() => Err(KeptError::Schema { found: "not said".to_owned() }),
            false => Err(KeptError::Schema { found: super::safe::clean(&kept.schema, MOST_SHOWN) }),
        }
    }
}

/// The longest name of a schema that is repeated.
const MOST_SHOWN: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_another_major_version_is_refused() {
        let read =
            |json: &str| Kept::read(json.as_bytes()).map(|kept| kept.signals.len()).map_err(|one| one.to_string());
        let signals = r#""signals":[{"id":"s1","signal":"OOMKilled","later":{"x":1}}],"unknown":[1]"#;
        assert_eq!(read(&format!(r#"{{"schema":"k8s-forensics.report/1",{signals}}}"#)), Ok(1));
        let refused =
            read(&format!(r#"{{"schema":"k8s-forensics.report/2",{signals}}}"#)).expect_err("another version");
        assert!(refused.contains("k8s-forensics.report/2"), "{refused}");
        for hostile in ["", "[]", "{}", "null", r#"{"schema":7}"#, r#"{"schema":"\u001b[2J"}"#, &"[".repeat(100_000)] {
            let refused = read(hostile).expect_err("no report");
            assert!(!refused.contains('\u{1b}'), "{refused}");
        }
    }
}
