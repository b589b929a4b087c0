//! An analysis for other tools: spreadsheets, timelines, drawings, trackers, and models that write prose.
//!
//! All of it is made of a `report.json`, so a report that somebody was sent does as well as an analysis of one's own. It
//! may be made by anybody, so nothing in it is relied on. A new form is one file and one line in [`ALL`].

mod action_items;
mod actions_csv;
mod checklist;
mod csv;
mod dot;
mod graph;
mod jsonl;
mod llm;
mod mermaid;
mod read;
mod rows;
mod sheet;
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
    pub write: fn(&Exported, &mut dyn Write) -> io::Result<()>,
}

/// Every form, in alphabetical order.
pub static ALL: &[Format] = &[
    Format { name: "actions", about: "the actions as a Markdown checklist", write: checklist::write },
    Format { name: "actions-csv", about: "the actions as a CSV that Jira imports", write: actions_csv::write },
    Format { name: "csv", about: "the timeline as a table", write: csv::write },
    Format { name: "dot", about: "the cascades as a graph for Graphviz", write: dot::write },
    Format { name: "jsonl", about: "report.json with a line for each of its rows", write: jsonl::write },
    Format { name: "llm", about: "what a model may rephrase, with citations, in 20,000 tokens", write: llm::write },
    Format { name: "mermaid", about: "the cascades as a Mermaid flowchart", write: mermaid::write },
    Format { name: "timesketch", about: "the timeline as JSON lines for Timesketch", write: timesketch::write },
];

impl Format {
    /// The form of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.iter().find(|format| format.name == name)
    }
}
