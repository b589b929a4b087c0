//! Our descriptions beside those of the real `kubectl describe`, line by line.
//!
//! A description is compared only if what it is made of stayed as it was from our list to after kubectl's: the object and
//! its events have the resource version they have in the archive, a node says the same of itself and has the same pods. As
//! pods come and go, there are several rounds, until each has been compared. Of what is printed nothing is passed over but
//! the ages, in the table of events the blanks that make room for them, and when a node was last heard of: the lab's
//! kubelets report every five seconds and renew their leases every ten.

use crate::collect::memory_cascade;
use crate::lab::Lab;
use crate::process::folder;
use crate::sealed::{objects, open_sealed, text};
use chrono::Utc;
use k8s_forensics::archive::{Archive, layout};
use k8s_forensics::describe;
use k8s_openapi::api::core::v1::{Event, Pod};
use regex::Regex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Kind, namespace and name.
type Key = (&'static str, String, String);

const ROUNDS: usize = 12;

/// Takes the pods away that only describing needs.
struct Undo<'a>(&'a Lab);

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        if let Err(why) = self.0.kubectl(&["delete", "namespace", "described", "--wait=false"]) {
            eprintln!("live tests: {why}");
        }
    }
}

pub fn are_as_kubectl_prints_them(lab: &Lab) {
    memory_cascade(lab);
    let _undo = Undo(lab);
    lab.apply(include_str!("describes.yaml")).unwrap_or_else(|why| panic!("{why}"));
    // So that images fail to come and containers to stay.
    std::thread::sleep(Duration::from_secs(15));
    let (mut left, mut compared) = (BTreeSet::new(), BTreeMap::new());
    for round in 0..ROUNDS {
        let file = folder().join("describes.zip");
        // From the round before.
        let _ = std::fs::remove_file(&file);
        let ended = lab.collect(&file, &["--only", "describes", "--since", "30m"]);
        assert_eq!(ended.code, Some(0), "{ended}");
        let theirs = kubectl_describes(lab).unwrap_or_else(|why| panic!("{why}"));
        let after = Versions::now(lab).unwrap_or_else(|why| panic!("{why}"));
        let archive = open_sealed(&file);
        let before = Versions::collected(&archive);
        left = before.keys();
        left.retain(|key| !compared.contains_key(key));
        let same = left.iter().filter(|key| before.of(key).is_some() && before.of(key) == after.of(key));
        for key in same {
            let Some(theirs) = theirs.get(key) else { continue };
            compared.insert(key.clone(), difference(&comparable(&ours(&archive, key)), &comparable(theirs)));
        }
        left.retain(|key| !compared.contains_key(key));
        if left.is_empty() {
            break;
        }
        let changed: Vec<String> = left.iter().flat_map(|key| Versions::changed(key, &before, &after)).collect();
        eprintln!(
            "live tests: round {round}: {} described alike or not, {} changed meanwhile: {}",
            compared.len(),
            left.len(),
            changed.join(", ")
        );
        std::thread::sleep(Duration::from_secs(2));
    }
    verdict(&compared, &left);
}

fn verdict(compared: &BTreeMap<Key, Difference>, left: &BTreeSet<Key>) {
    let equal: usize = compared.values().map(|difference| difference.equal).sum();
    let all: usize = compared.values().map(|difference| difference.equal + difference.lines.len()).sum();
    for (key, difference) in compared.iter().filter(|(_, difference)| !difference.lines.is_empty()) {
        eprintln!("live tests: {key:?}, ours with -, kubectl's with +:\n{}", difference.lines.join("\n"));
    }
    let of_kind = |kind: &str| compared.keys().filter(|(found, ..)| *found == kind).count();
    let (nodes, pods) = (of_kind("Node"), of_kind("Pod"));
    eprintln!("live tests: {equal} of {all} lines of {nodes} nodes and {pods} pods are as kubectl has them");
    assert!(left.is_empty(), "these never held still: {left:?}");
    assert!(nodes >= 2 && pods >= 12, "only {:?}", compared.keys());
    assert!(equal * 100 >= all * 99, "{equal} of {all} lines");
}

