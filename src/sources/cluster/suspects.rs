//! Which nodes look dead from what is listed of them, so that their kubelets are asked last.

use super::known::NODE_LEASES;
use crate::objects::{Lease, Node};
use crate::sources::run::Run;
use crate::sources::run::inventory::Objects;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A kubelet renews its lease every 10 s; after 40 s the node controller thinks it dead.
const LEASE: TimeDelta = TimeDelta::seconds(40);

/// Makes the breaker of every node once nodes and leases are known.
pub async fn make_breakers(run: &Run) {
    let nodes = run.inventory.nodes.wait().await;
    let leases = run.inventory.leases.wait().await.unwrap_or_default();
    let made = nodes.map(|nodes| {
        let suspects = suspects(&nodes, &leases);
        run.make_breakers(&suspects);
        Arc::new(suspects.into_keys().collect::<Vec<String>>())
    });
    run.inventory.node_names.publish(made);
}

/// Every node, and whether it looks dead: not ready, or its lease is old by the clock of the freshest one.
fn suspects(nodes: &Objects, leases: &Objects) -> BTreeMap<String, bool> {
    let renewed: BTreeMap<String, DateTime<Utc>> = leases
        .iter()
        .filter_map(|lease| serde_json::from_str::<Lease>(&lease.ok()?).ok())
        .filter(|lease| lease.metadata.namespace == NODE_LEASES)
        .filter_map(|lease| Some((lease.metadata.name, lease.spec.renew_time?)))
        .collect();
    let newest = renewed.values().max().copied();
    let seen = nodes.iter().filter_map(|node| serde_json::from_str::<Node>(&node.ok()?).ok());
    seen.map(|node| {
        let ready = node.is_ready() == Some(true);
        let stale = match (newest, renewed.get(&node.metadata.name)) {
            (Some(newest), Some(renewed)) => newest - *renewed > LEASE,
            _ => false,
        };
        (node.metadata.name, !ready || stale)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_that_are_not_ready_or_silent_are_suspect() {
        let node = |name: &str, ready: &str| {
            format!(
                r#"{{"metadata":{{"name":"{name}"}},"status":{{"conditions":[{{"type":"Ready","status":"{ready}"}}]}}}}"#
            )
        };
        let lease = |name: &str, time: &str| {
            format!(
                r#"{{"metadata":{{"name":"{name}","namespace":"kube-node-lease"}},"spec":{{"renewTime":"{time}"}}}}"#
            )
        };
        let nodes = [node("a", "True"), node("b", "Unknown"), node("c", "True")];
        let leases = [lease("a", "2026-11-21T07:12:31.123456Z"), lease("c", "2026-11-21T07:11:00.000000Z")];
        let objects = |texts: &[String]| Objects::of(texts.iter().map(String::as_str));
        let found = suspects(&objects(&nodes), &objects(&leases));
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("a".into(), false), ("b".into(), true), ("c".into(), true)]
        );
    }
}
