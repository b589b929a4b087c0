//! Pods were given up with their node while they still ran: nobody can ask a node that does not answer.
//!
//! Taint-based eviction deletes the object; the kubelet ends the containers once it hears of it (Kubernetes
//! documentation, Taints and Tolerations; Nodes).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "evicted-running", class: FactorClass::Propagation, roles: &[Role::TaintEviction], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::TaintEviction]) {
        let node = case.node_at(signal);
        // That a kubelet ended its containers later shows that they had run until then.
        let ran_on = case.scene.index.of(Role::ToldToStop, &signal.subject);
        let stops = ran_on.into_iter().flat_map(|told| told.all()).filter_map(|stop| case.signal(stop));
        if let Some(node) = node.filter(|_| stops.into_iter().any(|stop| stop.from.time > signal.from.time)) {
            of_node.entry(node).or_default().push(index);
        }
    }
    let found = |(node, signals): (&str, Vec<usize>)| {
        let pods: Vec<&Subject> = case.of(&signals).map(|signal| &signal.subject).collect();
        let (were, their) = if pods.len() == 1 { ("was", "its") } else { ("were", "their") };
        let statement = format!(
            "{} {were} given up with Node/{node}, though {their} containers ran until the node answered again",
            names(&pods)
        );
        let remedy = format!("What may not run twice on Node/{node} is fenced before it is replaced, shown by a trial");
        Found::new(statement, signals).mended(remedy)
    };
    of_node.into_iter().map(found).collect()
}
