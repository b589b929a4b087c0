//! NotReady storm: many nodes are marked not ready within a minute while their kubelets are alive, and come back
//! together. What failed is between them and the API server, or is the API server: nodes do not fail at once.
//!
//! Source: kubernetes, pkg/controller/nodelifecycle (a node is marked when its lease is 50 s old); kubernetes issue
//! 87615 and client-go's HTTP/2 health check (a load balancer that changes its address leaves dead connections).

use super::Motif;
use super::sight::{One, Sight, clock, counted, listed, runs};
use crate::model::{End, length};
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::BTreeMap;

pub const NAME: &str = "notready-storm";

/// Nodes that are marked within this, and that come back within it, do so together: a minute for the marks, as the node
/// controller looks every five seconds at leases that are renewed every ten, and five for the way back, as kubelets wait
/// longer after each try.
const MARKED_WITHIN: TimeDelta = TimeDelta::minutes(1);
const BACK_WITHIN: TimeDelta = TimeDelta::minutes(5);

/// Fewer nodes are no storm.
const NODES: usize = 3;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut marks = sight.with(&[Role::NodeUnready]);
    marks.retain(|(index, one)| one.subject.is("Node") && sight.cascade(*index).is_some());
    runs(&marks, MARKED_WITHIN).into_iter().filter_map(|run| storm(sight, run)).collect()
}

fn storm(sight: &Sight<'_>, run: &[One<'_>]) -> Option<Motif> {
    let mut nodes: BTreeMap<&str, One<'_>> = BTreeMap::new();
    for (index, signal) in run {
        nodes.entry(signal.subject.name()).or_insert((*index, signal));
    }
    let marks: Vec<One<'_>> = nodes.values().copied().collect();
    let spoke: Vec<One<'_>> = marks
        .iter()
        .filter_map(|(_, mark)| {
            let mut said = sight.of(Role::HeartbeatFailed, &mark.subject).into_iter();
            said.find(|(_, said)| {
                said.from.time <= mark.last_seen() && said.last_seen() >= mark.from.time - MARKED_WITHIN
            })
        })
        .collect();
    let ends = marks.iter().filter_map(|(_, mark)| match mark.end {
        End::At(end) => Some(end),
        _ => None,
    });
    let ends: Vec<_> = ends.collect();
    let (first_back, last_back) = (ends.iter().min()?, ends.iter().max()?);
    let onsets = || marks.iter().map(|(_, mark)| mark.from.time);
    let (first, last) = (onsets().min()?, onsets().max()?);
    let is_joint = ends.len() == marks.len() && *last_back - *first_back <= BACK_WITHIN && last < *first_back;
    if marks.len() < NODES || spoke.len() < marks.len() || !is_joint {
        return None;
    }
    let back = match length(*last_back - *first_back) {
        _ if last_back == first_back => format!("all were back at {}", clock(*last_back)),
        within => format!("all were back within {within}, by {}", clock(*last_back)),
    };
    let statement = format!(
        "NotReady storm: {} ({}) were marked not ready within {} from {}, while the kubelet of each wrote that it could not \
         report; {back}. Nodes that fail and recover together have something in common beyond themselves: the way to the \
         API server, or the API server",
        counted(marks.len(), "node"),
        listed(nodes.keys().copied()),
        length((last - first).max(TimeDelta::seconds(1))),
        clock(first),
    );
    let said: Vec<_> = spoke.iter().filter_map(|(_, said)| said.evidence.first().copied()).collect();
    let back: Vec<_> = marks.iter().filter_map(|(_, mark)| mark.ended_by).collect();
    Some(sight.motif(NAME, statement, &marks, &[said, back].concat()))
}