/// What kubectl prints of every node and pod.
fn kubectl_describes(lab: &Lab) -> Result<BTreeMap<Key, String>, String> {
    let mut all = BTreeMap::new();
    for (kind, args) in [("Node", vec!["describe", "nodes"]), ("Pod", vec!["describe", "pods", "-A"])] {
        let printed = lab.kubectl(&args)?;
        let mut one = String::new();
        // The only name that is not indented is the first line of each.
        for line in printed.lines().chain(["Name: "]) {
            if line.starts_with("Name: ") && !one.is_empty() {
                let said = |field: &str| {
                    let line = one.lines().find_map(|line| line.strip_prefix(field));
                    line.unwrap_or_default().trim().to_owned()
                };
                let namespace = if kind == "Pod" { said("Namespace:") } else { String::new() };
                all.insert((kind, namespace, said("Name:")), std::mem::take(&mut one));
            }
            one.push_str(line);
            one.push('\n');
        }
    }
    Ok(all)
}

/// The description in the archive; for a pod that is healthy there is none, and it is made of what is there.
fn ours(archive: &Archive, (kind, namespace, name): &Key) -> String {
    let entry = match *kind {
        "Node" => layout::describe_node(name),
        _ => layout::describe_pod(namespace, name),
    };
    if archive.bytes_of(&entry).is_some() || *kind == "Node" {
        return text(archive, &entry);
    }
    let is_it = |pod: &Value| field(pod, "namespace") == namespace && field(pod, "name") == name;
    let pod = objects(archive, "pods").into_iter().find(is_it).expect("its version was read from there");
    let pod: Pod = serde_json::from_value(pod).expect("a pod");
    let events = objects(archive, "events").into_iter().map(|event| serde_json::from_value(event).expect("an event"));
    let events: Vec<Event> = events.filter(|event| describe::regards_pod(event, &pod)).collect();
    describe::pod(&pod, &events, Utc::now())
}

fn field<'a>(object: &'a Value, field: &str) -> &'a str {
    object["metadata"][field].as_str().unwrap_or_default()
}

/// All that descriptions are made of and that changes from one second to another.
struct Versions {
    nodes: Vec<Value>,
    pods: Vec<Value>,
    events: Vec<Value>,
}

impl Versions {
    fn collected(archive: &Archive) -> Self {
        let [nodes, pods, events] = ["nodes", "pods", "events"].map(|plural| objects(archive, plural));
        Self { nodes, pods, events }
    }

    fn now(lab: &Lab) -> Result<Self, String> {
        let (nodes, pods) = (lab.items(&["nodes"])?, lab.items(&["pods", "-A"])?);
        Ok(Self { nodes, pods, events: lab.items(&["events", "-A"])? })
    }

    fn keys(&self) -> BTreeSet<Key> {
        let key = |kind| {
            move |object: &Value| (kind, field(object, "namespace").to_owned(), field(object, "name").to_owned())
        };
        self.nodes.iter().map(key("Node")).chain(self.pods.iter().map(key("Pod"))).collect()
    }

    /// The parts of a description that are not as they were.
    fn changed(key: &Key, before: &Self, after: &Self) -> Vec<String> {
        let [before, after] = [before, after].map(|versions| versions.of(key).unwrap_or_default());
        before.symmetric_difference(&after).map(|(part, version)| format!("{part} {version}")).collect()
    }

