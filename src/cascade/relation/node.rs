//! Relations between a node and what is or was on it.

use super::{Key, Relation, RelationMatch};
use crate::cascade::demand::Kill;
use crate::cascade::{Grade, Scene};
use crate::evidence::Pod;
use crate::model::{Citation, Subject};
use crate::signals::{Role, Signal, as_uid};
use std::collections::BTreeMap;

/// From a node to a pod that was there.
pub const NODE_OF: Relation = Relation {
    name: "node-of",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: of_node,
    causes: node_of_pod,
    ties: |_, from, to| RelationMatch::when(is_node_of(from, to)),
    grades_differ: false,
};

/// From what says of which kind and how many nodes there are, and when they go, to a node: one that bears its name in a
/// label, or whose labels are not known any more, as it is gone.
pub const POOL_OF: Relation = Relation {
    name: "pool-of",
    joins: |from, to| is_pool(from) && to == "Node",
    as_cause: |_, cause| if is_pool(cause.subject.kind()) { vec![Key::Any] } else { Vec::new() },
    causes: |_, effect| if effect.subject.is("Node") { vec![Key::Any] } else { Vec::new() },
    ties: |scene, from, to| {
        let Some(traits) = scene.topology.node_traits(to.subject.name()) else {
            return RelationMatch::graded(Grade::Order, Vec::new());
        };
        let is_pool = |label: &str| POOL_LABELS.contains(&label.rsplit('/').next().unwrap_or(label));
        let is_named = traits.labels.iter().any(|(label, value)| is_pool(label) && value == from.subject.name());
        is_named.then(|| RelationMatch { grade: None, evidence: vec![traits.citation] })
    },
    grades_differ: true,
};

/// What labels are called, without their prefix, by which a node says what it was made from (`karpenter.sh/nodepool`,
/// `cluster.x-k8s.io/deployment-name` and `set-name`, `worker.gardener.cloud/pool`).
const POOL_LABELS: [&str; 6] =
    ["deployment-name", "machine-deployment", "machine-pool", "nodepool", "pool", "set-name"];

/// Kinds of objects that nodes are made from (Karpenter 1.0, NodePool; Cluster API 1.8; Gardener machine-controller-manager
/// 0.53).
fn is_pool(kind: &str) -> bool {
    matches!(kind, "MachineDeployment" | "MachinePool" | "MachineSet" | "NodePool")
}

/// Between a node's own signals, or from a pod to its node.
pub const OF_OR_ON_NODE: Relation = Relation {
    name: "of-or-on-node",
    joins: |from, to| from == to || (from == "Pod" && to == "Node"),
    as_cause: own_or_node,
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |_, from, to| RelationMatch::when(from.subject == to.subject || is_on_node(from, to)),
    grades_differ: false,
};

/// From a pod that a DaemonSet runs on each node to its node.
pub const AGENT_OF: Relation = Relation {
    name: "agent-of",
    joins: |from, to| from == "Pod" && to == "Node",
    as_cause: own_or_node,
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |scene, from, to| RelationMatch::when(is_on_node(from, to) && is_of_set(scene, from)),
    grades_differ: false,
};

/// From a pod that a DaemonSet runs on each node to what on that node names it: a word of the label `driver` or `plugin`
/// stands in the pod's name. Plugins and their agents are called after one product (`cilium-cni` and `cilium-x7k2p`,
/// `ebs.csi.aws.com` and `ebs-csi-node-x7k2p`).
pub const AGENT_NAMED: Relation = Relation {
    name: "agent-named",
    joins: |from, to| from == "Pod" && matches!(to, "Node" | "Pod"),
    as_cause: node_of_pod,
    causes: node_around,
    ties: |scene, from, to| {
        let is_other = from.subject != to.subject;
        RelationMatch::when(is_other && is_of_set(scene, from) && is_called_like(from.subject.name(), to))
    },
    grades_differ: false,
};

