//! `show describe`: objects of an archive as `kubectl describe` would have shown them when they were fetched.

use super::as_of::{self, AsOf};
use super::failure::Failure;
use super::open::Opening;
use super::terminal;
use chrono::{DateTime, Utc};
use k8s_forensics::describe;
use k8s_forensics::inputs::Inputs;
use k8s_forensics::objects::kinds::Named;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Names that are told where the one asked for is not there.
const MOST_NAMES: usize = 20;

/// Which objects to describe, in the words of kubectl.
#[derive(clap::Args)]
pub struct Asked {
    /// The kind as kubectl takes it, as pod, deploy or widgets.example.io, and a name behind it or behind a slash.
    /// Without a name, all of that kind
    #[arg(value_name = "KIND [NAME] | KIND/NAME", required = true, num_args = 1..=2)]
    object: Vec<String>,
    /// Only objects of this namespace
    #[arg(short, long, value_name = "NAMESPACE")]
    namespace: Option<String>,
    #[command(flatten)]
    at: AsOf,
}

/// An object that was found.
struct Found {
    named: Named,
    name: String,
    namespace: String,
    json: Vec<u8>,
    fetched: DateTime<Utc>,
}

/// Name and namespace of an object, whatever else it has.
#[derive(Deserialize)]
struct Headed {
    metadata: Head,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Head {
    name: Value,
    namespace: Value,
}

/// Prints the objects that were asked for, one after the other.
pub fn print(archive: &Opening, asked: &Asked) -> Result<(), Failure> {
    let (word, name) = asked.word_and_name();
    let tried = || format!("describe {}", asked.object.join(" "));
    let failed = |error: &dyn std::fmt::Display| Failure::environment(tried(), error);
    let inputs = asked.at.of(archive.open_inputs()?.as_written(), &tried())?;
    let (all, unreadable) = find(&inputs, word).map_err(|error| failed(&error))?;
    if unreadable > 0 {
        terminal::tell(&format!("note: {unreadable} objects of this kind cannot be read"));
    }
    // What is of no namespace is of all, as for kubectl.
    let is_within = |found: &&Found| {
        let namespace = asked.namespace.as_deref().unwrap_or(&found.namespace);
        found.namespace.is_empty() || found.namespace == namespace
    };
    let within: Vec<&Found> = all.iter().filter(is_within).collect();
    let names: BTreeSet<&str> = within.iter().map(|found| found.name.as_str()).collect();
    let is_asked = |found: &&Found| match name {
        None => true,
        Some(name) if names.contains(name) => found.name == name,
        // As kubectl takes it: the beginning of several names.
        Some(name) => found.name.starts_with(name),
    };
    let asked_for: Vec<&Found> = within.into_iter().filter(is_asked).collect();
    if asked_for.is_empty() {
        return Err(failed(&"there is no such object").hint(what_there_is(word, &all)));
    }
    let cluster = Surroundings::of(&inputs, &asked_for).map_err(|error| failed(&error))?;
    let described: Vec<String> = asked_for.iter().map(|found| cluster.describe(found)).collect();
    as_of::tell_times(asked_for.iter().map(|found| found.fetched), &inputs);
    if !cluster.has_events {
        terminal::tell("note: there is no list of events here, so none are shown");
    }
    terminal::print_text(&described.join("\n\n"))
}

impl Asked {
    fn word_and_name(&self) -> (&str, Option<&str>) {
        match self.object.as_slice() {
            [kind, name, ..] => (kind, Some(name)),
            [one] => one.split_once('/').map_or((one.as_str(), None), |(kind, name)| (kind, Some(name))),
            [] => ("", None),
        }
    }
}

fn what_there_is(word: &str, all: &[Found]) -> String {
    let names: BTreeSet<String> = all.iter().map(Found::full_name).collect();
    if names.is_empty() {
        return format!("no object of the kind {word} is here; `show ARCHIVE entries` lists what an archive holds");
    }
    let told: Vec<&str> = names.iter().map(String::as_str).take(MOST_NAMES).collect();
    let rest = names.len().saturating_sub(MOST_NAMES);
    let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    format!("there are {}{more}", told.join(", "))
}

impl Found {
    fn full_name(&self) -> String {
        if self.namespace.is_empty() { self.name.clone() } else { format!("{}/{}", self.namespace, self.name) }
    }
}

/// The objects of a kind, and how many of it cannot be read.
fn find(inputs: &Inputs, word: &str) -> Result<(Vec<Found>, usize), impl std::fmt::Display + use<>> {
    let (mut all, mut unreadable) = (Vec::new(), 0);
    let text = |value: Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let result = inputs.objects(
        |named| named.answers_to(word),
        |entry, named, json| match serde_json::from_slice::<Headed>(json) {
            Ok(Headed { metadata: Head { name, namespace } }) => {
                let (name, namespace) = (text(name), text(namespace));
                let (named, json) = (named.clone(), json.to_vec());
                all.push(Found { named, name, namespace, json, fetched: entry.fetched });
            }
            Err(_) => unreadable += 1,
        },
    );
    result.map(|()| (all, unreadable))
}

/// What a description tells of besides its object.
#[derive(Default)]
struct Surroundings {
    events: Vec<Event>,
    has_events: bool,
    pods: Vec<Pod>,
    leases: Vec<Lease>,
}

impl Surroundings {
    fn of(inputs: &Inputs, asked_for: &[&Found]) -> Result<Self, impl std::fmt::Display + use<>> {
        let mut all = Self::default();
        let names: BTreeSet<&str> = asked_for.iter().map(|found| found.name.as_str()).collect();
        let has_nodes = asked_for.iter().any(|found| found.named.plural == "nodes");
        let wanted = |named: &Named| match named.plural.as_str() {
            "events" => true,
            "pods" | "leases.coordination.k8s.io" => has_nodes,
            _ => false,
        };
        let is_named = |name: &Option<String>| name.as_deref().is_some_and(|name| names.contains(name));
        let result = inputs.objects(wanted, |_, named, json| match named.plural.as_str() {
            "events" => {
                all.has_events = true;
                all.events.extend(read(json).filter(|event: &Event| is_named(&event.involved_object.name)));
            }
            "pods" => all
                .pods
                .extend(read(json).filter(|pod: &Pod| pod.spec.as_ref().is_some_and(|spec| is_named(&spec.node_name)))),
            _ => all.leases.extend(read(json).filter(is_of_node)),
        });
        result.map(|()| all)
    }

