//! Runs of outside checks that are to be kept with the records of the cluster. They were read from a file before: no
//! server is asked for them, so they are no collector, and they come first.

use super::Run;
use super::item::Item;
use crate::archive::{Content, layout};
use std::sync::Arc;

/// What they are in outcomes.
pub const SOURCE: &str = "checks";

/// A file of an outside check, in a form that an analysis reads.
#[derive(Clone, Debug)]
pub struct CheckFile {
    /// What it is called in the archive; no other has the same.
    pub name: String,
    pub bytes: Arc<[u8]>,
}

/// Writes them, `items` being theirs in the same order.
pub async fn keep(run: &Run, items: Vec<Item>) {
    for (check, item) in run.options.checks.iter().zip(items) {
        // If the writer is gone, its error is what the run ends with, and the item's outcome is that.
        if let Some(outcome) = run.store(&layout::check(&check.name), Content::Json, &check.bytes).await {
            item.finish(outcome);
        }
    }
}
