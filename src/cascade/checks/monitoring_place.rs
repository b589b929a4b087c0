//! What watches stood on a node that was hurt, and so shared what it was to tell of.
//!
//! Google SRE book, Monitoring Distributed Systems; analysis of published incidents, where the monitoring was hit itself.

use super::case::was_there;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "monitoring-place",
    class: FactorClass::Latent,
    roles: &[Role::NodeDistress, Role::NodeUnready, Role::Shortage],
    find,
};

/// How the names of programs begin that watch a cluster.
const MONITORING: [&str; 3] = ["prometheus", "alertmanager", "grafana"];

fn find(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let mut found = Vec::new();
    for (node, signals) in case.hurt_nodes() {
        let at = case.of(&signals).map(|signal| signal.from.time).min().unwrap_or(case.cascade.from);
        let is_watcher = |workload: &&Subject| MONITORING.iter().any(|name| workload.name().starts_with(name));
        let here: BTreeSet<&Subject> = topology.workloads_on(node).filter(is_watcher).collect();
        for workload in here {
            let stood =
                topology.last_pods_of(workload, at).any(|pod| pod.node.as_deref() == Some(node) && was_there(pod, at));
            if stood {
                let statement = format!(
                    "{workload} stood on Node/{node}, which was hurt: what watches shared what it was to tell of"
                );
                let remedy = format!(
                    "{workload} stands on no node that runs what it watches, or has a second replica elsewhere"
                );
                found.push(Found::new(statement, signals.clone()).by(case, case.record_of(workload)).mended(remedy));
            }
        }
    }
    found
}
