//! Relations by where pods were put: rollouts, arrivals, and pods that had to go elsewhere.

use super::node::is_on_node;
use super::{Key, Relation, RelationMatch};
use crate::cascade::{Grade, Scene};
use crate::evidence::{Pod, Topology};
use crate::model::Subject;
use crate::signals::Signal;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// From a rollout to a node that its first pods were put on.
pub const ROLLED_OUT_ON: Relation = Relation {
    name: "rolled-out-on",
    joins: |from, to| from == "Deployment" && to == "Node",
    as_cause: rolled_out,
    causes: here,
    ties: |scene, from, to| demanded(scene, &from.subject, to),
    grades_differ: false,
};

/// From a pod's arrival to its new node, where it replaces one of its workload that had left another.
pub const ARRIVED_ON: Relation = Relation {
    name: "arrived-on",
    joins: |from, to| from == "Pod" && to == "Node",
    as_cause: arrived,
    causes: here,
    ties: arrived_on,
    grades_differ: false,
};

/// From trouble of a node, or of a pod on it, to a pod of the same workload that was put elsewhere afterwards.
pub const MOVED_TO: Relation = Relation {
    name: "moved-to",
    joins: |from, to| matches!(from, "Node" | "Pod") && to == "Pod",
    as_cause: left_by,
    causes: |scene, effect| scene.topology.workload_of(&effect.subject).map(Key::made).into_iter().collect(),
    ties: moved_to,
    grades_differ: false,
};

/// From a Job that made pods to a node that they were put on, where records name the Job as the one whose pods asked for
/// what ran out there.
pub const CROWDED_BY: Relation = Relation {
    name: "crowded-by",
    joins: |from, to| from == "Job" && to == "Node",
    as_cause: nodes_of_job,
    causes: here,
    ties: crowded_by,
    grades_differ: false,
};

/// A node; where it is known whose the demand was, with that workload.
fn here<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let Some(node) = effect.node.as_deref() else { return Vec::new() };
    match scene.demand.on(node, effect.from.time) {
        Some(consumer) => vec![Key::On(node, consumer.workload.clone())],
        None => vec![Key::name(node)],
    }
}

fn on(node: &str, workload: Subject) -> [Key<'_>; 2] {
    [Key::name(node), Key::On(node, workload)]
}

fn rolled_out<'a>(scene: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    let names = cause.subject.namespace().zip(cause.label("replicaset"));
    let Some(set) = names.map(|(namespace, name)| Subject::namespaced("ReplicaSet", namespace, name)) else {
        return Vec::new();
    };
    let of_subject = |pod: &&Pod| scene.topology.workload_of_pod(pod).as_ref() == Some(&cause.subject);
    // In order of arrival.
    let mut pods = scene.topology.pods_of_owner(&set).filter(of_subject).skip_while(|pod| pod.arrived().is_none());
    let Some((first, at)) = pods.next().and_then(|pod| Some((pod, pod.arrived()?))) else { return Vec::new() };
    let with_the_first = |pod: &&Pod| pod.arrived().is_some_and(|then| then - at <= TimeDelta::seconds(10));
    let nodes: BTreeSet<&str> =
        [first].into_iter().chain(pods.take_while(with_the_first)).filter_map(|pod| pod.node.as_deref()).collect();
    nodes.into_iter().flat_map(|node| on(node, cause.subject.clone())).collect()
}

fn arrived<'a>(scene: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    let node = cause.node.as_deref().filter(|_| cause.subject.is("Pod"));
    let workload = || scene.topology.workload_of(&cause.subject);
    node.and_then(|node| Some(on(node, workload()?).into())).unwrap_or_default()
}

fn arrived_on(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let workload = scene.topology.workload_of(&from.subject).filter(|_| is_on_node(from, to))?;
    let before = scene.departures.before(&workload, from.from.time).any(|pod| {
        pod.arrived().is_some_and(|at| at < from.from.time)
            && pod.node.is_some()
            && pod.node != from.node
            && pod.subject() != from.subject
    });
    if before { demanded(scene, &workload, to) } else { None }
}

