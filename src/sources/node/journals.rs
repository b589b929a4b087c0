//! Journals of the kubelet and the container runtime: by the kubelet's log query, or from the node's journal files
//! where that is switched off.

use super::journal_name::{CAP, JournalName, OF_UNITS};
use super::{journal_orders, log_query};
use crate::sources::{Permission, Profile, Source};

pub static SOURCE: Source = Source {
    id: OF_UNITS,
    title: "Journals of kubelet and container runtime",
    why: "what the node itself did and saw; nothing in the API holds it",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["nodes/NODE/journal/UNIT.log"],
    profile: Profile::Quick,
    cap: CAP,
    deadlines: log_query::DEADLINES,
    expect: |options| options.expected(&SOURCE, "journals of all nodes"),
    run: |run, items| Box::pin(journal_orders::plan(run, items, JOURNALS)),
};

/// Units asked for on every node; a node has one of the runtimes.
const JOURNALS: &[JournalName] = &[
    JournalName::Unit("kubelet"),
    JournalName::Unit("containerd"),
    JournalName::Unit("docker"),
    JournalName::Unit("crio"),
];
