//! Node network wiped: the pod network of several nodes goes within a minute. A plugin, its configuration or a change
//! of the nodes' labels reaches all nodes at once; a fault of one node does not.
//!
//! Source: kubernetes, pkg/kubelet/kubelet.go (the runtime's condition NetworkReady); the reports of analysis 3, rows
//! 11 to 13 (a plugin's DaemonSet or the nodes' labels changed).

use super::Motif;
use super::sight::{One, Sight, clock, counted, listed, runs};
use crate::model::length;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "node-network-wiped";

const WITHIN: TimeDelta = TimeDelta::minutes(1);
/// A new node has its network within this, or something is wrong with it alone.
const JOINING: TimeDelta = TimeDelta::minutes(10);
/// From a change to the network of a node there are no more links than this.
const MOST_STEPS: usize = 4;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut lost = sight.with(&[Role::NodeNetworkLost]);
    lost.retain(|(index, one)| one.subject.is("Node") && sight.cascade(*index).is_some());
    runs(&lost, WITHIN).into_iter().filter_map(|run| motif(sight, run)).collect()
}

fn motif(sight: &Sight<'_>, run: &[One<'_>]) -> Option<Motif> {
    let mut nodes: BTreeMap<&str, One<'_>> = BTreeMap::new();
    for (index, signal) in run.iter().filter(|(_, signal)| !has_just_joined(sight, signal)) {
        nodes.entry(signal.subject.name()).or_insert((*index, signal));
    }
    let onsets = || nodes.values().map(|(_, one)| one.from.time);
    let (first, last) = (onsets().min()?, onsets().max()?);
    if nodes.len() < 2 {
        return None;
    }
    let changes = nodes.values().flat_map(|(index, _)| sight.before(*index, MOST_STEPS));
    let changes: BTreeMap<usize, _> = changes.filter(|(_, one)| one.has(Role::Change)).collect();
    let titles: BTreeSet<&str> = changes.values().map(|change| change.title.as_str()).collect();
    let by = match changes.values().next() {
        Some(change) => {
            format!("; links tie it to what was done at {}: {}", clock(change.from.time), listed(titles))
        }
        None => String::new(),
    };
    let statement = format!(
        "The pod network of {} ({}) was lost within {}, from {}{by}",
        counted(nodes.len(), "node"),
        listed(nodes.keys().copied()),
        length(last - first),
        clock(first),
    );
    let all: Vec<One<'_>> = nodes.into_values().chain(changes).collect();
    Some(sight.motif(NAME, statement, &all, &[]))
}

/// Whether a node had only just come: it waits for its plugin as a matter of course.
fn has_just_joined(sight: &Sight<'_>, lost: &Signal) -> bool {
    let is_near = |(_, joined): One<'_>| (lost.from.time - joined.from.time).abs() <= JOINING;
    sight.of(Role::NodeJoined, &lost.subject).into_iter().any(is_near)
}
