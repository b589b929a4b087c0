//! Cascade to words: `report.json`, the postmortem draft, the timeline page and the terminal summary.
//!
//! All of them are written from one [`Analyzed`], in which everything has been decided. `view` turns it into rows, trees
//! and counts; `quotes` says which records are quoted; `safe` and `markdown` make text from the cluster harmless for the
//! place it is shown in; `lint` holds the draft to blameless words. `ask` answers questions from a `report.json`, of which
//! [`kept`] reads what is needed. A new form of output is one file and one line in [`ALL`].

mod against;
pub mod ask;
mod beside_schema;
mod build;
pub mod calibration;
mod common_rows;
mod common_schema;
mod deployed_rows;
mod evidence_row;
mod experiment_rows;
pub mod explained;
pub(crate) mod filled;
pub mod hosts;
mod impact_rows;
pub mod json;
pub mod kept;
mod ladder_rows;
pub mod lint;
pub(crate) mod markdown;
mod meanings;
mod message_schema;
pub(crate) mod names;
pub mod pages;
pub mod postmortem;
mod quotes;
pub(crate) mod safe;
pub mod schema;
mod sentences;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod timeline;
mod times;
mod view;
mod why_rows;
mod why_schema;

use crate::cascade::{Analysis, Common};
use crate::evidence::{Evidence, NewMessage};
use crate::model::Commits;
use crate::signals::{NamedCause, NotUnderstood, Signal};
pub use meanings::{Meaning, Meanings};
use schema::Report;
use std::io::{self, Write};
use std::sync::OnceLock;

/// What an analysis found, and the evidence it was found in.
#[derive(Debug)]
pub struct Analyzed {
    /// Name and version of the program that analysed.
    pub tool: String,
    pub evidence: Evidence,
    /// In order of onset; the analysis names them by their index.
    pub signals: Vec<Signal>,
    /// What the signals' messages name as the cause, said of the most subjects first.
    pub named_causes: Vec<NamedCause>,
    /// What no rule understood, the worst first.
    pub not_understood: Vec<NotUnderstood>,
    pub analysis: Analysis,
    /// What the rules say of the signals and links that occur.
    pub meanings: Meanings,
    /// What those that failed have in common, and others do not, in order of cascade.
    pub common: Vec<Common>,
    /// What hurt workloads said that they had not said before, in order of cascade and time.
    pub new_messages: Vec<NewMessage>,
    /// What repositories know of the commits that were brought to objects; nothing where none was given.
    pub commits: Commits,
    /// The draft, once it was asked for: `report.json` numbers the records as it does.
    pub draft: OnceLock<postmortem::Drafted>,
}

impl Analyzed {
    /// What happened, as a person would say it.
    pub fn title(&self) -> String {
        view::story::title(&view::View::new(self))
    }

    /// All of it as plain data, as `report.json` has it.
    pub fn report(&self) -> Report {
        build::build(self)
    }

    /// The same without `citations`: those are numbered by the draft, and drafting takes longer than all the rest of a
    /// small incident.
    pub fn report_without_citations(&self) -> Report {
        build::undrafted(self)
    }
}

/// A file that `analyze` writes.
pub struct Exporter {
    /// The name of the file it writes.
    pub file: &'static str,
    pub write: fn(&Analyzed, &mut dyn Write) -> io::Result<()>,
}

/// Every exporter, in alphabetical order.
pub static ALL: &[Exporter] = &[
    Exporter { file: "timeline.html", write: |of, out| out.write_all(timeline::write(of).as_bytes()) },
    Exporter { file: "report.json", write: json::write },
    Exporter { file: "postmortem.md", write: |of, out| out.write_all(postmortem::write(of).as_bytes()) },
];
