//! Objects of the kinds that incidents are told in, as the API server sent them.
//!
//! An item is one kind, in one namespace where namespaces were asked for. The lines of an entry are the list's items
//! byte for byte: they carry neither `apiVersion` nor `kind`, which the path tells. Of config maps and secrets only
//! the metadata is asked for, so their values never cross the wire; the names of their keys stand in `managedFields`.
//! The last-applied annotation is left out of every object.

use super::known::NODE_LEASES;
use super::shelf::Shelf;
use super::{inherited, listing};
use crate::sources::run::inventory::Objects;
use crate::sources::run::item::Item;
use crate::sources::run::pool::{Job, Rank};
use crate::sources::run::{Options, Run};
use crate::sources::{Permission, Source};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "objects",
    title: "Objects and events",
    why: "the state of everything, and the events, which expire within the hour",
    permissions: &[
        Permission::new(
            "",
            "configmaps,events,namespaces,nodes,persistentvolumeclaims,persistentvolumes,pods,secrets,services",
            &["list"],
        ),
        Permission::new("apps", "daemonsets,deployments,replicasets,statefulsets", &["list"]),
        Permission::new("batch", "cronjobs,jobs", &["list"]),
        Permission::new("coordination.k8s.io", "leases", &["list"]),
        Permission::new("discovery.k8s.io", "endpointslices", &["list"]),
        Permission::new("events.k8s.io", "events", &["list"]),
    ],
    paths: &["objects/cluster/PLURAL.jsonl", "objects/namespaces/NAMESPACE/PLURAL.jsonl"],
    cap: u64::MAX,
    expect: |options| requests(options).iter().map(Request::subject).collect(),
    run: |run, items| Box::pin(collect(run, items)),
};

/// A kind to list.
#[derive(Debug)]
pub struct Kind {
    pub group: &'static str,
    pub version: &'static str,
    pub plural: &'static str,
    pub namespaced: bool,
    /// Ask for the metadata only: the rest may be secret.
    pub metadata_only: bool,
    /// Who else waits for the list.
    pub keep: Option<Keep>,
}

/// Lists that other collectors need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    Events,
    Leases,
    Nodes,
    Pods,
}

impl Kind {
    pub const fn new(group: &'static str, version: &'static str, plural: &'static str) -> Self {
        Self { group, version, plural, namespaced: true, metadata_only: false, keep: None }
    }

    pub const fn cluster(mut self) -> Self {
        self.namespaced = false;
        self
    }

    const fn metadata_only(mut self) -> Self {
        self.metadata_only = true;
        self
    }

    const fn kept(mut self, keep: Keep) -> Self {
        self.keep = Some(keep);
        self
    }

    /// Whether it is a webhook configuration, which holds URLs.
    pub fn is_webhook(&self) -> bool {
        self.group == "admissionregistration.k8s.io"
    }

    /// As the archive's paths have it: `deployments.apps`.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }
}

/// Those that perish or that others wait for come first.
static KINDS: [Kind; 18] = [
    Kind::new("", "v1", "events").kept(Keep::Events),
    Kind::new("", "v1", "pods").kept(Keep::Pods),
    Kind::new("", "v1", "nodes").cluster().kept(Keep::Nodes),
    Kind::new("coordination.k8s.io", "v1", "leases").kept(Keep::Leases),
    Kind::new("events.k8s.io", "v1", "events"),
    Kind::new("apps", "v1", "daemonsets"),
    Kind::new("apps", "v1", "deployments"),
    Kind::new("apps", "v1", "replicasets"),
    Kind::new("apps", "v1", "statefulsets"),
    Kind::new("batch", "v1", "cronjobs"),
    Kind::new("batch", "v1", "jobs"),
    Kind::new("discovery.k8s.io", "v1", "endpointslices"),
    Kind::new("", "v1", "services"),
    Kind::new("", "v1", "namespaces").cluster(),
    Kind::new("", "v1", "persistentvolumeclaims"),
    Kind::new("", "v1", "persistentvolumes").cluster(),
    Kind::new("", "v1", "configmaps").metadata_only(),
    Kind::new("", "v1", "secrets").metadata_only(),
];

/// Where events about nodes are, as nodes have no namespace.
const NODE_EVENTS: &str = "default";

/// One list to ask for.
#[derive(Clone, Debug)]
pub struct Request {
    pub kind: &'static Kind,
    pub namespace: Option<String>,
    pub field_selector: Option<&'static str>,
}

impl Request {
    /// As outcomes name it.
    pub fn subject(&self) -> String {
        let name = self.kind.full_name();
        match (&self.namespace, self.field_selector) {
            (None, _) => name,
            (Some(namespace), None) => format!("{name} of namespace {namespace}"),
            (Some(_), Some(_)) => format!("{name} of nodes"),
        }
    }