/// From a DaemonSet that sets up the network of nodes, by its name, to a node that has no pod of it.
pub const AGENT_MISSING: Relation = Relation {
    name: "agent-missing",
    joins: |_, to| to == "Node",
    as_cause: |_, cause| {
        let (is_set, name) = (cause.subject.is("DaemonSet"), cause.subject.name());
        if is_set && NETWORKS.contains(&name) { vec![Key::Any] } else { Vec::new() }
    },
    causes: |_, effect| if effect.subject.is("Node") { vec![Key::Any] } else { Vec::new() },
    ties: |scene, from, to| {
        let node = Some(to.subject.name());
        let at = to.from.time;
        let has_come = |pod: &Pod| pod.arrived().is_none_or(|came| came <= at);
        let is_left = |pod: &Pod| pod.object.is_some() || pod.last_seen.is_none_or(|last| last >= at);
        let is_there = |pod: &Pod| pod.node.as_deref() == node && has_come(pod) && is_left(pod);
        RelationMatch::when(!scene.topology.pods_of_owner(&from.subject).any(is_there))
    },
    grades_differ: false,
};

/// What DaemonSets that set up the network of nodes are called (documentation, Addons, Networking and Network Policy; Amazon
/// VPC CNI 1.19; OpenShift 4.14, cluster-network-operator), in alphabetical order.
const NETWORKS: [&str; 14] = [
    "antrea-agent",
    "aws-node",
    "azure-cns",
    "calico-node",
    "canal",
    "cilium",
    "kindnet",
    "kube-flannel-ds",
    "kube-multus-ds",
    "kube-router",
    "multus",
    "ovnkube-node",
    "sdn",
    "weave-net",
];

/// From a pod to another on its node.
pub const SAME_NODE: Relation = Relation {
    name: "same-node",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: node_of_pod,
    causes: node_of_pod,
    ties: |_, from, to| RelationMatch::when(from.subject != to.subject && from.node == to.node),
    grades_differ: false,
};

/// From a node to what a label says is on it.
pub const LABEL_NAMES_NODE: Relation = Relation {
    name: "label-names-node",
    joins: |from, _| from == "Node",
    as_cause: of_node,
    causes: |_, effect| effect.label("node").map(Key::name).into_iter().collect(),
    ties: |_, from, to| RelationMatch::when(from.subject.is("Node") && to.label("node") == Some(from.subject.name())),
    grades_differ: false,
};

/// From the kernel's report to the pod whose UID it names.
pub const VICTIM: Relation = Relation {
    name: "victim",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: of_node,
    causes: node_of_pod,
    ties: victim,
    grades_differ: true,
};

/// From a node that is back to the controller that could then replace its pod there.
pub const FREED_BY_NODE: Relation = Relation {
    name: "freed-by-node",
    joins: |from, to| from == "Node" && matches!(to, "StatefulSet" | "DaemonSet"),
    as_cause: of_node,
    causes: freed_by,
    ties: freed_by_node,
    grades_differ: false,
};

/// From a node to a pod without one, where the scheduler's note names the node's state.
pub const TAINT_NAMED: Relation = Relation {
    name: "taint-named",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: obstacles_of,
    causes: obstacles_named,
    ties: |_, from, to| RelationMatch::when(from.subject.is("Node") && to.label("obstacle").is_some()),
    grades_differ: false,
};

/// The UIDs of victims that a signal's labels name, as the API writes them.
fn uids(signal: &Signal) -> impl Iterator<Item = String> {
    signal.values("victim_uid").map(as_uid)
}

/// The signals that name the UID of a victim, each with the first record that does.
#[derive(Debug, Default)]
pub struct Victims(BTreeMap<String, BTreeMap<usize, Citation>>);

impl Victims {
    pub fn new(signals: &[Signal], kills: &[Kill]) -> Self {
        let by_record = |kill: &Kill| Some((kill.citation, kill.victim_uid.clone()?));
        let by_record: BTreeMap<Citation, String> = kills.iter().filter_map(by_record).collect();
        let mut victims: BTreeMap<String, BTreeMap<usize, Citation>> = BTreeMap::new();
        for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| signal.has(Role::MemoryKill)) {
            let recorded = signal.evidence.iter().filter_map(|record| Some((by_record.get(record)?.clone(), record)));
            for (uid, record) in recorded.chain(uids(signal).zip(signal.evidence.first())) {
                victims.entry(uid).or_default().entry(index).or_insert_with(|| *record);
            }
        }
        Self(victims)
    }

    /// The record of `signal`, one of `signals`, that names a UID.
    fn named(&self, signals: &[Signal], signal: &Signal, uid: &str) -> Option<&Citation> {
        let is_it = |index: usize| signals.get(index).is_some_and(|one| std::ptr::eq(one, signal));
        self.0.get(uid)?.iter().find(|(index, _)| is_it(**index)).map(|(_, record)| record)
    }
}

