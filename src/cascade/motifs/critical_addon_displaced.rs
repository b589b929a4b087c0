//! Critical add-on displaced: a pod that the node or the cluster cannot do without was put out of its node or found no
//! place, while pods of applications stayed.
//!
//! What is critical says Kubernetes itself: the priority classes system-node-critical and system-cluster-critical, and
//! DaemonSets of the namespace kube-system.
//!
//! Source: kubernetes documentation, Guaranteed Scheduling For Critical Add-On Pods.

use super::Motif;
use super::sight::{Sight, clock, counted, listed};
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::Role;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

pub const NAME: &str = "critical-add-on-displaced";

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    for (index, out) in sight.with(&[Role::Evicted, Role::TaintEviction]) {
        let topology = sight.scene.topology;
        let Some(pod) = topology.pod_at(&out.subject, out.from.time) else { continue };
        let Some(node) = pod.node.as_deref() else { continue };
        let workload = sight.workload(&out.subject);
        if !is_critical(sight, pod, &workload) {
            continue;
        }
        let staying = staying(sight, node, out.from.time);
        if !staying.is_empty() && told.insert((workload.clone(), node)) {
            let names: Vec<String> = staying.iter().map(Subject::to_string).collect();
            let statement = format!(
                "A critical add-on was displaced: {node} put out {} of {workload} at {}, while pods of {} stayed on it ({})",
                out.subject.name(),
                clock(out.from.time),
                counted(staying.len(), "other workload"),
                listed(names.iter().map(String::as_str)),
            );
            found.push(sight.motif(NAME, statement, &[(index, out)], &[]));
        }
    }
    found
}

fn is_critical(sight: &Sight<'_>, pod: &Pod, workload: &Subject) -> bool {
    let class = sight.scene.topology.spec_of(pod).map(|spec| spec.priority_class_name.as_str());
    let is_agent = workload.is("DaemonSet") && workload.namespace() == Some("kube-system");
    is_agent || matches!(class, Some("system-node-critical" | "system-cluster-critical"))
}

/// The workloads outside kube-system whose pods were on a node at a time and were seen there later.
fn staying(sight: &Sight<'_>, node: &str, at: DateTime<Utc>) -> BTreeSet<Subject> {
    let topology = sight.scene.topology;
    let is_there =
        |pod: &Pod| pod.object.as_ref().is_some_and(|object| object.finished.is_none()) && pod.stopping.is_none();
    let stays = |workload: &&Subject| {
        workload.namespace() != Some("kube-system") && topology.came_before(workload, node, at).any(is_there)
    };
    topology.workloads_on(node).filter(stays).cloned().collect()
}
