//! Failure follows the pod: a workload's pods run on one node after another, and each node gets into trouble after
//! their arrival. Treating the nodes (draining, replacing) then only moves the trouble.
//!
//! The workload must be the one that asked for what ran out, as far as records name one; otherwise every victim that
//! was moved along would qualify.

use super::super::{Cascade, Scene};
use super::Motif;
use crate::evidence::Pod;
use crate::model::{Citation, Subject};
use crate::signals::Signal;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "failure-follows-the-pod";

/// What counts as a node in trouble.
const DISTRESS: [&str; 6] =
    ["OOMKill", "SystemOOM", "EvictionThresholdMet", "DiskPressure", "NodeNotReady", "PLEGNotHealthy"];

/// A node's trouble belongs to an arrival if it begins within this time.
const WITHIN: TimeDelta = TimeDelta::minutes(15);

struct Stop<'a> {
    node: &'a str,
    arrived: DateTime<Utc>,
    pod: Subject,
    trouble: usize,
}

pub fn find(scene: &Scene<'_>, cascades: &[Cascade]) -> Vec<Motif> {
    let inside: BTreeSet<usize> = cascades.iter().flat_map(|cascade| cascade.signals.iter().copied()).collect();
    let mut workloads: BTreeMap<Subject, Vec<&Pod>> = BTreeMap::new();
    for pod in scene.evidence.topology.pods() {
        if let Some(workload) = scene.evidence.topology.workload_of_pod(pod) {
            workloads.entry(workload).or_default().push(pod);
        }
    }
    let mut found = Vec::new();
    for (workload, pods) in &workloads {
        let stops = stops(scene, &inside, workload, pods);
        if stops.len() >= 2 && !workload.is("DaemonSet") {
            found.push(motif(scene, workload, &stops));
        }
    }
    found
}

/// The nodes the workload came to, in order of arrival, each with the first trouble after it.
fn stops<'a>(scene: &Scene<'a>, inside: &BTreeSet<usize>, workload: &Subject, pods: &[&'a Pod]) -> Vec<Stop<'a>> {
    let mut stops: Vec<Stop<'a>> = Vec::new();
    for pod in pods {
        let (Some(node), Some(arrived)) = (pod.node.as_deref(), pod.arrived()) else { continue };
        let trouble = scene.signals.iter().enumerate().find(|(index, signal)| {
            inside.contains(index)
                && DISTRESS.contains(&signal.name.as_str())
                && signal.subject == Subject::node(node)
                && (arrived..=arrived + WITHIN).contains(&signal.from.time)
                && is_demander(scene, workload, signal)
        });
        if let Some((trouble, _)) = trouble {
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

fn is_demander(scene: &Scene<'_>, workload: &Subject, trouble: &Signal) -> bool {
    let node = trouble.subject.name();
    scene.demand.on(node, trouble.from.time).is_some_and(|demander| demander.workload == *workload)
}

/// The record of a pod's arrival: that it was scheduled, or its object, which says so in a condition.
fn arrival(scene: &Scene<'_>, stop: &Stop<'_>) -> Option<Citation> {
    let scheduled = scene.signals.iter().find(|signal| signal.name == "Scheduled" && signal.subject == stop.pod);
    let event = scheduled.and_then(|signal| signal.evidence.first().cloned());
    let pod = || scene.evidence.topology.pod_at(&stop.pod, stop.arrived);
    event.or_else(|| pod()?.object.as_ref().map(|object| object.citation.clone()))
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
