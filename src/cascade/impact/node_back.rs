//! When nodes that had been not ready were ready again: their pods that were marked with them, and stayed, are well then.
//!
//! The node controller writes Ready False to all pods of a node that it gives up for not ready. Nothing ended in them: the
//! kubelet writes their status as it is, once it reports again (kubernetes v1.34.4, pkg/controller/nodelifecycle
//! `MarkPodsNotReady`; pkg/kubelet/status `needsReconcile`). The old time stays in it, so no object tells when.

use super::scope::Counted;
use crate::model::{Citation, End};
use crate::signals::{Role, Signal};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The times that nodes were not ready, each with its end and the record of that.
pub(super) struct NodesBack<'a> {
    of_node: BTreeMap<&'a str, Vec<(&'a Signal, DateTime<Utc>)>>,
}

impl<'a> NodesBack<'a> {
    pub fn new(signals: &'a [Signal]) -> Self {
        let mut of_node: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for signal in signals.iter().filter(|signal| signal.subject.is("Node") && signal.has(Role::NodeUnready)) {
            // An end at the last sign is none that a record tells.
            if let End::At(end) = signal.end
                && end > signal.last
            {
                of_node.entry(signal.subject.name()).or_default().push((signal, end));
            }
        }
        Self { of_node }
    }

    /// When the node was back for a pod of it that was marked not ready for no other reason, if it was still there then.
    pub fn pod_back(
        &self,
        node: &str,
        marked: &[&Counted<'_>],
        gone: Option<DateTime<Utc>>,
    ) -> Option<(DateTime<Utc>, Option<Citation>)> {
        if !marked.iter().all(|one| one.signal.has(Role::NodeUnready)) {
            return None;
        }
        let last = marked.iter().map(|one| one.signal.from.time).max()?;
        let (signal, end) = self.of_node.get(node)?.iter().find(|(_, end)| *end >= last)?;
        (signal.from.time <= last && gone.is_none_or(|gone| gone > *end)).then_some((*end, signal.ended_by))
    }
}
