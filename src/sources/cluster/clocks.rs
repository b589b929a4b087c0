//! What time each kubelet thinks it is: the `Date` header of its answer to the probe, between two readings of ours.
//!
//! The API server's reading stands in the archive's header. Without these, times of different nodes cannot be put
//! into one order.

use crate::archive::format::Status;
use crate::archive::layout;
use crate::model::Subject;
use crate::sources::run::Run;
use crate::sources::run::item::{Ended, Item};
use crate::sources::run::ledger::Wanted;
use crate::sources::run::per_node;
use crate::sources::{Permission, Profile, Source};
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "clocks",
    title: "Clocks of the nodes",
    why: "how far the times of different nodes can be compared",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["meta/clocks.jsonl"],
    profile: Profile::Quick,
    cap: 1024 * 1024,
    expect: |options| options.expected(&SOURCE, "clocks of all nodes"),
    run: |run, items| Box::pin(per_node::plan(run, items, &[()], wanted, note)),
};

fn wanted(node: &str, (): &()) -> Wanted {
    Wanted::new(SOURCE.id, Subject::node(node).to_string())
}

/// The pool has probed the node before this begins; the readings are written when the run ends.
async fn note(run: Arc<Run>, node: String, (): &(), item: Item) {
    match run.clocks.has(&Subject::node(&node).to_string()) {
        true => item.finish(Ended::collected(layout::CLOCKS, 0)),
        false => item.finish(Ended::new(Status::Absent, "the kubelet's answer had no date")),
    }
}
