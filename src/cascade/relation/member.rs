//! Relations between members of one group of servers that name each other by their ids or names.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::{NAMES, Signal};
use std::collections::BTreeSet;

/// From the one member that differs from several others to each of those, of which it is the only one that they differ
/// from: by the labels `member`, the id of who writes, and `peer`, the ids of those it writes of.
pub const ODD_MEMBER: Relation = Relation {
    name: "odd-member",
    joins: |from, to| matches!(from, "Pod" | "Node") && matches!(to, "Pod" | "Node"),
    as_cause: |_, cause| cause.label("member").map(Key::name).into_iter().collect(),
    causes: |_, effect| effect.values("peer").map(Key::name).collect(),
    ties: is_odd,
    grades_differ: false,
};

fn is_odd(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let peers = |signal: &'_ Signal| signal.values("peer").map(str::to_owned).collect::<BTreeSet<_>>();
    let (of_cause, of_effect) = (peers(from), peers(to));
    let names_it_only = of_effect.len() == 1 && from.label("member").is_some_and(|id| of_effect.contains(id));
    if names_it_only && of_cause.len() > 1 { RelationMatch::named_by(to) } else { None }
}

/// From a pod to a member of its group that lost it, by its label `peer`.
pub const PEER_NAMED: Relation = Relation {
    name: "peer-named",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| peers(effect).map(Key::made).collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From who lost a member of its group, by its label `peer`, to what names that member.
pub const SAME_PEER_NAMED: Relation = Relation {
    name: "same-peer-named",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |_, cause| peers(cause).map(Key::made).collect(),
    causes: |_, effect| effect.values(NAMES).filter_map(|name| name.parse().ok()).map(Key::made).collect(),
    ties: |_, from, to| if from.subject == to.subject { None } else { RelationMatch::named_by(to) },
    grades_differ: false,
};

/// From a node to a member that lost another, which was on that node.
pub const PEER_ON: Relation = Relation {
    name: "peer-on",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: |_, cause| if cause.subject.is("Node") { vec![Key::name(cause.subject.name())] } else { Vec::new() },
    causes: |scene, effect| {
        let then = |peer: Subject| scene.topology.pod_at(&peer, effect.from.time);
        peers(effect).filter_map(then).filter_map(|pod| pod.node.as_deref()).map(Key::name).collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// The pods that a member means by the names of its peers: `rabbit@rabbit-1.rabbit.mq.svc.cluster.local` is
/// `Pod/mq/rabbit-1`, as pods of a StatefulSet are called within their headless Service (documentation, StatefulSets,
/// Stable Network ID).
fn peers(effect: &Signal) -> impl Iterator<Item = Subject> {
    let hosts = effect.values("peer").map(|peer| peer.rsplit_once('@').map_or(peer, |(_, host)| host));
    let names = hosts.map(|host| host.split_once('.').map_or(host, |(name, _)| name));
    names.filter_map(|name| Some(Subject::namespaced("Pod", effect.subject.namespace()?, name)))
}
