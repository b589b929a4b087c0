//! The same trouble began on the next node after a pod of the same workload had come to it.
//!
//! A replacement carries its template along; analysis of published incidents, motif "failure follows the pod".

use super::case::is_harm;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check {
    id: "follows",
    class: FactorClass::Propagation,
    roles: &[Role::NodeDistress, Role::Shortage, Role::Evicted, Role::NodeTaken, Role::Drained],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    // When each node's trouble began, by its kind.
    let mut begun: BTreeMap<(&str, &str), (usize, &Signal)> = BTreeMap::new();
    for index in case.those(|signal| signal.subject.is("Node") && (is_harm(signal) || signal.has(Role::NodeTaken))) {
        let Some(signal) = case.signal(index) else { continue };
        let Some(node) = signal.node.as_deref() else { continue };
        let known = begun.entry((signal.base_name(), node)).or_insert((index, signal));
        if signal.from.time < known.1.from.time {
            *known = (index, signal);
        }
    }
    let mut found = Vec::new();
    for ((kind, node), (index, signal)) in &begun {
        let others = begun.iter().filter(|((other, there), _)| other == kind && there != node);
        let before =
            others.filter(|(_, (_, one))| one.from.time < signal.from.time).min_by_key(|(_, (_, one))| one.from.time);
        let Some(((_, first), (cause, earlier))) = before else { continue };
        // What had begun there before the pod came did not come with it.
        let own = begun.iter().filter(|((_, there), _)| there == node).map(|(_, (_, one))| one.from.time).min();
        let came = case.pods().filter(|(workload, pod)| {
            let came = pod.arrived().is_some_and(|at| at > earlier.from.time && own.is_some_and(|own| at < own));
            came && pod.node.as_deref() == Some(*node) && was_on(case, workload, first)
        });
        // Of several, the one that came last before it.
        let arrived = came.max_by_key(|(_, pod)| pod.arrived());
        if let Some((workload, pod)) = arrived {
            let statement = format!(
                "What happened on Node/{first} happened on Node/{node} once a pod of {workload} had come there: {}",
                signal.title
            );
            let remedy =
                format!("A pod of {workload} cannot do to another node what it did to Node/{first}, shown by a trial");
            let records = pod.object.as_ref().map(|object| object.citation);
            found.push(Found::new(statement, vec![*cause, *index]).by(case, records).mended(remedy));
        }
    }
    found
}

fn was_on(case: &Case<'_>, workload: &Subject, node: &str) -> bool {
    let pods = case.scene.topology.last_pods_of(workload, case.cascade.to);
    pods.filter(|pod| pod.node.as_deref() == Some(node)).any(|pod| !case.subjects.signals(&pod.subject()).is_empty())
}
