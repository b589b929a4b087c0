//! What a kubelet's main loop says of its pods by their names: which it was given, and when each became ready or was
//! ready no longer.
//!
//! The events of failed probes are folded, and tell neither when a pod turned nor that it was well in between; the loop
//! writes each turn at its time (kubernetes v1.22 to v1.34, pkg/kubelet/kubelet.go, syncLoopIteration).

use super::Skew;
use crate::logline;
use crate::model::Subject;
use chrono::{DateTime, TimeDelta, Utc};
use memchr::memmem::Finder;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What a line must have in it: one or the other.
pub const LEARNED_FROM: [&str; 2] = [PROBED, GIVEN];
/// `"SyncLoop (probe)" probe="readiness" status="not ready" pod="NAMESPACE/POD"`
const PROBED: &str = "probe=\"readiness\" status=\"";
/// `"SyncLoop DELETE" source="api" pods=["NAMESPACE/POD"]`
const GIVEN: &str = "source=\"api\" pods=[";

static PROBES: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(PROBED));
static LISTS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(GIVEN));

/// A pod became ready, or was ready no longer, by its readiness probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub at: DateTime<Utc>,
    pub ready: bool,
    node: String,
}

/// What kubelets said of pods, by the pods' names.
#[derive(Debug, Default)]
pub struct KubeletPods {
    turns: BTreeMap<Subject, Vec<Turn>>,
    nodes: BTreeMap<Subject, BTreeSet<String>>,
}

impl KubeletPods {
    /// Reads one line of a kubelet's journal.
    pub fn learn(&mut self, line: &[u8], node: &str, at: Option<DateTime<Utc>>) {
        let rest = |finder: &Finder<'_>, length: usize| {
            let found = finder.find(line).and_then(|place| line.get(place + length..));
            found.map(|rest| logline::text(rest).into_owned())
        };
        if let Some((rest, at)) = rest(&PROBES, PROBED.len()).zip(at) {
            let (status, rest) = rest.split_once('"').unwrap_or_default();
            let pod = rest.split_once("pod=\"").and_then(|(_, rest)| rest.split_once('"')).map(|(pod, _)| pod);
            let ready = match status {
                "ready" => Some(true),
                "not ready" => Some(false),
                _ => None,
            };
            if let Some((subject, ready)) = pod.and_then(named).zip(ready) {
                self.turns.entry(subject).or_default().push(Turn { at, ready, node: node.to_owned() });
            }
        } else if let Some(rest) = rest(&LISTS, GIVEN.len()) {
            let (list, _) = rest.split_once(']').unwrap_or_default();
            for subject in list.split(',').filter_map(|pod| named(pod.trim().trim_matches('"'))) {
                self.nodes.entry(subject).or_default().insert(node.to_owned());
            }
        }
    }

    pub fn absorb(&mut self, other: Self) {
        for (subject, turns) in other.turns {
            self.turns.entry(subject).or_default().extend(turns);
        }
        for (subject, nodes) in other.nodes {
            self.nodes.entry(subject).or_default().extend(nodes);
        }
    }

    /// Brings their times, read from the clocks of nodes that were off, to those of the API servers, and into order.
    pub fn settle(&mut self, skews: &[Skew]) {
        for turns in self.turns.values_mut() {
            for turn in turns.iter_mut() {
                let skew = skews.iter().find(|skew| skew.node == turn.node && skew.is_of(turn.at));
                turn.at += skew.map_or(TimeDelta::zero(), Skew::middle);
            }
            turns.sort_by_key(|turn| (turn.at, turn.ready));
        }
    }

    /// The turns of the pods of this name, in order of time.
    pub fn turns(&self, pod: &Subject) -> &[Turn] {
        self.turns.get(pod).map_or(&[], Vec::as_slice)
    }

    /// The node whose kubelet, alone, was given a pod of this name.
    pub fn node_of(&self, pod: &Subject) -> Option<&str> {
        self.nodes.get(pod).filter(|nodes| nodes.len() == 1)?.first().map(String::as_str)
    }
}

fn named(pod: &str) -> Option<Subject> {
    let is_name = |text: &str| !text.is_empty() && !text.contains(['"', ' ', '=', '/']);
    let (namespace, name) = pod.split_once('/').filter(|(namespace, name)| is_name(namespace) && is_name(name))?;
    Some(Subject::pod(namespace, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_and_nodes_are_read_from_the_loop() {
        let mut known = KubeletPods::default();
        let at = |second| DateTime::from_timestamp(second, 0);
        let said = |status: &str| {
            format!(r#"kubelet.go:2634] "SyncLoop (probe)" probe="readiness" status="{status}" pod="shop/a-1""#)
        };
        for (second, status) in [(3, "not ready"), (1, ""), (2, "ready")] {
            known.learn(said(status).as_bytes(), "node-1", at(second));
        }
        known.learn(br#""SyncLoop DELETE" source="api" pods=["shop/a-1","shop/b-1"]"#, "node-1", None);
        known.learn(br#""SyncLoop ADD" source="api" pods=["shop/b-1"]"#, "node-2", None);
        known.learn(br#""SyncLoop ADD" source="api" pods=["broken"]"#, "node-2", None);
        known.settle(&[]);
        let pod = Subject::pod("shop", "a-1");
        let turns: Vec<_> = known.turns(&pod).iter().map(|turn| (turn.at.timestamp(), turn.ready)).collect();
        assert_eq!(turns, [(2, true), (3, false)]);
        assert_eq!(known.node_of(&pod), Some("node-1"));
        assert_eq!(known.node_of(&Subject::pod("shop", "b-1")), None, "two kubelets were given one of that name");
    }
}
