//! An analysis for other tools: spreadsheets, timelines, drawings, trackers, and models that write prose.
//!
//! All but the page to be printed is made of a `report.json`, so a report that somebody was sent does as well as an analysis of one's own. It
//! may be made by anybody, so nothing in it is relied on. A new form is one file and one line in [`ALL`].

mod action_items;
mod actions_csv;
mod checklist;
mod csv;
mod dot;
mod graph;
mod html;
mod jsonl;
mod llm;
mod mermaid;
mod moment;
mod otlp;
#[cfg(feature = "parquet")]
mod parquet;
mod perfetto;
mod read;
mod rows;
mod sheet;
mod subject;
mod timesketch;
mod tokens;

pub use read::Exported;
pub use tokens::tokens;

use std::io::{self, Write};

/// A form in which an analysis is given to others.
#[derive(Debug)]
pub struct Format {
    /// As it is asked for.
    pub name: &'static str,
    /// What it is, for whoever asks.
    pub about: &'static str,
    pub write: Writer,
    /// Whether it is for programs only, and would say nothing on a terminal.
    pub is_binary: bool,
    /// Its tables for many reports, where it has any.
    pub partitions: Option<OfPartitions>,
}

/// A file of a table for many reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Below the folder of the tables, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// What a report adds to tables for many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitions {
    pub parts: Vec<Part>,
    /// Where files of the report may stand, one folder down; what is there of an earlier export and not among `parts` is stale.
    pub places: Vec<String>,
    /// What all of its files are called, and none of another report.
    pub file: String,
}

/// Parts a report, whose cluster is called by a name if one was given.
type OfPartitions = fn(&Exported, Option<&str>) -> io::Result<Partitions>;

/// What a form is made of.
#[derive(Clone, Copy, Debug)]
pub enum Writer {
    /// Of `report.json`.
    Report(OfReport),
    /// Of the draft, which is Markdown and may have been edited.
    Draft(fn(&str, &mut dyn Write) -> io::Result<()>),
}

/// Every form, in alphabetical order.
pub static ALL: &[Format] = &[
    text("actions", "the actions as a Markdown checklist", checklist::write),
    text("actions-csv", "the actions as a CSV that Jira imports", actions_csv::write),
    text("csv", "the timeline as a table", csv::write),
    text("dot", "the cascades as a graph for Graphviz", dot::write),
    draft("html", "the draft as one page, to be printed or kept as a PDF", html::write),
    text("jsonl", "report.json with a line for each of its rows", jsonl::write),
    text("llm", "what a model may rephrase, with citations, in 20,000 tokens", llm::write),
    text("mermaid", "the cascades as a Mermaid flowchart", mermaid::write),
    text("otlp", "the cascades as traces of OpenTelemetry, in OTLP/JSON", otlp::write),
    #[cfg(feature = "parquet")]
    Format {
        partitions: Some(parquet::partitions),
        ..binary("parquet", "the timeline as a table in Parquet", parquet::write)
    },
    binary("perfetto", "the timeline as a trace for Perfetto", perfetto::write),
    text("timesketch", "the timeline as JSON lines for Timesketch", timesketch::write),
];

/// What is told of a report.
type OfReport = fn(&Exported, &mut dyn Write) -> io::Result<()>;

const fn text(name: &'static str, about: &'static str, write: OfReport) -> Format {
    Format { name, about, write: Writer::Report(write), is_binary: false, partitions: None }
}

const fn binary(name: &'static str, about: &'static str, write: OfReport) -> Format {
    Format { name, about, write: Writer::Report(write), is_binary: true, partitions: None }
}

const fn draft(name: &'static str, about: &'static str, write: fn(&str, &mut dyn Write) -> io::Result<()>) -> Format {
    Format { name, about, write: Writer::Draft(write), is_binary: false, partitions: None }
}

impl Format {
    /// The form of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|format| format.name == name)
    }
}
