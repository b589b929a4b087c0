//! Cascade to words: `report.json`, the postmortem draft, the timeline page and the terminal summary.

mod build;
pub mod schema;

pub use build::build;
