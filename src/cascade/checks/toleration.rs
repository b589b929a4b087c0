//! Pods on a node that was lost were given up only after the time for which they tolerate that.
//!
//! The admission plugin DefaultTolerationSeconds gives every pod 300 s (Kubernetes documentation, Taints and
//! Tolerations).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::{Subject, length, rfc3339};
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "toleration", class: FactorClass::Latent, roles: &[Role::TaintEviction], find };

/// Shorter ones delay nothing that anybody notices.
const LONG: TimeDelta = TimeDelta::minutes(2);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::TaintEviction]) {
        let node = case.node_at(signal);
        node.into_iter().for_each(|node| of_node.entry(node).or_default().push(index));
    }
    let found = |(node, signals): (&str, Vec<usize>)| {
        let evicted = case.of(&signals).min_by_key(|signal| signal.from.time)?;
        let lost = case.recorded(Role::NodeUnready, [Subject::node(node)].iter());
        let (lost_index, lost) = lost.into_iter().rfind(|(_, lost)| lost.from.time < evicted.from.time)?;
        let after = evicted.from.time - lost.from.time;
        if after < LONG {
            return None;
        }
        let pods = case
            .scene
            .topology
            .pods_named(&evicted.subject)
            .last()
            .and_then(|pod: &Pod| case.scene.topology.spec_of(pod));
        let written =
            pods.into_iter().flat_map(|spec| &spec.tolerations).filter_map(|one| one.toleration_seconds).max();
        let written = written.map(|seconds| format!(" (tolerationSeconds {seconds})")).unwrap_or_default();
        let (pod, at) = (&evicted.subject, rfc3339(evicted.from.time));
        let statement = format!(
            "{pod} was given up only at {at}, {} after Node/{node} was marked{written}, and had no replacement before",
            length(after)
        );
        let remedy = format!(
            "The pods of {} tolerate a lost node only as long as they may be away, as their tolerationSeconds show",
            case.workload(pod)
        );
        let signals = [lost_index].into_iter().chain(signals).collect();
        Some(Found::new(statement, signals).mended(remedy))
    };
    of_node.into_iter().filter_map(found).collect()
}
