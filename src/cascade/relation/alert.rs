//! Relations to alerts whose labels name what they are about.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::Signal;

/// From a node to an alert whose labels name it, or name a target on it.
pub const NAMES_NODE: Relation = Relation {
    name: "alert-names",
    joins: |from, to| from == "Node" && to == "Alert",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: nodes,
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a pod to an alert whose labels name it.
pub const NAMES_POD: Relation = Relation {
    name: "alert-names-pod",
    joins: |from, to| from == "Pod" && to == "Alert",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: pods,
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// Between two states of one alert: its name alone is that of as many alerts as its expression has results.
pub const SAME_ALERT: Relation = Relation {
    name: "same-alert",
    joins: |from, to| from == "Alert" && to == "Alert",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |_, from, to| RelationMatch::when(TOLD_APART_BY.iter().all(|name| from.label(name) == to.label(name))),
    grades_differ: false,
};

/// The labels by which signals of alerts are told apart.
const TOLD_APART_BY: [&str; 5] = ["namespace", "pod", "node", "instance", "container"];

/// From a scrape target to an alert about it.
pub const NAMES_TARGET: Relation = Relation {
    name: "alert-names-target",
    joins: |from, to| from == "Target" && to == "Alert",
    as_cause: target,
    causes: target,
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a node to the scrape target that is its kubelet, by the port that a kubelet answers at.
pub const KUBELET_SCRAPED: Relation = Relation {
    name: "kubelet-scraped",
    joins: |from, to| from == "Node" && to == "Target",
    as_cause: |_, cause| vec![Key::name(cause.subject.name())],
    causes: |_, effect| effect.label("node").or(effect.node.as_deref()).map(Key::name).into_iter().collect(),
    ties: |_, _, to| RelationMatch::when(to.subject.name().ends_with(KUBELET_PORT)),
    grades_differ: false,
};

/// Documentation, Ports and Protocols: the kubelet API.
const KUBELET_PORT: &str = ":10250";

fn nodes<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    if !effect.subject.is("Alert") || effect.label("pod").is_some() {
        return Vec::new();
    }
    let host = effect.label("instance").map(|address| {
        let host = address.split(':').next().unwrap_or_default();
        scene.topology.node_named(address).unwrap_or(host)
    });
    let node = effect.label("node").map(|node| scene.topology.node_named(node).unwrap_or(node));
    [node, host].into_iter().flatten().map(|node| Key::made(Subject::node(node))).collect()
}

fn pods<'a>(_: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let labels = effect.label("namespace").zip(effect.label("pod")).filter(|_| effect.subject.is("Alert"));
    labels.map(|(namespace, pod)| Key::made(Subject::pod(namespace, pod))).into_iter().collect()
}

fn target<'a>(_: &Scene<'a>, signal: &'a Signal) -> Vec<Key<'a>> {
    let labels = signal.label("instance").zip(signal.label("job"));
    labels.map(|(instance, job)| Key::Pair(instance, job)).into_iter().collect()
}
