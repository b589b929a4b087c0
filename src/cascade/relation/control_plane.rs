//! Relations between the parts of the control plane, which run as pods of their nodes under names that kubeadm gives them
//! (kubeadm v1.34, app/phases/controlplane/manifests.go, app/phases/etcd/local.go): `etcd-NODE`, `kube-apiserver-NODE`; and
//! what the cluster autoscaler counts.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::{Role, Signal};

/// From a pod of etcd to the API server beside it, which asks that member (kubeadm v1.34, app/phases/etcd/local.go, stacked
/// etcd); and to what is told of all API servers.
pub const KEEPS_ITS_STATE: Relation = Relation {
    name: "keeps-its-state",
    joins: |from, to| from == "Pod" && matches!(to, "Pod" | "Process"),
    as_cause: |scene, cause| match node_of(scene, &cause.subject, "etcd-") {
        Some(node) => vec![Key::name(node), Key::Any],
        None => Vec::new(),
    },
    causes: |scene, effect| {
        let is_process = effect.subject.is("Process") && effect.subject.name() == "kube-apiserver";
        let node = node_of(scene, &effect.subject, "kube-apiserver-");
        node.map(Key::name).into_iter().chain(is_process.then_some(Key::Any)).collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From what is told of all API servers to each pod of them, and from a pod of one to itself.
pub const SERVES_THE_API: Relation = Relation {
    name: "serves-the-api",
    joins: |_, to| to == "Pod",
    as_cause: |scene, cause| {
        let node = node_of(scene, &cause.subject, "kube-apiserver-");
        let is_all =
            cause.subject.is("APIServer") || cause.subject.is("Process") && cause.subject.name() == "kube-apiserver";
        node.map(Key::name).into_iter().chain(is_all.then_some(Key::Any)).collect()
    },
    causes: |scene, effect| {
        let node = node_of(scene, &effect.subject, "kube-apiserver-");
        node.map(|node| vec![Key::name(node), Key::Any]).unwrap_or_default()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From trouble of the API server to programs of the control plane that end when they cannot renew their lease.
pub const LED_BY_LEASE: Relation = Relation {
    name: "led-by-lease",
    joins: |_, to| to == "Pod",
    as_cause: |_, _| vec![Key::Any],
    causes: |scene, effect| {
        let is_one = LEADERS.iter().any(|name| node_of(scene, &effect.subject, name).is_some());
        if is_one { vec![Key::Any] } else { Vec::new() }
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

const LEADERS: [&str; 3] = ["cloud-controller-manager-", "kube-controller-manager-", "kube-scheduler-"];

/// The node of which a pod of the control plane is, as its name says and its place does not contradict: a Job's pod that is
/// called `etcd-backup-…` is none.
fn node_of<'a>(scene: &Scene<'a>, pod: &'a Subject, part: &str) -> Option<&'a str> {
    let is_there = pod.is("Pod") && pod.namespace() == Some("kube-system");
    let node = pod.name().strip_prefix(part).filter(|_| is_there)?;
    scene.topology.node_of(pod).is_none_or(|known| known == node).then_some(node)
}

/// From a node that is not ready to what the cluster autoscaler says of all of them, where more are not ready than it bears
/// by default, whatever their share.
pub const UNREADY_OF_CLUSTER: Relation = Relation {
    name: "unready-of-cluster",
    joins: |from, _| from == "Node",
    as_cause: |_, cause| if cause.subject.is("Node") { vec![Key::Any] } else { Vec::new() },
    causes: |scene, effect| {
        let at = effect.from.time;
        let lasts = |signal: &&Signal| signal.from.time <= at && signal.until().is_none_or(|until| until >= at);
        let unready = scene.index.with(Role::NodeUnready).into_iter().filter_map(|index| scene.signals.get(index));
        let nodes = unready.filter(|signal| signal.subject.is("Node")).filter(lasts).count();
        if nodes > BORNE { vec![Key::Any] } else { Vec::new() }
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// `--ok-total-unready-count` (autoscaler cluster-autoscaler-1.30.0, main.go).
const BORNE: usize = 3;

/// From an autoscaler that does nothing to a pod for which no node has enough of something.
pub const ADDS_NO_NODE: Relation = Relation {
    name: "adds-no-node",
    joins: |_, to| to == "Pod",
    as_cause: |_, _| vec![Key::Any],
    causes: |_, effect| {
        let is_short = effect.label("obstacle").is_some_and(|obstacle| obstacle.contains("Insufficient"));
        if is_short { vec![Key::Any] } else { Vec::new() }
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};