pub(super) fn of_node<'a>(_: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    if cause.subject.is("Node") { vec![Key::name(cause.subject.name())] } else { Vec::new() }
}

pub(super) fn node_of_pod<'a>(_: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let node = effect.node.as_deref().filter(|_| effect.subject.is("Pod"));
    node.map(Key::name).into_iter().collect()
}

/// The node that a signal is about, or that its pod is on.
fn node_around<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    if effect.subject.is("Node") { of_node(scene, effect) } else { node_of_pod(scene, effect) }
}

/// Whether a DaemonSet runs the pod of a signal.
fn is_of_set(scene: &Scene<'_>, signal: &Signal) -> bool {
    let mut owners = scene.topology.pods_named(&signal.subject).filter_map(|pod| pod.owner.as_ref());
    owners.any(|owner| owner.is("DaemonSet"))
}

/// Words in the names of drivers and plugins that tell none from another.
const COMMON_WORDS: [&str; 12] =
    ["agent", "cloud", "cni", "com", "csi", "driver", "io", "k8s", "kube", "node", "plugin", "storage"];

/// Whether a word that a signal's `driver` or `plugin` is called by stands in a pod's name.
fn is_called_like(pod: &str, effect: &Signal) -> bool {
    let words = |text: &'_ str| text.split(['.', '-', '/']).map(str::to_owned).collect::<Vec<_>>();
    let of_pod = words(pod);
    let named = effect.values("driver").chain(effect.values("plugin")).flat_map(words);
    let telling = |word: &String| word.len() > 2 && !COMMON_WORDS.contains(&word.as_str());
    named.filter(telling).any(|word| of_pod.contains(&word))
}

fn own_or_node<'a>(_: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    let node = cause.node.as_deref().filter(|_| cause.subject.is("Pod"));
    let node = node.map(|node| Key::made(Subject::node(node)));
    node.into_iter().chain([Key::subject(&cause.subject)]).collect()
}

pub(super) fn is_on_node(from: &Signal, to: &Signal) -> bool {
    from.subject.is("Pod") && to.subject.is("Node") && from.node.as_deref() == Some(to.subject.name())
}

pub(super) fn is_node_of(from: &Signal, to: &Signal) -> bool {
    from.subject.is("Node") && to.subject.is("Pod") && to.node.as_deref() == Some(from.subject.name())
}

fn victim(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    if !is_node_of(from, to) {
        return None;
    }
    let own_limit = matches!(from.label("scope"), Some("container" | "pod"));
    let uids_of_pod = scene.topology.pods_named(&to.subject).map(|pod| pod.uid.as_str());
    let mut records = uids_of_pod.filter_map(|uid| scene.victims.named(scene.signals, from, uid));
    match records.next() {
        Some(record) => RelationMatch::graded(Grade::Mechanism, vec![*record]),
        // A container that reached its own limit lost its own process, and nobody else's.
        None => RelationMatch::when(!own_limit || uids(from).next().is_none()),
    }
}

/// The pod that a controller made anew.
fn remade(effect: &Signal) -> Option<Subject> {
    Some(Subject::pod(effect.subject.namespace()?, effect.label("pod")?))
}

fn freed_by<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let Some(pod) = remade(effect) else { return Vec::new() };
    scene.topology.pods_named(&pod).filter_map(|one| one.node.as_deref()).map(Key::name).collect()
}

fn freed_by_node(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let pod = remade(to)?;
    let first = scene.index.of(Role::TaintEviction, &pod)?.all().next()?;
    let marked = scene.signals.get(first)?.from.time <= to.from.time;
    let there = scene.topology.pods_named(&pod).any(|one| one.node.as_deref() == Some(from.subject.name()));
    RelationMatch::when(marked && there)
}

/// The words of the scheduler's note that the state of a node may be behind.
fn obstacles_of<'a>(scene: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    let rule = scene.catalogue.rule(&cause.name).filter(|_| cause.subject.is("Node"));
    rule.into_iter().flat_map(|rule| &rule.obstacles).map(|word| Key::name(word)).collect()
}

fn obstacles_named<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let Some(obstacle) = effect.label("obstacle") else { return Vec::new() };
    let words = scene.catalogue.rules.iter().flat_map(|rule| &rule.obstacles);
    words.filter(|word| obstacle.contains(word.as_str())).map(|word| Key::name(word)).collect()
}
