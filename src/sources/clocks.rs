//! What time each kubelet thinks it is: the `Date` header of its answer to the probe, between two readings of ours.
//!
//! The API server's reading stands in the archive's header. Without these, times of different nodes cannot be put
//! into one order.

use super::item::{Ended, Item};
use super::ledger::Wanted;
use super::older::Older;
use super::per_node;
use super::run::Run;
use super::{Permission, Source};
use crate::archive::format::{ClockReading, Status};
use crate::archive::{Content, layout};
use crate::model::Subject;
use std::collections::BTreeMap;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "clocks",
    title: "Clocks of the nodes",
    why: "how far the times of different nodes can be compared",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["meta/clocks.jsonl"],
    cap: 1024 * 1024,
    expect: |options| options.expected(&SOURCE, "clocks of all nodes"),
    run: |run, items| Box::pin(per_node::plan(run, items, &[()], wanted, note)),
};

fn wanted(node: &str, (): &()) -> Wanted {
    Wanted::new(SOURCE.id, Subject::node(node).to_string())
}

/// The pool has probed the node before this begins; the readings are written when the run ends.
async fn note(run: Arc<Run>, node: String, (): &(), item: Item) {
    match run.clocks().iter().any(|reading| reading.endpoint == Subject::node(&node).to_string()) {
        true => item.finish(Ended::collected(layout::CLOCKS, 0)),
        false => item.finish(Ended::new(Status::Absent, "the kubelet's answer had no date")),
    }
}

/// Writes the readings, once no more can come, and those of an older archive that nothing newer is known of.
pub async fn write(run: &Run) {
    let older = run.options.resume.as_ref().map(Older::clocks).unwrap_or_default();
    // Of two readings of one clock the newer counts.
    let clocks: BTreeMap<String, ClockReading> =
        older.into_iter().chain(run.clocks()).map(|reading| (reading.endpoint.clone(), reading)).collect();
    let mut text = Vec::new();
    for reading in clocks.values() {
        if serde_json::to_writer(&mut text, reading).is_ok() {
            text.push(b'\n');
        }
    }
    if !clocks.is_empty() {
        // If the writer is gone, its error is what the run ends with.
        let _ = run.store(layout::CLOCKS, Content::Json, &text).await;
    }
}
