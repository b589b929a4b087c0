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

/// The times that nodes were not ready, where a record tells the end.
pub(super) struct NodesBack<'a> {
    of_node: BTreeMap<&'a str, Vec<Unready>>,
}

struct Unready {
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    record: Citation,
}

impl<'a> NodesBack<'a> {
    pub fn new(signals: &'a [Signal]) -> Self {
        let mut of_node: BTreeMap<&str, Vec<Unready>> = BTreeMap::new();
        for signal in signals.iter().filter(|signal| signal.subject.is("Node") && signal.has(Role::NodeUnready)) {
            if let (End::At(to), Some(record)) = (signal.end, signal.ended_by) {
                of_node.entry(signal.subject.name()).or_default().push(Unready { from: signal.from.time, to, record });
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
    ) -> Option<(DateTime<Utc>, Citation)> {
        if !marked.iter().all(|one| one.signal.has(Role::NodeUnready)) {
            return None;
        }
        let last = marked.iter().map(|one| one.signal.from.time).max()?;
        let unready = self.of_node.get(node)?.iter().find(|unready| unready.to >= last)?;
        let stayed = unready.from <= last && gone.is_none_or(|gone| gone > unready.to);
        stayed.then_some((unready.to, unready.record))
    }
}