    fn rank(&self) -> Rank {
        let is_event = self.kind.plural == "events";
        if self.kind.keep.is_some() || is_event { Rank::First } else { Rank::Lasting }
    }
}

/// Every list of a run. The ones others need are made even if objects were not asked for.
fn requests(options: &Options) -> Vec<Request> {
    let whole = options.wants(&SOURCE);
    let mut requests = Vec::new();
    for kind in KINDS.iter().filter(|kind| whole || kind.keep.is_some()) {
        let request = |namespace: Option<&str>, field_selector| Request {
            kind,
            namespace: namespace.map(str::to_owned),
            field_selector,
        };
        if !kind.namespaced || options.namespaces.is_empty() {
            requests.push(request(None, None));
            continue;
        }
        let named = |name: &str| options.namespaces.iter().any(|namespace| namespace == name);
        requests.extend(options.namespaces.iter().map(|namespace| request(Some(namespace), None)));
        match kind.keep {
            Some(Keep::Leases) if !named(NODE_LEASES) => requests.push(request(Some(NODE_LEASES), None)),
            Some(Keep::Events) if !named(NODE_EVENTS) => {
                requests.push(request(Some(NODE_EVENTS), Some("involvedObject.kind=Node")));
            }
            _ => {}
        }
    }
    requests
}

async fn collect(run: Arc<Run>, items: Vec<Item>) {
    let requests = requests(&run.options);
    let mut lists: BTreeMap<Keep, usize> = BTreeMap::new();
    for keep in requests.iter().filter_map(|request| request.kind.keep) {
        *lists.entry(keep).or_default() += 1;
    }
    let shelf = |(keep, lists)| (keep, Arc::new(Shelf::new(keep, lists, run.sink.target().folder())));
    let shelves: BTreeMap<Keep, Arc<Shelf>> = lists.into_iter().map(shelf).collect();
    let (settled, asked): (Vec<_>, Vec<_>) = requests.into_iter().zip(items).partition(|(_, item)| item.is_settled());
    let shelf_of = |request: &Request| request.kind.keep.and_then(|keep| shelves.get(&keep).cloned());
    let jobs: Vec<Job> = asked
        .into_iter()
        .map(|(request, item)| {
            let (run, shelf) = (run.clone(), shelf_of(&request));
            Job::new(request.rank(), item, move |item| async move {
                let ended = listing::list(&run, &request, item, shelf.as_deref()).await;
                if let Some(shelf) = shelf {
                    shelf.end(&run, ended);
                }
            })
        })
        .collect();
    run.pool.submit(jobs);
    for (request, _) in settled {
        if let (Some(older), Some(shelf)) = (&run.options.resume, shelf_of(&request)) {
            shelf.end(&run, inherited::list(older, &request, &shelf).await);
        }
    }
    make_gates(&run).await;
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Seen {
    metadata: crate::sources::wire::list::IdentityMeta,
    status: NodeStatus,
    spec: LeaseSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NodeStatus {
    conditions: Vec<Condition>,
}

#[derive(Deserialize)]
struct Condition {
    r#type: String,
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LeaseSpec {
    renew_time: Option<DateTime<Utc>>,
}

/// A kubelet renews its lease every 10 s; after 40 s the node controller thinks it dead.
const LEASE: TimeDelta = TimeDelta::seconds(40);

/// Makes the gate of every node once nodes and leases are known.
async fn make_gates(run: &Run) {
    let nodes = run.inventory.nodes.wait().await;
    let leases = run.inventory.leases.wait().await.unwrap_or_default();
    let made = nodes.map(|nodes| {
        let suspects = suspects(&nodes, &leases);
        run.make_gates(&suspects);
        Arc::new(suspects.into_keys().collect::<Vec<String>>())
    });
    run.inventory.node_names.publish(made);
}

/// Every node, and whether it looks dead: not ready, or its lease is old by the clock of the freshest one.
fn suspects(nodes: &Objects, leases: &Objects) -> BTreeMap<String, bool> {
    let renewed: BTreeMap<String, DateTime<Utc>> = leases
        .iter()
        .filter_map(|lease| serde_json::from_str::<Seen>(&lease.ok()?).ok())
        .filter(|lease| lease.metadata.namespace == NODE_LEASES)
        .filter_map(|lease| Some((lease.metadata.name, lease.spec.renew_time?)))
        .collect();
    let newest = renewed.values().max().copied();
    let seen = nodes.iter().filter_map(|node| serde_json::from_str::<Seen>(&node.ok()?).ok());
    seen.map(|node| {
        let ready =
            node.status.conditions.iter().any(|condition| condition.r#type == "Ready" && condition.status == "True");
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
