//! A node that could start no pod stayed Ready, or was not closed yet, so that pods went on being sent to it.
//!
//! The scheduler looks at conditions, taints and resources only (Kubernetes documentation, Kubernetes Scheduler).

use super::case::{is_harm, names};
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check {
    id: "still-sent",
    class: FactorClass::Amplifier,
    roles: &[Role::NodeDistress, Role::NodeNetwork, Role::NodeTaken, Role::NodeUnready],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_node: BTreeMap<&str, (Vec<usize>, BTreeSet<&Subject>)> = BTreeMap::new();
    for edge in &case.edges {
        let Some((from, to)) = case.ends(edge) else { continue };
        let Some(node) = from.node.as_deref().filter(|_| is_of_node(from)) else { continue };
        if to.subject.is("Pod") && is_harm(to) && never_ran(case, to) {
            let known = of_node.entry(node).or_default();
            known.0.extend([edge.from, edge.to]);
            known.1.insert(&to.subject);
        }
    }
    let found = |(node, (mut signals, pods)): (&str, (Vec<usize>, BTreeSet<&Subject>))| {
        let marked = case.recorded(Role::NodeUnready, [Subject::node(node)].iter());
        let first = case.of(&signals).map(|signal| signal.from.time).min()?;
        let stayed = case.scene.topology.is_node_ready(node) == Some(true) && marked.is_empty();
        let late = pods.iter().any(|pod| {
            let came = case.scene.topology.pods_named(pod).filter_map(|pod| pod.created.or(pod.arrived())).last();
            came.is_some_and(|at| at > first)
        });
        if !stayed && !late {
            return None;
        }
        signals.sort_unstable();
        signals.dedup();
        let why = if stayed { "stayed Ready" } else { "still took pods" };
        let statement =
            format!("Node/{node} {why}, so pods were sent to it that could not start there: {}", names(&pods));
        let remedy = format!("Node/{node} is closed to new pods as soon as it cannot start them, shown by a trial");
        Some(Found::new(statement, signals).mended(remedy))
    };
    of_node.into_iter().filter_map(found).collect()
}

fn is_of_node(signal: &Signal) -> bool {
    [Role::NodeDistress, Role::NodeNetwork, Role::NodeTaken].into_iter().any(|role| signal.has(role))
}

/// Whether no container of the pod is known to have run.
fn never_ran(case: &Case<'_>, signal: &Signal) -> bool {
    let pod = case.scene.topology.pod_at(&signal.subject, signal.from.time);
    // Of one that is gone and that nobody saw come it is not known.
    let is_seen = |pod: &Pod| pod.object.is_some() || pod.created.or(pod.scheduled_at).is_some();
    pod.is_some_and(|pod| pod.started.iter().next().is_none() && is_seen(pod)) && !signal.has(Role::NodeUnready)
}
