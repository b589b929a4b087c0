//! From a rollout to what was seen only since: what its new pods say, and what the program that they run did elsewhere.
//!
//! The minutes after a change are looked at first whatever its kind, so these ask for no mechanism, but that the new
//! version is the one that speaks or acts, and that the one before did not (Beyer and others, Site Reliability
//! Engineering, chapter 12, "what touched it last").

use super::node::{is_node_of, node_of_pod, of_node};
use super::succession::{ROUNDING, has_sets, is_replaced, made, owners, rolled_out};
use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::cascade::timeline::Onsets;
use crate::evidence::{Pod, Workload};
use crate::model::Subject;
use crate::signals::{REPORTER, Signal};
use chrono::{DateTime, TimeDelta, Utc};

/// From a rollout to a pod of its new revision, where pods of the one before are known, and nothing of the same name was
/// seen of them.
pub const NEW_SINCE: Relation = Relation {
    name: "new-since",
    joins: |from, to| (has_sets(from) || matches!(from, "DaemonSet" | "StatefulSet")) && to == "Pod",
    as_cause: rolled_out,
    causes: owners,
    ties: |scene, from, to| {
        let pod = scene.topology.pod_at(&to.subject, to.from.time);
        let is_new = match pod.and_then(made) {
            Some(made) => made + ROUNDING >= from.from.time,
            // One that nobody saw come is of its ReplicaSet.
            None => has_sets(from.subject.kind()),
        };
        RelationMatch::when(is_new && replaced(scene, from) && !was_seen_before(scene, from, to))
    },
    grades_differ: false,
};

/// From a rollout to what the program that it runs reports of other objects, by the name under which it writes events:
/// that of the workload, of its container, or of the label `app.kubernetes.io/name` of its pods.
pub const REPORTED_BY: Relation = Relation {
    name: "reported-by",
    joins: |from, _| has_sets(from) || matches!(from, "DaemonSet" | "StatefulSet"),
    as_cause: |scene, cause| match scene.topology.workload(&cause.subject) {
        Some(workload) => names(&cause.subject, workload).into_iter().map(Key::name).collect(),
        None => vec![Key::name(cause.subject.name())],
    },
    causes: |_, effect| effect.values(REPORTER).flat_map(programs).map(Key::name).collect(),
    ties: |scene, from, to| RelationMatch::when(from.subject != to.subject && !was_reported_before(scene, from, to)),
    grades_differ: false,
};

/// From a pod that was ended to one that its controller made in its place, where nothing of the same name was seen of the
/// workload before.
pub const NEW_IN_PLACE: Relation = Relation {
    name: "new-in-place",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: owners,
    causes: owners,
    ties: |scene, from, to| {
        let siblings = siblings(scene, to).filter(|pod| pod.subject() != to.subject);
        let mut siblings = siblings.map(Pod::subject);
        let was_seen = siblings.any(|sibling| was_told_before(scene, &sibling, (from, to)));
        RelationMatch::when(!was_seen && is_replaced(scene, from, to))
    },
    grades_differ: false,
};

/// From a node that joined to a pod on it, where other pods of its workload stand on nodes that had joined before, and
/// nothing of the same name was seen of those.
pub const NEW_ON_NODE: Relation = Relation {
    name: "new-on-node",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: of_node,
    causes: node_of_pod,
    ties: |scene, from, to| {
        let is_older = |pod: &&Pod| is_on_older_node(scene, pod, from);
        let older: Vec<Subject> = siblings(scene, to).filter(is_older).map(Pod::subject).collect();
        let is_well = |pod: &Subject| !was_told_before(scene, pod, (to, to));
        RelationMatch::when(is_node_of(from, to) && !older.is_empty() && older.iter().all(is_well))
    },
    grades_differ: false,
};

