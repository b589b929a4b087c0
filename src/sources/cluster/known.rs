//! Where in the lists stands what a description needs: the events of an object, the pods and the lease of a node.
//!
//! The index has 16 bytes for each event, pod and lease, whatever they hold: a hash of what they are looked up by,
//! and their number. Two names with the same hash cost a reading that is thrown away, as whoever looks up compares
//! what it finds with what it wants.

use super::health::is_plainly_healthy;
use crate::model::Window;
use crate::objects::Pod;
use crate::sources::run::inventory::Objects;
use crate::sources::wire::list::{Identity, IdentityMeta};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Where the heartbeats of nodes are.
pub const NODE_LEASES: &str = "kube-node-lease";

/// What an event is about, and how bad.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Note {
    involved_object: About,
    r#type: String,
    event_time: Option<DateTime<Utc>>,
    last_timestamp: Option<DateTime<Utc>>,
    series: Option<Series>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct About {
    kind: String,
    namespace: String,
    name: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Series {
    last_observed_time: Option<DateTime<Utc>>,
}

impl Note {
    fn last_seen(&self) -> Option<DateTime<Utc>> {
        let series = self.series.as_ref().and_then(|series| series.last_observed_time);
        series.max(self.last_timestamp).max(self.event_time)
    }
}

/// Objects by a hash.
#[derive(Debug, Default)]
struct Index(Vec<(u64, u32)>);

impl Index {
    fn note(&mut self, key: u64, at: usize) {
        // More than four thousand million of a kind do not fit an etcd.
        self.0.extend(u32::try_from(at).ok().map(|at| (key, at)));
    }

    fn sorted(mut self) -> Self {
        self.0.sort_unstable();
        self
    }

    /// The numbers under `key`, ascending.
    fn of(&self, key: u64) -> impl Iterator<Item = usize> + '_ {
        let begin = self.0.partition_point(|(other, _)| *other < key);
        let found = self.0.get(begin..).unwrap_or_default().iter().take_while(move |(other, _)| *other == key);
        found.map(|(_, at)| *at as usize)
    }
}

