//! Failure follows the pod: a workload's pods run on one node after another, and each node gets into trouble after
//! their arrival. Treating the nodes (draining, replacing) then only moves the trouble.
//!
//! The workload must be the one that asked for what ran out, as far as records name one; otherwise every victim that
//! was moved along would qualify.

use super::super::{Cascade, Scene};
use super::Motif;
use crate::evidence::Pod;
use crate::model::{Citation, Subject};
use crate::signals::Role;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

pub const NAME: &str = "failure-follows-the-pod";

/// A node's trouble belongs to an arrival if it begins within this time.
const WITHIN: TimeDelta = TimeDelta::minutes(15);

struct Stop<'a> {
    node: &'a str,
    arrived: DateTime<Utc>,
    pod: Subject,
    trouble: usize,
}

pub fn find(scene: &Scene<'_>, cascades: &[Cascade]) -> Vec<Motif> {
    let demanders = demanders(scene, cascades);
    let mut found = Vec::new();
    for (workload, pods) in scene.topology.pods_by_workload().filter(|(workload, _)| !workload.is("DaemonSet")) {
        let stops = stops(scene, workload, pods, &demanders);
        if stops.len() >= 2 {
            found.push(motif(scene, workload, &stops));
        }
    }
    found
}

/// Whose demand each trouble of a node was, of those within a cascade.
fn demanders<'s>(scene: &'s Scene<'_>, cascades: &[Cascade]) -> BTreeMap<usize, &'s Subject> {
    let inside = cascades.iter().flat_map(|cascade| cascade.signals.iter().copied());
    let of = |index: usize| {
        let trouble = scene.signals.get(index).filter(|signal| signal.has(Role::NodeDistress))?;
        let node = Some(trouble.subject.name()).filter(|_| trouble.subject.is("Node"))?;
        Some((index, &scene.demand.on(node, trouble.from.time)?.workload))
    };
    inside.filter_map(of).collect()
}

/// The nodes the workload came to, in order of arrival, each with the first trouble after it.
fn stops<'a>(
    scene: &Scene<'a>,
    workload: &Subject,
    pods: impl Iterator<Item = &'a Pod>,
    demanders: &BTreeMap<usize, &Subject>,
) -> Vec<Stop<'a>> {
    let mut stops: Vec<Stop<'a>> = Vec::new();
    for pod in pods {
        let (Some(node), Some(arrived)) = (pod.node.as_deref(), pod.arrived()) else { continue };
        let troubles = scene.index.of(Role::NodeDistress, &Subject::node(node)).into_iter();
        let mut troubles = troubles.flat_map(|troubles| troubles.between(arrived, arrived + WITHIN));
        // Only what the workload itself asked for is its trouble.
        let trouble = troubles.find(|index| demanders.get(index).is_some_and(|consumer| *consumer == workload));
        if let Some(trouble) = trouble {
            // Of several arrivals before the same trouble, the last is nearest to it.
            stops.retain(|stop| stop.trouble != trouble);
            if !stops.iter().any(|stop| stop.node == node) {
                stops.push(Stop { node, arrived, pod: pod.subject(), trouble });
            }
        }
    }
    stops.sort_by_key(|stop| stop.arrived);
    // The second node must be in trouble after the first: two nodes at once are something else.
    let onset = |stop: &Stop<'_>| scene.signals.get(stop.trouble).map(|signal| signal.from.time);
    let in_order = stops.windows(2).all(|pair| match pair {
        [a, b] => onset(a) < onset(b) && onset(a) <= Some(b.arrived),
        _ => true,
    });
    if in_order { stops } else { Vec::new() }
}

/// The record of a pod's arrival: that it was scheduled, or its object, which says so in a condition.
fn arrival(scene: &Scene<'_>, stop: &Stop<'_>) -> Option<Citation> {
    let scheduled = scene.index.of(Role::Arrival, &stop.pod).and_then(|known| known.all().next());
    let scheduled = scheduled.and_then(|index| scene.signals.get(index));
    let event = scheduled.and_then(|signal| signal.evidence.first().cloned());
    let pod = || scene.topology.pod_at(&stop.pod, stop.arrived);
    event.or_else(|| pod()?.object.as_ref().map(|object| object.citation))
}

fn motif(scene: &Scene<'_>, workload: &Subject, stops: &[Stop<'_>]) -> Motif {
    let legs: Vec<String> = stops
        .iter()
        .filter_map(|stop| {
            let trouble = scene.signals.get(stop.trouble)?;
            let lag = (trouble.from.time - stop.arrived).num_seconds().max(0);
            let arrived = stop.arrived.format("%H:%M:%SZ");
            Some(format!("on {} ({} came at {arrived}, {} {lag} s later)", stop.node, stop.pod.name(), trouble.name))
        })
        .collect();
    let statement = format!("The failure follows the pod: {workload} asked for what ran out, {}", legs.join(", then "));
    let signals: Vec<usize> = stops.iter().map(|stop| stop.trouble).collect();
    let mut evidence: Vec<Citation> = stops.iter().filter_map(|stop| arrival(scene, stop)).collect();
    evidence.extend(signals.iter().filter_map(|index| scene.signals.get(*index)?.evidence.first().cloned()));
    Motif { motif: NAME.to_owned(), statement, signals, evidence }
}
