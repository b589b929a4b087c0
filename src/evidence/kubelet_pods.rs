//! Which pods a kubelet was given, by its main loop, which names them by their names (kubernetes v1.22 to v1.34,
//! pkg/kubelet/kubelet.go, syncLoopIteration). When each turned ready is `readiness.rs`.

use crate::logline;
use crate::model::Subject;
use memchr::memmem::Finder;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What a line must have in it: `"SyncLoop DELETE" source="api" pods=["NAMESPACE/POD"]`
pub const GIVEN: &str = "source=\"api\" pods=[";

static LISTS: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(GIVEN));

/// The nodes whose kubelets were given a pod, by the pods' names.
#[derive(Debug, Default)]
pub struct KubeletPods {
    nodes: BTreeMap<Subject, BTreeSet<String>>,
}

impl KubeletPods {
    /// Reads one line of a kubelet's journal.
    pub fn learn(&mut self, line: &[u8], node: &str) {
        let Some(rest) = LISTS.find(line).and_then(|place| line.get(place + GIVEN.len()..)) else { return };
        let rest = logline::text(rest);
        let (list, _) = rest.split_once(']').unwrap_or_default();
        for subject in list.split(',').filter_map(|pod| named(pod.trim().trim_matches('"'))) {
            self.nodes.entry(subject).or_default().insert(node.to_owned());
        }
    }

    pub fn absorb(&mut self, other: Self) {
        for (subject, nodes) in other.nodes {
            self.nodes.entry(subject).or_default().extend(nodes);
        }
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
    fn nodes_are_read_from_the_loop() {
        let mut known = KubeletPods::default();
        known.learn(br#""SyncLoop DELETE" source="api" pods=["shop/a-1","shop/b-1"]"#, "node-1");
        known.learn(br#""SyncLoop ADD" source="api" pods=["shop/b-1"]"#, "node-2");
        known.learn(br#""SyncLoop ADD" source="api" pods=["broken"]"#, "node-2");
        assert_eq!(known.node_of(&Subject::pod("shop", "a-1")), Some("node-1"));
        assert_eq!(known.node_of(&Subject::pod("shop", "b-1")), None, "two kubelets were given one of that name");
    }
}
