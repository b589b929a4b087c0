//! Kernel messages of every node, from its raw journal files.
//!
//! Kernel messages have no unit, so the kubelet's log query cannot reach them; its file server hands out the journal
//! files of a node with a persistent journal. The kernel's lines are written as `journalctl -k` would.

use super::journal_files;
use super::journal_name::{CAP, JournalName, OF_KERNEL};
use super::journal_orders;
use crate::sources::{Permission, Profile, Source};

pub static SOURCE: Source = Source {
    id: OF_KERNEL,
    title: "Kernel messages",
    why: "out-of-memory kills, hung tasks and disk errors, which only the kernel knows first-hand",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["nodes/NODE/journal/kernel.log"],
    profile: Profile::Standard,
    cap: CAP,
    deadlines: journal_files::DEADLINES,
    expect: |options| options.expected(&SOURCE, "kernel messages of all nodes"),
    run: |run, items| Box::pin(journal_orders::plan(run, items, &[JournalName::Kernel])),
};
