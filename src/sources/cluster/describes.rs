//! What `kubectl describe` would have printed, of every node and of every pod that is not plainly healthy.
//!
//! Rendered from the lists that were fetched anyway, without a request. Objects are read one by one: one that cannot
//! be read costs only itself. What plainly healthy means, `health` says.

use super::health::Vitals;
use crate::archive::format::Status;
use crate::archive::{Content, layout};
use crate::describe;
use crate::model::{Subject, Window};
use crate::sources::run::Run;
use crate::sources::run::inventory::Objects;
use crate::sources::run::item::{Closing, Ended, Item, or_end};
use crate::sources::run::ledger::Wanted;
use crate::sources::run::pool::{Job, Rank};
use crate::sources::{Permission, Profile, Source};
use chrono::{DateTime, Utc};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "describes",
    title: "Descriptions of nodes and of pods that are not healthy",
    why: "the first thing an operator asks for, ready to read",
    permissions: &[
        Permission::new("", "events,nodes,pods", &["list"]),
        Permission::new("coordination.k8s.io", "leases", &["list"]),
    ],
    paths: &["describe/nodes/NODE.txt", "describe/namespaces/NAMESPACE/pods/POD.txt"],
    profile: Profile::Quick,
    cap: 16 * 1024 * 1024,
    expect: |options| options.expected(&SOURCE, "all nodes and pods that are not healthy"),
    run: |run, items| Box::pin(plan(run, items)),
};

async fn plan(run: Arc<Run>, mut items: Vec<Item>) {
    let (pods, nodes, leases, events) = tokio::join!(
        run.inventory.pods.wait(),
        run.inventory.nodes.wait(),
        run.inventory.leases.wait(),
        run.inventory.events.wait(),
    );
    if pods.is_err() && nodes.is_err() {
        or_end(pods, &mut items);
        return;
    }
    let other_pods = match &pods {
        Err(closing) => Some(format!("without pods: {}", closing.why)),
        Ok(_) if run.options.namespaces.is_empty() => None,
        Ok(_) => Some("of its pods, only those of the namespaces that were asked for".to_owned()),
    };
    let known = Arc::new(Known::new(pods.unwrap_or_default(), leases.unwrap_or_default(), events));
    let mut jobs = Vec::new();
    for (at, node) in nodes.iter().flat_map(|nodes| nodes.iter()).enumerate() {
        let name = named(node).name;
        let subject = Subject::node(if name.is_empty() { format!("number {at}") } else { name.clone() }).to_string();
        let (run, known, node, lacks) = (run.clone(), known.clone(), node.clone(), other_pods.clone());
        let item = run.ledger.plan(Wanted::new(SOURCE.id, subject).entry(layout::describe_node(&name)));
        jobs.push(Job::new(Rank::Kept, item, move |item| async move {
            let text = known.node(&name, &node);
            let lacks = [lacks, known.no_events()].into_iter().flatten().collect();
            finish(&run, item, lacks, layout::describe_node(&name), text).await;
        }));
    }
    for at in known.to_describe(run.options.window) {
        let (namespace, name) =
            known.pods.get(at).map(|pod| named(pod)).map(|m| (m.namespace, m.name)).unwrap_or_default();
        let (run, known) = (run.clone(), known.clone());
        let wanted = Wanted::new(SOURCE.id, Subject::pod(&namespace, &name).to_string());
        let item = run.ledger.plan(wanted.entry(layout::describe_pod(&namespace, &name)));
        jobs.push(Job::new(Rank::Kept, item, move |item| async move {
            let text = known.pod(at, &namespace, &name);
            let lacks = known.no_events().into_iter().collect();
            finish(&run, item, lacks, layout::describe_pod(&namespace, &name), text).await;
        }));
    }
    items.into_iter().for_each(Item::expand);
    run.pool.submit(jobs);
}

/// Keeps a description; `lacks` is what it would hold besides.
async fn finish(run: &Run, item: Item, lacks: Vec<String>, path: String, text: Result<String, String>) {
    let text = match text {
        Ok(text) => text,
        Err(why) => return item.finish(Ended::new(Status::Failed, why)),
    };
    let Some(mut ended) = run.store(&path, Content::Log, text.as_bytes()).await else { return };
    if !lacks.is_empty() && ended.status == Status::Collected {
        (ended.status, ended.why) = (Status::Truncated, lacks.join("; "));
    }
    item.finish(ended);
}

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

/// The lists, with what is needed to find one's way in them.
struct Known {
    pods: Objects,
    leases: Objects,
    events: Objects,
    no_events: Option<Closing>,
    /// Events by what they are about: kind, namespace (empty for nodes), name.
    about: BTreeMap<(String, String, String), Vec<usize>>,
    pods_of: BTreeMap<String, Vec<usize>>,
    now: DateTime<Utc>,
}

