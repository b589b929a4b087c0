//! From what began to make more pods to a pod that then found no room.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::{Pod, containers, quantity};
use crate::signals::Signal;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// From a CronJob that was changed to a pod of another workload that found too little of a resource, where several runs
/// that came since were there at that time and asked, on one node, for at least as much of it as the pod wants. A run that
/// has ended gives its room back (documentation, Resource Management for Pods and Containers).
pub const TAKES_ROOM: Relation = Relation {
    name: "takes-room",
    joins: |from, to| from == "CronJob" && to == "Pod",
    as_cause: |_, cause| if cause.subject.is("CronJob") { vec![Key::Any] } else { Vec::new() },
    causes: |_, effect| if short_of(effect).is_empty() { Vec::new() } else { vec![Key::Any] },
    ties: takes_room,
    grades_differ: false,
};

fn takes_room(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let topology = scene.topology;
    if topology.workload_of(&to.subject).as_ref() == Some(&from.subject) {
        return None;
    }
    let (since, at) = (from.from.time, to.from.time);
    let is_one = |pod: &&Pod| pod.arrived().is_some_and(|came| came > since && came <= at) && is_there(pod, at);
    let runs: Vec<&Pod> = topology.pods_of_workload(&from.subject).filter(is_one).collect();
    let waits = topology.pods_named(&to.subject).last()?;
    let takes = |resource: &str| {
        let wanted = asked(scene, waits, resource);
        let mut on_node: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
        for run in &runs {
            let Some(node) = run.node.as_deref() else { continue };
            let (count, sum) = on_node.entry(node).or_default();
            *count += 1;
            *sum += asked(scene, run, resource);
        }
        wanted > 0.0 && on_node.values().any(|(count, sum)| *count > 1 && *sum >= wanted)
    };
    let evidence = runs.iter().filter_map(|run| run.object.as_ref()).map(|object| object.citation).take(2).collect();
    short_of(to).into_iter().any(takes).then_some(RelationMatch { grade: None, evidence })
}

/// The resources of which the scheduler said that nodes had too little.
fn short_of(effect: &Signal) -> BTreeSet<&str> {
    let named = effect.values("obstacle").flat_map(|obstacle| obstacle.split("Insufficient ").skip(1));
    named.filter_map(|rest| rest.split([',', ' ', '.', ';']).next()).filter(|one| !one.is_empty()).collect()
}

fn is_there(pod: &Pod, at: DateTime<Utc>) -> bool {
    let object = pod.object.as_ref();
    let has_ended = object.and_then(|object| object.finished).is_some_and(|end| end <= at);
    let was_seen = object.is_some() || pod.last_seen.is_some_and(|seen| seen >= at);
    was_seen && !has_ended && pod.stopping.is_none_or(|end| end > at)
}

/// How much of a resource a pod requests.
fn asked(scene: &Scene<'_>, pod: &Pod, resource: &str) -> f64 {
    let spec = scene.topology.spec_of(pod).into_iter();
    let amounts = spec.flat_map(containers).filter_map(|one| one.resources.requests.get(resource));
    amounts.filter_map(|amount| quantity(amount.as_str()?)).sum()
}
