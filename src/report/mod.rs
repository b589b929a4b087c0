//! Cascade to words: `report.json`, the postmortem draft, the timeline page and the terminal summary.

pub mod schema;