/// The pods of the workload of a signal's pod.
fn siblings<'a>(scene: &Scene<'a>, signal: &Signal) -> impl Iterator<Item = &'a Pod> {
    let workload = scene.topology.workload_of(&signal.subject);
    workload.into_iter().flat_map(|workload| scene.topology.pods_of_workload(&workload).collect::<Vec<_>>())
}

/// Whether a pod's node is known to have been there before another joined: by its own record, or as the pod was.
fn is_on_older_node(scene: &Scene<'_>, pod: &Pod, joined: &Signal) -> bool {
    let Some(node) = pod.node.as_deref().filter(|node| *node != joined.subject.name()) else { return false };
    let created = scene.topology.node_traits(node).and_then(|traits| traits.created);
    created.or(made(pod)).is_some_and(|made| made < joined.from.time - NEW)
}

/// Nodes that came within this of each other came together, as those of one request for more room.
const NEW: TimeDelta = TimeDelta::minutes(15);

/// What a program calls itself, and that without the domain of its makers: `sigs.k8s.io/descheduler`, which older events
/// write as `sigs.k8s.io.descheduler`, is the descheduler.
fn programs(reporter: &str) -> [&str; 2] {
    [reporter, reporter.rsplit(['/', '.']).next().unwrap_or(reporter)]
}

/// What the programs of a workload may call themselves.
fn names<'a>(subject: &'a Subject, workload: &'a Workload) -> Vec<&'a str> {
    let containers = workload.template.containers.iter().map(|container| container.name.as_str());
    let label = workload.labels.get("app.kubernetes.io/name").map(String::as_str);
    let mut names: Vec<&str> = [subject.name()].into_iter().chain(containers).chain(label).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Whether a rollout took the place of a revision of which some pod is known: without one it was the first, and nothing
/// tells how it would have gone before. A pod of a later revision is no sign of that.
fn replaced(scene: &Scene<'_>, from: &Signal) -> bool {
    let was_there = |pod: &Pod| made(pod).is_some_and(|at| at + ROUNDING < from.from.time);
    let set =
        |pod: &Pod| pod.owner.as_ref().is_some_and(|set| from.values("replicaset").any(|name| name == set.name()));
    let is_replaced = |pod: &Pod| was_there(pod) || (pod.is_known_by_its_end() && !set(pod));
    scene.topology.pods_of_workload(&from.subject).any(is_replaced)
}

/// Whether a pod of the same workload was in the same trouble before a rollout.
fn was_seen_before(scene: &Scene<'_>, from: &Signal, to: &Signal) -> bool {
    let mut pods = scene.topology.pods_of_workload(&from.subject);
    pods.any(|pod| was_told_before(scene, &pod.subject(), (from, to)))
}

/// Whether the same was told of a subject before a rollout.
pub(super) fn was_told_before(scene: &Scene<'_>, subject: &Subject, (from, to): (&Signal, &Signal)) -> bool {
    let of_role = |role| scene.index.of(role, subject).into_iter().flat_map(|known| until(known, from));
    let mut indexes = to.roles.iter().flat_map(of_role);
    indexes.any(|index| scene.signals.get(index).is_some_and(|one| is_before(one, from, to)))
}

/// Whether the same program reported the same before.
fn was_reported_before(scene: &Scene<'_>, from: &Signal, to: &Signal) -> bool {
    let of_role = |role| scene.index.all(role).into_iter().flat_map(|known| until(known, from));
    let all = to.roles.iter().flat_map(of_role);
    let mut all = all.filter_map(|index| scene.signals.get(index));
    all.any(|one| one.label(REPORTER) == to.label(REPORTER) && is_before(one, from, to))
}

fn until(known: &Onsets, rollout: &Signal) -> impl Iterator<Item = usize> {
    known.between(DateTime::<Utc>::MIN_UTC, rollout.from.time)
}

fn is_before(one: &Signal, from: &Signal, to: &Signal) -> bool {
    one.from.time < from.from.time && one.name == to.name
}
