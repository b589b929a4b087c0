//! Other pods of the same workload stood elsewhere and were ready throughout.
//!
//! The time of a pod's condition Ready says since when it is so (Kubernetes documentation, Pod Lifecycle).

use super::case::{is_harm, names};
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check {
    id: "replicas-left",
    class: FactorClass::Luck,
    roles: &[Role::Unready, Role::NodeUnready, Role::Gone, Role::NodeDistress, Role::Drained],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let hurt: BTreeSet<&Subject> =
        case.of(&case.cascade.signals).filter(|one| is_harm(one)).map(|one| &one.subject).collect();
    let mut well: BTreeMap<&Subject, Vec<&Pod>> = BTreeMap::new();
    let mut sick: BTreeMap<&Subject, Vec<usize>> = BTreeMap::new();
    for (workload, pod) in case.pods().filter(|(workload, _)| !workload.is("DaemonSet")) {
        let since = pod.ready.filter(|(ready, since)| *ready && *since <= harm && pod.object.is_some());
        match (since, hurt.contains(&pod.subject())) {
            (Some(_), false) => well.entry(workload).or_default().push(pod),
            (_, true) => sick.entry(workload).or_default().extend(case.subjects.signals(&pod.subject()).first()),
            _ => {}
        }
    }
    let told = |(workload, pods): (&Subject, Vec<&Pod>)| {
        let signals = sick.get(workload)?.clone();
        let nodes: BTreeSet<Subject> = pods.iter().filter_map(|pod| pod.node.as_deref()).map(Subject::node).collect();
        let place = if nodes.is_empty() { String::new() } else { format!(" on {}", names(&nodes)) };
        let (count, were) = (pods.len(), if pods.len() == 1 { "pod" } else { "pods" });
        let statement = format!(
            "{count} other {were} of {workload} stayed ready all along{place}: {}",
            names(pods.iter().map(|pod| pod.subject()))
        );
        let records = pods.iter().filter_map(|pod| pod.object.as_ref()).map(|object| object.citation).take(2);
        Some(Found::new(statement, signals).by(case, records))
    };
    well.into_iter().filter_map(told).collect()
}
