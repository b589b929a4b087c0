//! Control-plane saturation: etcd or the API server answers late, and nodes or controllers far from it pay for it.
//!
//! Its parts: the slowness itself, and what a link ties to it: kubelets of two nodes or more that could not report, or
//! a program of the control plane that lost its lead.
//!
//! Source: kubernetes, staging/src/k8s.io/client-go/tools/leaderelection (a lead ends when it cannot be renewed in
//! time); documentation, Nodes, Heartbeats.

use super::Motif;
use super::sight::{One, Sight, clock, counted, listed};
use crate::model::length;
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "control-plane-saturation";

/// From a slow disk to a node that is marked there are no more links than this.
const MOST_STEPS: usize = 5;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut by_cascade: BTreeMap<usize, (Vec<One<'_>>, BTreeMap<usize, &Signal>)> = BTreeMap::new();
    for (index, slow) in sight.with(&[Role::ControlPlaneSlow]) {
        let Some(cascade) = sight.cascade(index) else { continue };
        let hurt = sight.after(index, MOST_STEPS).into_iter().filter(|(_, one)| is_far(one));
        let hurt: Vec<One<'_>> = hurt.collect();
        if !hurt.is_empty() {
            let (slows, all) = by_cascade.entry(cascade).or_default();
            slows.push((index, slow));
            all.extend(hurt);
        }
    }
    by_cascade.into_values().filter_map(|(slows, hurt)| motif(sight, &slows, &hurt)).collect()
}

fn is_far(signal: &Signal) -> bool {
    let is_node = signal.subject.is("Node") && (signal.has(Role::HeartbeatFailed) || signal.has(Role::NodeUnready));
    is_node || signal.has(Role::LeaderLost)
}

fn motif(sight: &Sight<'_>, slows: &[One<'_>], hurt: &BTreeMap<usize, &Signal>) -> Option<Motif> {
    let (_, first) = slows.first()?;
    let nodes: BTreeSet<&str> =
        hurt.values().filter(|one| one.subject.is("Node")).map(|one| one.subject.name()).collect();
    let leads: BTreeSet<&str> =
        hurt.values().filter(|one| one.has(Role::LeaderLost)).map(|one| one.subject.name()).collect();
    if nodes.len() < 2 && leads.is_empty() {
        return None;
    }
    let mut paid = Vec::new();
    if !nodes.is_empty() {
        let kubelets = if nodes.len() == 1 { "the kubelet" } else { "the kubelets" };
        paid.push(format!("{kubelets} of {} could not report in time", listed(nodes)));
    }
    if !leads.is_empty() {
        paid.push(format!("{} ({})", counted(leads.len(), "lead was lost").replace("losts", "lost"), listed(leads)));
    }
    let next = hurt.values().map(|one| one.from.time).min()?;
    let statement = format!(
        "The control plane held up what depends on it: {}, from {}; {} after that {}",
        first.title,
        clock(first.from.time),
        length((next - first.from.time).max(chrono::TimeDelta::zero())),
        paid.join(", and "),
    );
    let far = hurt.iter().map(|(index, one)| (*index, *one));
    Some(sight.motif(NAME, statement, &slows.iter().copied().chain(far).collect::<Vec<_>>(), &[]))
}