/// Whether a shortage on a node may be `workload`'s: nobody else is named as the one that asked.
fn demanded(scene: &Scene<'_>, workload: &Subject, to: &Signal) -> Option<RelationMatch> {
    match scene.demand.on(to.node.as_deref()?, to.from.time) {
        Some(consumer) if consumer.workload == *workload => {
            RelationMatch::graded(Grade::Mechanism, vec![consumer.citation])
        }
        Some(_) => None,
        None => RelationMatch::plain(),
    }
}

fn nodes_of_job<'a>(scene: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    if !cause.subject.is("Job") {
        return Vec::new();
    }
    let pods = || scene.topology.pods_of_owner(&cause.subject);
    let Some(workload) = pods().find_map(|pod| scene.topology.workload_of_pod(pod)) else { return Vec::new() };
    let nodes: BTreeSet<&str> = pods().filter_map(|pod| pod.node.as_deref()).collect();
    nodes.into_iter().map(|node| Key::On(node, workload.clone())).collect()
}

fn crowded_by(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let node = to.node.as_deref()?;
    let consumer = scene.demand.on(node, to.from.time)?;
    let was_there = |pod: &Pod| pod.node.as_deref() == Some(node) && pod.arrived().is_some_and(|at| at <= to.from.time);
    let is_here = scene.topology.pods_of_owner(&from.subject).any(was_there);
    if is_here { RelationMatch::graded(Grade::Mechanism, vec![consumer.citation]) } else { None }
}

/// The workload of a pod; of a node, those that had pods on it.
fn left_by<'a>(scene: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    match cause.node.as_deref() {
        None => Vec::new(),
        Some(_) if cause.subject.is("Pod") => {
            scene.topology.workload_of(&cause.subject).map(Key::made).into_iter().collect()
        }
        Some(node) => scene.topology.workloads_on(node).map(Key::subject).collect(),
    }
}

fn moved_to(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let (left, arrived) = (from.node.as_deref()?, to.node.as_deref()?);
    if left == arrived || !to.subject.is("Pod") {
        return None;
    }
    if from.subject.is("Pod") {
        return RelationMatch::when(from.subject != to.subject);
    }
    let workload = scene.topology.workload_of(&to.subject)?;
    let mut were_there = scene.topology.came_before(&workload, left, to.from.time);
    RelationMatch::when(were_there.any(|pod| recently(pod.last_seen, to.from.time) && pod.subject() != to.subject))
}

fn recently(last: Option<DateTime<Utc>>, at: DateTime<Utc>) -> bool {
    last.is_none_or(|last| at - last < TimeDelta::minutes(2))
}

/// The pods of each workload by when they were on their way out: what goes on beside a new one was not replaced by it.
#[derive(Debug, Default)]
pub struct Departures<'a>(BTreeMap<&'a Subject, Vec<(DateTime<Utc>, &'a Pod)>>);

impl<'a> Departures<'a> {
    pub fn new(topology: &'a Topology) -> Self {
        let departures = topology.pods_by_workload().map(|(workload, pods)| {
            let mut left: Vec<(DateTime<Utc>, &Pod)> = pods.filter_map(|pod| Some((left_by_then(pod)?, pod))).collect();
            left.sort_by_key(|(at, _)| *at);
            (workload, left)
        });
        Self(departures.collect())
    }

    /// The pods of a workload that were on their way out when another came at `time`.
    fn before(&self, workload: &Subject, time: DateTime<Utc>) -> impl Iterator<Item = &'a Pod> {
        let left = self.0.get(workload).into_iter().flatten();
        left.take_while(move |(at, _)| *at <= time).map(|(_, pod)| *pod)
    }
}

/// The earliest arrival of another that this pod may have made room for: one that ends a little later does as well.
fn left_by_then(pod: &Pod) -> Option<DateTime<Utc>> {
    let soon = TimeDelta::seconds(30);
    if pod.forced_out {
        return Some(DateTime::<Utc>::MIN_UTC);
    }
    let finished = pod.object.as_ref().and_then(|object| object.finished);
    let ended = [pod.stopping, finished].into_iter().flatten();
    // One without an object is gone, not long after it was last seen.
    let unseen = pod.last_seen.filter(|_| pod.object.is_none()).map(|last| last - TimeDelta::minutes(1));
    ended.chain(unseen).map(|at| at - soon).min()
}
