//! Cascade to words: `report.json`, the postmortem draft, the timeline page and the terminal summary.
//!
//! All of them are written from one [`schema::Report`], in which everything has been decided. `view` turns it into
//! rows, trees and counts once; `safe` and `markdown` make text from the cluster harmless for the place it is shown in;
//! `lint` holds the draft to blameless words. A new form of output is one file and one line in [`ALL`].

mod build;
pub mod calibration;
pub mod json;
pub mod lint;
mod markdown;
pub mod postmortem;
mod safe;
pub mod schema;
pub mod summary;
#[cfg(test)]
mod tests;
pub mod timeline;
mod times;
mod view;

pub use build::{Found, build};

use schema::Report;

/// A file that `analyze` writes.
pub struct Exporter {
    /// How the command line calls it.
    pub id: &'static str,
    /// The name of the file it writes.
    pub file: &'static str,
    pub write: fn(&Report) -> String,
}

/// Every exporter, in alphabetical order.
pub static ALL: &[Exporter] = &[
    Exporter { id: "html", file: "timeline.html", write: timeline::write },
    Exporter { id: "json", file: "report.json", write: json::write },
    Exporter { id: "markdown", file: "postmortem.md", write: postmortem::write },
];
