//! What is asked about.

use crate::export::Exported;
use crate::inputs::Inputs;
use crate::report::ask::{Graph, NotFound, Whom, find};
use crate::report::kept::{Kept, KeptError};
use crate::report::schema::EvidenceRow;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// An analysis, with what it was made of where that is there.
pub struct Incident {
    pub(super) kept: Kept,
    pub(super) report: Exported,
    /// None where only a report is there, which keeps no lines but those it cites.
    pub(super) inputs: Option<Inputs>,
    /// The analysis of when all was well.
    pub(super) baseline: Option<Kept>,
    /// By place, the number that the draft has for a record.
    numbers: BTreeMap<(String, u64), String>,
}

impl Incident {
    /// Reads a `report.json`, and one to compare it with.
    ///
    /// # Errors
    ///
    /// Either is no report of a schema that this program reads.
    pub fn new(report: &[u8], inputs: Option<Inputs>, baseline: Option<Kept>) -> Result<Self, KeptError> {
        let kept = Kept::read(report)?;
        let numbers = kept.citations.iter().map(|one| ((one.entry.to_string(), one.line), one.id.clone())).collect();
        Ok(Self { report: Exported::read(report)?, kept, inputs, baseline, numbers })
    }

    /// The records of a statement: their number in the draft, where they stand, and what they say.
    pub(super) fn records(&self, rows: &[EvidenceRow], most: usize) -> Vec<Value> {
        let row = |row: &EvidenceRow| {
            let number = self.numbers.get(&(row.entry.to_string(), row.line));
            json!({"record": number, "at": format!("{}:{}", row.entry, row.line), "quoted": row.text})
        };
        rows.iter().take(most).map(row).collect()
    }

    /// The signals that an assistant means by an id, a subject, or a subject with the name of a signal.
    pub(super) fn whom(&self, graph: &Graph<'_>, words: &str) -> Result<Whom, String> {
        find(graph, words).map_err(|why| match why {
            NotFound::Unknown(like) if like.is_empty() => "the analysis has no signals".to_owned(),
            NotFound::Unknown(like) => format!("no signal is about {words}; nearest are {}", like.join(", ")),
            NotFound::Ambiguous(some, count) => format!("{words} may be {count} subjects: {}", some.join(", ")),
        })
    }
}