impl Known {
    fn new(pods: Objects, leases: Objects, events: Result<Objects, Closing>) -> Self {
        let no_events = events.as_ref().err().cloned();
        let events = events.unwrap_or_default();
        let mut about: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, event) in events.iter().enumerate() {
            let About { kind, namespace, name } = note(event).involved_object;
            let namespace = if kind == "Node" { String::new() } else { namespace };
            about.entry((kind, namespace, name)).or_default().push(at);
        }
        let mut pods_of: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, pod) in pods.iter().enumerate() {
            let node = serde_json::from_str::<Vitals>(pod).unwrap_or_default().spec.node_name;
            pods_of.entry(node).or_default().push(at);
        }
        Self { pods, leases, events, no_events, about, pods_of, now: Utc::now() }
    }

    fn no_events(&self) -> Option<String> {
        self.no_events.as_ref().map(|closing| format!("without events: {}", closing.why))
    }

    /// The pods that are not plainly healthy; those that cannot be read are not.
    fn to_describe(&self, window: Window) -> Vec<usize> {
        let is_healthy = |pod: &str| {
            serde_json::from_str::<Vitals>(pod).is_ok_and(|pod| {
                let warned = self
                    .events_about("Pod", &pod.metadata.namespace, &pod.metadata.name)
                    .map(note)
                    .any(|note| note.r#type == "Warning" && note.last_seen().is_none_or(|at| window.contains(at)));
                pod.is_plainly_healthy(window, warned)
            })
        };
        self.pods.iter().enumerate().filter(|(_, pod)| !is_healthy(pod)).map(|(at, _)| at).collect()
    }

    fn events_about(&self, kind: &str, namespace: &str, name: &str) -> impl Iterator<Item = &str> {
        let events = self.about.get(&(kind.to_owned(), namespace.to_owned(), name.to_owned()));
        events.into_iter().flatten().filter_map(|at| self.events.get(*at)).map(AsRef::as_ref)
    }

    fn node(&self, name: &str, node: &str) -> Result<String, String> {
        let node: Node = read(node)?;
        let events: Vec<Event> = self
            .events_about("Node", "", name)
            .filter_map(|event| read::<Event>(event).ok())
            .filter(|event| describe::regards_node(event, &node))
            .collect();
        let pods: Vec<Pod> = self
            .pods_of
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|at| read::<Pod>(self.pods.get(*at)?).ok())
            .collect();
        let lease: Option<Lease> = self
            .leases
            .iter()
            .find(|lease| {
                let metadata = named(lease);
                metadata.namespace == "kube-node-lease" && metadata.name == name
            })
            .and_then(|lease| read(lease).ok());
        Ok(describe::node(&node, lease.as_ref(), &pods, &events, self.now))
    }

    fn pod(&self, at: usize, namespace: &str, name: &str) -> Result<String, String> {
        let pod: Pod = read(self.pods.get(at).map(AsRef::as_ref).unwrap_or_default())?;
        let events: Vec<Event> = self
            .events_about("Pod", namespace, name)
            .filter_map(|event| read::<Event>(event).ok())
            .filter(|event| describe::regards_pod(event, &pod))
            .collect();
        Ok(describe::pod(&pod, &events, self.now))
    }
}

fn note(event: &str) -> Note {
    serde_json::from_str(event).unwrap_or_default()
}

fn named(object: &str) -> crate::sources::wire::list::IdentityMeta {
    serde_json::from_str::<crate::sources::wire::list::Identity>(object).unwrap_or_default().metadata
}

fn read<T: DeserializeOwned>(object: &str) -> Result<T, String> {
    serde_json::from_str(object).map_err(|error| format!("the object cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warned_about_is_described_and_bad_objects_cost_only_themselves() {
        let pod = |name: &str| {
            format!(
                r#"{{"metadata":{{"name":"{name}","namespace":"shop"}},"spec":{{"nodeName":"node-1","containers":[]}},"status":{{"phase":"Succeeded"}}}}"#
            )
        };
        let event = r#"{"involvedObject":{"kind":"Pod","namespace":"shop","name":"b"},"type":"Warning","lastTimestamp":"2026-11-21T07:12:31Z"}"#;
        let pods: Vec<Box<str>> = vec![pod("a").into(), pod("b").into(), r#"{"spec":7}"#.into()];
        let known = Known::new(Arc::new(pods), Objects::default(), Ok(Arc::new(vec![event.into()])));
        let at = DateTime::parse_from_rfc3339("2026-11-21T07:00:00Z").expect("a time").to_utc();
        assert_eq!(known.to_describe(Window::new(at, at + chrono::TimeDelta::hours(1))), [1, 2]);
        assert!(known.pod(1, "shop", "b").expect("a pod").contains("shop"));
        assert!(known.pod(2, "", "").is_err());
    }
}
