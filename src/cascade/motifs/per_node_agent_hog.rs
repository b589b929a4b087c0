//! Per-node agent hog: on each node that ran short, a pod of the same DaemonSet asked for what there was not. Every node
//! has one, so every node is next.
//!
//! Source: kubernetes documentation, DaemonSet ("ensures that all nodes run a copy of a Pod").

use super::Motif;
use super::sight::{One, Sight, clock, counted, listed};
use crate::model::{Citation, Subject};
use crate::signals::Role;
use std::collections::BTreeMap;

pub const NAME: &str = "per-node-agent-hog";

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut agents: BTreeMap<&Subject, BTreeMap<&str, (One<'_>, Citation)>> = BTreeMap::new();
    for (index, short) in sight.with(&[Role::Shortage]) {
        if !short.subject.is("Node") || sight.cascade(index).is_none() {
            continue;
        }
        let Some(asked) = sight.scene.demand.on(short.subject.name(), short.from.time) else { continue };
        if asked.workload.is("DaemonSet") {
            let nodes = agents.entry(&asked.workload).or_default();
            nodes.entry(short.subject.name()).or_insert(((index, short), asked.citation));
        }
    }
    agents.retain(|_, nodes| nodes.len() >= 2);
    agents.into_iter().map(|(agent, nodes)| motif(sight, agent, &nodes)).collect()
}

fn motif(sight: &Sight<'_>, agent: &Subject, nodes: &BTreeMap<&str, (One<'_>, Citation)>) -> Motif {
    let all: Vec<One<'_>> = nodes.values().map(|(one, _)| *one).collect();
    let asked: Vec<Citation> = nodes.values().map(|(_, record)| *record).collect();
    let first = all.iter().map(|(_, one)| one.from.time).min();
    let statement = format!(
        "The same agent on each node: {} ran short ({}, the first at {}), and on each of them a pod of {agent} asked for what \
         was not there; every node that it runs on has one",
        counted(nodes.len(), "node"),
        listed(nodes.keys().copied()),
        first.map(clock).unwrap_or_default(),
    );
    sight.motif(NAME, statement, &all, &asked)
}
