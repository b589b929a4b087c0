//! A pod of those that were hurt was deleted and made anew while the harm went on, and nothing on record asked for it: the
//! first thing that people try.
//!
//! A pod that is deleted is ended by its kubelet, and its controller makes another (documentation, Pod Lifecycle,
//! Termination of Pods; StatefulSets, Deployment and Scaling Guarantees). What deletes pods by itself says so: a rollout, a
//! drain, an eviction, a preemption.

use super::case::is_harm;
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::{Subject, length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "pod-deleted", class: FactorClass::Response, roles: &[], find };

/// A controller makes a new pod within this of the deletion, or, with a StatefulSet, of the end: as long as a pod has by
/// default to end, and as much again.
const MADE_ANEW: TimeDelta = TimeDelta::seconds(60);

/// What asks for an end tells it so long before at most.
const ASKED: TimeDelta = TimeDelta::minutes(2);

/// A drain goes on for so long at least before it gives up on a pod whose budget forbids its end, in most that drain.
const EMPTIED: TimeDelta = TimeDelta::minutes(10);

/// What ends pods that nobody deleted by hand, told of the pod itself.
const OF_POD: [Role; 8] = [
    Role::Drained,
    Role::Evicted,
    Role::Preempted,
    Role::TaintEviction,
    Role::PodRefused,
    Role::PodFailed,
    Role::JobOver,
    Role::Change,
];

/// The same, told of its workload.
const OF_WORKLOAD: [Role; 5] = [Role::Rollout, Role::SpecChange, Role::Change, Role::JobOver, Role::PodRemoved];

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let effects: BTreeSet<usize> = case.edges.iter().map(|edge| edge.to).collect();
    let mut hurt: BTreeMap<Subject, DateTime<Utc>> = BTreeMap::new();
    for one in case.of(&case.those(is_harm)) {
        let since = hurt.entry(case.workload(&one.subject)).or_insert(one.from.time);
        *since = one.from.time.min(*since);
    }
    let mut said = BTreeSet::new();
    let stops = case.around(Role::ToldToStop).into_iter();
    let later = stops.filter(|(index, stop)| stop.from.time > harm && !effects.contains(index));
    let found = later.filter_map(|(index, stop)| {
        let pod = stop.subject.its_pod()?;
        let workload = case.workload(&pod);
        let was_hurt = hurt.get(&workload).is_some_and(|since| *since < stop.from.time);
        let is_alone = workload == pod;
        if is_alone || !was_hurt || is_asked(case, stop, &pod, &workload) || !said.insert(pod.clone()) {
            return None;
        }
        let made = made_anew(case, stop, &pod, &workload)?;
        let went_on = case.went_on_after(stop.from.time);
        let after = match went_on > TimeDelta::zero() {
            true => format!("; the harm is known to have gone on for {} after that", length(went_on)),
            false => String::new(),
        };
        let anew = if made.name == pod.name() { "it" } else { "another of its workload" };
        let statement = format!(
            "{pod} was told to stop at {}, after the first harm, and {anew} was made anew{after}",
            rfc3339(stop.from.time)
        );
        let record = made.object.as_ref().map(|object| object.citation);
        Some(Found { order: (index, 0), ..Found::new(statement, vec![index]) }.by(case, record))
    });
    found.collect()
}

/// The pod that came in the place of one.
fn made_anew<'a>(case: &Case<'a>, stop: &Signal, pod: &Subject, workload: &Subject) -> Option<&'a Pod> {
    let topology = case.scene.topology;
    let old = topology.pod_at(pod, stop.from.time).map(|pod| (&pod.name, &pod.uid));
    let is_new = |other: &&Pod| {
        let created = other.created.or(other.arrived());
        let in_time = created.is_some_and(|at| at >= stop.from.time && at <= stop.from.time + MADE_ANEW);
        in_time && Some((&other.name, &other.uid)) != old
    };
    topology.pods_of_workload(workload).filter(is_new).min_by_key(|other| (other.name != pod.name(), other.created))
}

/// Whether something on record asked for the end of a pod.
fn is_asked(case: &Case<'_>, stop: &Signal, pod: &Subject, workload: &Subject) -> bool {
    let told = |role: Role, whom: &Subject| {
        let known = case.scene.index.of(role, whom).into_iter();
        let at = stop.from.time;
        known.flat_map(|onsets| onsets.between(at - ASKED, at + TimeDelta::seconds(1))).next().is_some()
    };
    let of_pod = OF_POD.iter().any(|role| told(*role, pod));
    let owner = case.scene.topology.workload_of(pod);
    let workloads = [Some(workload.clone()), owner];
    // Whoever empties a node cordons it first, and need not leave a record of each pod.
    let node = case.scene.topology.node_of(pod).map(Subject::node);
    let is_emptied = node.is_some_and(|node| {
        let cordons = case.scene.index.of(Role::Cordon, &node).into_iter();
        cordons.flat_map(|onsets| onsets.between(stop.from.time - EMPTIED, stop.from.time)).next().is_some()
    });
    is_emptied || of_pod || workloads.iter().flatten().any(|whom| OF_WORKLOAD.iter().any(|role| told(*role, whom)))
}