    fn describe(&self, found: &Found) -> String {
        let (json, now) = (found.json.as_slice(), found.fetched);
        match found.named.plural.as_str() {
            "nodes" => read(json).map(|node: Node| self.node(&node, now)),
            "pods" => read(json).map(|pod: Pod| {
                let events = self.events_that(|event| describe::regards_pod(event, &pod));
                describe::pod(&pod, &events, now)
            }),
            _ => None,
        }
        .unwrap_or_else(|| self.object(found))
    }

    fn node(&self, node: &Node, now: DateTime<Utc>) -> String {
        let name = node.metadata.name.as_deref();
        let on_it = |pod: &&Pod| pod.spec.as_ref().is_some_and(|spec| spec.node_name.as_deref() == name);
        let pods: Vec<Pod> = self.pods.iter().filter(on_it).cloned().collect();
        let lease = self.leases.iter().find(|lease| lease.metadata.name.as_deref() == name);
        let events = self.events_that(|event| describe::regards_node(event, node));
        describe::node(node, lease, &pods, &events, now)
    }

    /// By its fields, as kubectl does what it does not know, and what is not as the API has it is still made of.
    fn object(&self, found: &Found) -> String {
        let mut object: Map<String, Value> = match serde_json::from_slice(&found.json) {
            Ok(object) => object,
            Err(error) => return format!("{} cannot be read: {error}\n", found.full_name()),
        };
        if matches!(found.named.plural.as_str(), "nodes" | "pods") {
            let name = found.full_name();
            terminal::tell(&format!("note: {name} is not as the API has it, so it is described field by field"));
        }
        if found.named.kind == "Secret" {
            hide_values(&mut object);
        }
        // Items of a list do not say their kind.
        object.entry("kind").or_insert_with(|| found.named.kind.clone().into());
        let events = self.events_that(|event| describe::regards_object(event, &found.named.kind, &object));
        describe::object(&object, &events, found.fetched)
    }

    fn events_that(&self, regard: impl Fn(&Event) -> bool) -> Vec<Event> {
        self.events.iter().filter(|event| regard(event)).cloned().collect()
    }
}

/// Puts the length of each value of a Secret in its place, as kubectl does (kubectl pkg/describe/describe.go,
/// `describeSecret`).
fn hide_values(secret: &mut Map<String, Value>) {
    for list in ["data", "stringData"] {
        let Some(values) = secret.get_mut(list) else { continue };
        let Some(values) = values.as_object_mut() else {
            *values = "not shown".into();
            continue;
        };
        for value in values.values_mut() {
            let text = value.as_str().unwrap_or_default();
            let bytes = if list == "data" { text.trim_end_matches('=').len() * 3 / 4 } else { text.len() };
            *value = format!("{bytes} bytes").into();
        }
    }
}

fn read<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}

/// Whether a kubelet renews it (KEP-589).
fn is_of_node(lease: &Lease) -> bool {
    lease.metadata.namespace.as_deref() == Some("kube-node-lease")
}
