//! Pods need no control plane to run: those that were ready stayed so while it did not answer.
//!
//! Kubernetes documentation, Kubernetes Components: the kubelet keeps pods running by itself.

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::{Citation, Subject};
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "pods-run-on", class: FactorClass::Luck, roles: &[Role::ControlPlane, Role::LeaseLost], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let signals: Vec<usize> = case.with(&[Role::ControlPlane, Role::LeaseLost]).into_iter().take(1).collect();
    let of_pods = |workload: &Subject| workload.namespace().is_some_and(|one| one != "kube-system");
    let mut well: BTreeMap<&Subject, Citation> = BTreeMap::new();
    for (workload, pods) in topology.pods_by_workload().filter(|(workload, _)| of_pods(workload)).take(MOST) {
        let before = |pod: &&Pod| pod.created.or(pod.arrived()).is_none_or(|come| come < case.cascade.from);
        let runs = |pod: &&Pod| pod.object.as_ref().is_some_and(|object| object.finished.is_none());
        let pods: Vec<&Pod> = pods.collect();
        // One that went meanwhile may have been in trouble before.
        let went = |pod: &&Pod| pod.object.is_none() && pod.last_seen.is_none_or(|last| last >= case.cascade.from);
        if pods.iter().any(went) {
            continue;
        }
        let mut there = pods.into_iter().filter(runs).filter(before).peekable();
        let Some(record) = there.peek().and_then(|pod| pod.object.as_ref()).map(|object| object.citation) else {
            continue;
        };
        if there.all(|pod| pod.ready.is_some_and(|(ready, since)| ready && since <= case.cascade.from)) {
            well.insert(workload, record);
        }
    }
    if well.is_empty() || signals.is_empty() {
        return Vec::new();
    }
    // Those that serve the cluster's users first: what watches is named last.
    let (watch, users): (Vec<&Subject>, Vec<&Subject>) =
        well.keys().copied().partition(|one| one.namespace() == Some("monitoring"));
    let statement = format!(
        "Pods need no control plane to run on, and these were ready all along: {}",
        names(users.iter().chain(&watch))
    );
    vec![Found::new(statement, signals).by(case, well.into_values().take(3))]
}

/// So many workloads are looked at.
const MOST: usize = 200;