fn hash(name: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// The lists, with what is needed to find one's way in them.
pub struct Known {
    pub pods: Objects,
    leases: Objects,
    events: Objects,
    /// By kind, namespace (empty for nodes) and name of what they are about.
    about: Index,
    /// By name of the node.
    pods_of: Index,
    /// By name of the node.
    leases_of: Index,
    /// Numbers of the pods that are not plainly healthy, those that cannot be read among them.
    pub unwell: Vec<u32>,
}

impl Known {
    /// Reads every list once. `window` is that of [`is_plainly_healthy`].
    pub fn new(pods: Objects, leases: Objects, events: Objects, window: Window) -> Self {
        let mut about = Index::default();
        let mut warned = Vec::new();
        for (at, event) in events.iter().enumerate() {
            let note: Note = event.ok().and_then(|event| serde_json::from_str(&event).ok()).unwrap_or_default();
            let is_warning = note.r#type == "Warning" && note.last_seen().is_none_or(|at| window.contains(at));
            let key =
                about_key(&note.involved_object.kind, &note.involved_object.namespace, &note.involved_object.name);
            about.note(key, at);
            warned.extend(is_warning.then_some(key));
        }
        warned.sort_unstable();
        let mut pods_of = Index::default();
        let mut unwell = Vec::new();
        for (at, pod) in pods.iter().enumerate() {
            let pod: Option<Pod> = pod.ok().and_then(|pod| serde_json::from_str(&pod).ok());
            let is_healthy = pod.as_ref().is_some_and(|pod| {
                let key = about_key("Pod", &pod.metadata.namespace, &pod.metadata.name);
                is_plainly_healthy(pod, window, warned.binary_search(&key).is_ok())
            });
            unwell.extend(u32::try_from(at).ok().filter(|_| !is_healthy));
            pods_of.note(hash(pod.unwrap_or_default().spec.node_name.as_str()), at);
        }
        let mut leases_of = Index::default();
        for (at, lease) in leases.iter().enumerate() {
            let metadata = lease.map(|lease| identity(&lease)).unwrap_or_default();
            if metadata.namespace == NODE_LEASES {
                leases_of.note(hash(metadata.name.as_str()), at);
            }
        }
        let (about, pods_of, leases_of) = (about.sorted(), pods_of.sorted(), leases_of.sorted());
        Self { pods, leases, events, about, pods_of, leases_of, unwell }
    }

    /// Events that may be about an object: the caller sees whether they are.
    pub fn events_about<T: DeserializeOwned>(&self, kind: &str, namespace: &str, name: &str) -> Vec<T> {
        read_all(&self.events, self.about.of(about_key(kind, namespace, name)))
    }

    /// Pods that may be on a node: the caller sees whether they are.
    pub fn pods_of<T: DeserializeOwned>(&self, node: &str) -> Vec<T> {
        read_all(&self.pods, self.pods_of.of(hash(node)))
    }

    pub fn lease_of<T: DeserializeOwned>(&self, node: &str) -> Option<T> {
        let leases = self.leases_of.of(hash(node)).filter_map(|at| self.leases.get(at).ok());
        leases
            .into_iter()
            .find(|lease| identity(lease).name == node)
            .and_then(|lease| serde_json::from_str(&lease).ok())
    }
}

/// Events about nodes stand in a namespace, though nodes have none.
fn about_key(kind: &str, namespace: &str, name: &str) -> u64 {
    hash(&(kind, if kind == "Node" { "" } else { namespace }, name))
}

fn read_all<T: DeserializeOwned>(objects: &Objects, numbers: impl Iterator<Item = usize>) -> Vec<T> {
    numbers.filter_map(|at| serde_json::from_str(&objects.get(at).ok()?).ok()).collect()
}

/// Where an object is; nothing if that cannot be read.
pub fn identity(object: &str) -> IdentityMeta {
    serde_json::from_str::<Identity>(object).unwrap_or_default().metadata
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};
    use std::collections::BTreeMap;

    fn window() -> Window {
        let at = DateTime::parse_from_rfc3339("2026-11-21T07:00:00Z").expect("a time").to_utc();
        Window::new(at, at + chrono::TimeDelta::hours(1))
    }

    fn objects(values: &[Value]) -> Objects {
        let texts: Vec<String> = values.iter().map(Value::to_string).collect();
        Objects::of(texts.iter().map(String::as_str))
    }

    proptest! {
        #[test]
        fn everything_is_found_under_its_name(names in proptest::collection::vec(0_u8..6, 0..40)) {
            let pod = |(at, node): (usize, &u8)| {
                json!({"metadata": {"name": at.to_string()}, "spec": {"nodeName": format!("node-{node}")}})
            };
            let event = |(at, pod): (usize, &u8)| {
                json!({"at": at, "involvedObject": {"kind": "Pod", "namespace": "shop", "name": pod.to_string()}})
            };
            let pods: Vec<Value> = names.iter().enumerate().map(pod).collect();
            let events: Vec<Value> = names.iter().enumerate().map(event).collect();
            let known = Known::new(objects(&pods), Objects::default(), objects(&events), window());
            let mut expected: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
            for (at, name) in names.iter().enumerate() {
                expected.entry(*name).or_default().push(at);
            }
            for name in 0..6 {
                let numbers = expected.remove(&name).unwrap_or_default();
                let found: Vec<Value> = known.pods_of(&format!("node-{name}"));
                prop_assert_eq!(found, numbers.iter().map(|at| pods[*at].clone()).collect::<Vec<_>>());
                let found: Vec<Value> = known.events_about("Pod", "shop", &name.to_string());
                prop_assert_eq!(found, numbers.iter().map(|at| events[*at].clone()).collect::<Vec<_>>());
                prop_assert!(known.events_about::<Value>("Pod", "web", &name.to_string()).is_empty());
            }
        }
    }

    #[test]
    fn a_node_has_its_lease_and_no_other() {
        let lease = |namespace: &str| json!({"metadata": {"name": "node-1", "namespace": namespace}});
        let leases = objects(&[lease("other"), lease(NODE_LEASES)]);
        let known = Known::new(Objects::default(), leases, Objects::default(), window());
        assert_eq!(known.lease_of::<Value>("node-1"), Some(lease(NODE_LEASES)));
        assert_eq!(known.lease_of::<Value>("node-2"), None);
    }
}