    /// Of each part of a description its name and version; none if the object is not there. A node's version is what it
    /// says but for its heartbeats, that of a pod on it its uid: the table shows what was asked for when it was made, and
    /// leaves out those that have ended.
    fn of(&self, (kind, namespace, name): &Key) -> Option<BTreeSet<(String, String)>> {
        let is_it = |object: &&Value| field(object, "namespace") == namespace && field(object, "name") == name;
        let is_node = *kind == "Node";
        let own = if is_node { &self.nodes } else { &self.pods };
        let own = own.iter().find(is_it)?;
        let mut parts = if is_node { Vec::new() } else { vec![own] };
        parts.extend(self.events.iter().filter(|event| {
            let about = &event["involvedObject"];
            about["kind"] == **kind && about["name"] == **name && (is_node || about["namespace"] == **namespace)
        }));
        // A pod that came under the name of another has another version, too.
        let version = |part: &Value| (field(part, "name").to_owned(), field(part, "resourceVersion").to_owned());
        let mut versions: BTreeSet<_> = parts.into_iter().map(version).collect();
        if is_node {
            versions.insert((name.clone(), without_heartbeats(own)));
            let has_ended = |pod: &Value| matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
            let shown = self.pods.iter().filter(|pod| pod["spec"]["nodeName"] == **name && !has_ended(pod));
            versions.extend(shown.map(|pod| (field(pod, "name").to_owned(), field(pod, "uid").to_owned())));
        }
        Some(versions)
    }
}

/// A node's object without what changes with each report of its kubelet.
fn without_heartbeats(node: &Value) -> String {
    let mut node = node.clone();
    let conditions = node["status"]["conditions"].as_array_mut();
    conditions.into_iter().flatten().for_each(|condition| condition["lastHeartbeatTime"] = Value::Null);
    let (spec, status) = (&node["spec"], &node["status"]);
    let parts = [&node["metadata"]["labels"], spec, &status["conditions"], &status["allocatable"], &status["capacity"]];
    parts.map(Value::to_string).concat()
}

/// A description's lines without ages, and without the times of heartbeats.
fn comparable(description: &str) -> Vec<String> {
    let time = Regex::new(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000").expect("a fixed pattern");
    let age = Regex::new(r"\b(\d+[ydhms])+\b").expect("a fixed pattern");
    let blanks = Regex::new(r" {2,}|-{4,}").expect("a fixed pattern");
    let mut section = String::new();
    let lines = description.trim_end().lines().map(|line| {
        if let Some(name) = line.split(':').next().filter(|_| !line.starts_with(' ')) {
            section = name.to_owned();
        }
        match section.as_str() {
            "Events" if line.starts_with(' ') => {
                let mut cells: Vec<String> = blanks.split(line.trim()).map(str::to_owned).collect();
                if let Some(cell) = cells.get_mut(2) {
                    *cell = age.replace_all(cell, "AGE").into_owned();
                }
                cells.join("  ")
            }
            // The age is the last cell.
            "Non-terminated Pods" => match line.rsplit_once(' ') {
                Some((before, last)) => format!("{before} {}", age.replace(last, "AGE")),
                None => line.to_owned(),
            },
            "Lease" if line.contains("RenewTime:") => time.replace(line, "TIME").into_owned(),
            // The first of two; pods have none there.
            "Conditions" => time.replace(line, "TIME").into_owned(),
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

/// How many lines two descriptions share in the same order, and the others.
#[derive(Debug)]
struct Difference {
    equal: usize,
    lines: Vec<String>,
}

fn difference(ours: &[String], theirs: &[String]) -> Difference {
    // How many lines are shared from here on: the longest common subsequence.
    let mut shared = vec![vec![0_usize; theirs.len() + 1]; ours.len() + 1];
    for (at, own) in ours.iter().enumerate().rev() {
        for (other, their) in theirs.iter().enumerate().rev() {
            shared[at][other] = match own == their {
                true => shared[at + 1][other + 1] + 1,
                false => shared[at + 1][other].max(shared[at][other + 1]),
            };
        }
    }
    let (mut at, mut other, mut lines) = (0, 0, Vec::new());
    while at < ours.len() || other < theirs.len() {
        if at < ours.len() && other < theirs.len() && ours[at] == theirs[other] {
            (at, other) = (at + 1, other + 1);
        } else if other == theirs.len() || (at < ours.len() && shared[at + 1][other] >= shared[at][other + 1]) {
            lines.push(format!("-{}", ours[at]));
            at += 1;
        } else {
            lines.push(format!("+{}", theirs[other]));
            other += 1;
        }
    }
    Difference { equal: shared[0][0], lines }
}
