//! A node's clock that is off: its times are found to be, by how much, and the story comes out as without.

use super::altered::{Altered, files};
use crate::fixture::{Fixture, analyze};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use k8s_forensics::report::schema::Report;
use regex::{Captures, Regex};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the kubelet of a node writes into the status of its pods.
const BY_KUBELET: [&str; 4] = ["ContainersReady", "Initialized", "PodReadyToStartContainers", "Ready"];

/// Seconds by which a correction may miss.
const MOST_MISSED: i64 = 2;

/// The clock of one node, moved by so many seconds in everything that it wrote.
pub struct Skewed<'a> {
    node: &'a str,
    by: TimeDelta,
    /// When it was set right, by one that was right all the time.
    set: Option<DateTime<Utc>>,
    stamp: Regex,
    journal: Regex,
    klog: Regex,
}

impl<'a> Skewed<'a> {
    pub fn new(node: &'a str, seconds: i64) -> Self {
        let pattern = |text: &str| Regex::new(text).expect("a pattern");
        Self {
            node,
            by: TimeDelta::seconds(seconds),
            set: None,
            stamp: pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
            journal: pattern(r"(?m)^[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d\.\d+"),
            klog: pattern(r"\b([IWEF])(\d{4} \d\d:\d\d:\d\d\.\d+)"),
        }
    }

    /// The same clock, set right at `set`, as chronyd tells.
    pub fn set_at(self, set: &str) -> Self {
        Self { set: Some(set.parse().expect("a time")), ..self }
    }

    /// What it showed at a time.
    fn shown(&self, time: DateTime<Utc>) -> DateTime<Utc> {
        if self.set.is_some_and(|set| set <= time) { time } else { time + self.by }
    }

    /// The analysis of a fixture's archive with that clock.
    pub fn analyze(&self, fixture: &Fixture) -> Report {
        analyze(self.altered(&fixture.archive()).path())
    }

    /// An archive as that clock would have left it.
    pub fn altered(&self, archive: &Path) -> Altered {
        let altered = Altered::of(archive);
        for file in files(archive) {
            let file = file.to_string_lossy().into_owned();
            if let Some(text) = self.entry(archive, &altered, &file) {
                altered.write(&file, &text);
            }
        }
        if let Some(set) = self.set {
            let (at, by) = (set.format("%b %e %H:%M:%S%.6f"), -self.by.num_seconds());
            let line = format!("{at} {} chronyd[7]: System clock was stepped by {by}.000000 seconds\n", self.node);
            altered.write(&format!("nodes/{}/journal/chronyd.log", self.node), &line);
        }
        altered
    }

    fn entry(&self, archive: &Path, altered: &Altered, file: &str) -> Option<String> {
        let text = || altered.read(file);
        if file.starts_with(&format!("nodes/{}/journal/", self.node)) {
            return Some(self.lines(&text()));
        }
        if file.starts_with("logs/") {
            let (namespace, pod) = file.strip_prefix("logs/")?.split_once('/')?;
            let (pod, _) = pod.split_once('/')?;
            return (self.node_of(archive, namespace, pod)? == self.node).then(|| self.lines(&text()));
        }
        let change: fn(&Self, &mut Value) = match file.rsplit('/').next()? {
            "events.jsonl" | "events.events.k8s.io.jsonl" => Self::event,
            "pods.jsonl" => Self::pod,
            "nodes.jsonl" => Self::node,
            "leases.coordination.k8s.io.jsonl" => Self::lease,
            "clocks.jsonl" => Self::reading,
            _ => return None,
        };
        let text = text();
        let lines = text.lines().map(|line| {
            let mut value: Value = serde_json::from_str(line).expect("a record");
            change(self, &mut value);
            format!("{value}\n")
        });
        Some(lines.collect())
    }

    fn node_of(&self, archive: &Path, namespace: &str, pod: &str) -> Option<String> {
        let pods = std::fs::read_to_string(archive.join(format!("objects/namespaces/{namespace}/pods.jsonl"))).ok()?;
        let mut pods = pods.lines().map(|line| serde_json::from_str::<Value>(line).expect("a pod"));
        let pod = pods.find(|one| one["metadata"]["name"] == pod)?;
        pod["spec"]["nodeName"].as_str().map(str::to_owned)
    }

    fn lines(&self, text: &str) -> String {
        let text = self.stamp.replace_all(text, |found: &Captures<'_>| self.later(&found[0]));
        let text = self.journal.replace_all(&text, |found: &Captures<'_>| self.without_year(&found[0], "%b %e"));
        let klog = |found: &Captures<'_>| format!("{}{}", &found[1], self.without_year(&found[2], "%m%d"));
        self.klog.replace_all(&text, klog).into_owned()
    }

    fn later(&self, text: &str) -> String {
        let time: DateTime<Utc> = text.parse().expect("a time");
        let form = if text.contains('.') { chrono::SecondsFormat::Nanos } else { chrono::SecondsFormat::Secs };
        self.shown(time).to_rfc3339_opts(form, true)
    }

    fn without_year(&self, text: &str, day: &str) -> String {
        let form = format!("{day} %H:%M:%S%.6f");
        let time = NaiveDateTime::parse_from_str(&format!("2026 {text}"), &format!("%Y {form}")).expect("a time");
        self.shown(time.and_utc()).format(&form).to_string()
    }

    fn fields(&self, of: &mut Value, names: &[&str]) {
        for name in names {
            if let Some(time) = of.get_mut(*name).filter(|time| time.is_string()) {
                *time = self.later(time.as_str().expect("a time")).into();
            }
        }
    }

    fn event(&self, event: &mut Value) {
        let source = if event.get("source").is_some() { "source" } else { "deprecatedSource" };
        if event[source]["host"] == self.node {
            let core = ["firstTimestamp", "lastTimestamp"];
            self.fields(event, &[&core[..], &["deprecatedFirstTimestamp", "deprecatedLastTimestamp"]].concat());
        }
    }

    fn pod(&self, pod: &mut Value) {
        if pod["spec"]["nodeName"] != self.node {
            return;
        }
        self.fields(&mut pod["status"], &["startTime"]);
        for condition in pod["status"]["conditions"].as_array_mut().into_iter().flatten() {
            if BY_KUBELET.iter().any(|kind| condition["type"] == *kind) || condition["reason"] == "TerminationByKubelet"
            {
                self.fields(condition, &["lastTransitionTime"]);
            }
        }
        for list in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
            for status in pod["status"][list].as_array_mut().into_iter().flatten() {
                for state in ["state", "lastState"] {
                    for one in status[state].as_object_mut().into_iter().flat_map(|states| states.values_mut()) {
                        self.fields(one, &["startedAt", "finishedAt"]);
                    }
                }
            }
        }
    }

    fn node(&self, node: &mut Value) {
        if node["metadata"]["name"] != self.node {
            return;
        }
        for condition in node["status"]["conditions"].as_array_mut().into_iter().flatten() {
            // What the controller says of a silent node is by its own clock.
            if condition["status"] != "Unknown" {
                self.fields(condition, &["lastHeartbeatTime", "lastTransitionTime"]);
            }
        }
    }

    fn lease(&self, lease: &mut Value) {
        if lease["metadata"]["name"] == self.node {
            self.fields(&mut lease["spec"], &["acquireTime", "renewTime"]);
        }
    }

    fn reading(&self, reading: &mut Value) {
        let of_node = [format!("Node/{}", self.node), format!("Lease/kube-node-lease/{}", self.node)];
        if of_node.iter().any(|endpoint| reading["endpoint"] == *endpoint) {
            self.fields(reading, &["remote"]);
        }
    }
}

/// Linked signals whose onset or end lies elsewhere than in the other report, by more than a correction may miss it.
pub fn moved(before: &Report, after: &Report) -> Vec<String> {
    let onsets = |report: &Report| -> BTreeMap<String, Vec<DateTime<Utc>>> {
        let linked = report.signals.iter().filter(|signal| signal.cascade.is_some());
        let mut seen = BTreeMap::new();
        linked
            .map(|signal| {
                let name = format!("{} {}", signal.signal, signal.subject);
                let number = seen.entry(name.clone()).and_modify(|number| *number += 1).or_insert(1);
                let times = std::iter::once(&signal.from).chain(&signal.to);
                (format!("{name} {number}"), times.map(|time| time.parse().expect("a time")).collect())
            })
            .collect()
    };
    let (before, after) = (onsets(before), onsets(after));
    let is_near =
        |(one, other): (&DateTime<Utc>, &DateTime<Utc>)| (*other - *one).abs() <= TimeDelta::seconds(MOST_MISSED);
    let far = |(name, at): &(&String, &Vec<DateTime<Utc>>)| {
        !after.get(*name).is_some_and(|other| other.len() == at.len() && at.iter().zip(other).all(is_near))
    };
    before.iter().filter(far).map(|(name, at)| format!("{name} was at {at:?}, is at {:?}", after.get(name))).collect()
}

/// The links that are told of the incident.
pub fn story(report: &Report) -> BTreeSet<String> {
    let signal = |id: &str| report.signals.iter().find(|signal| signal.id == id).expect("a signal");
    let name = |id: &str| format!("{} {}", signal(id).signal, signal(id).subject);
    report.edges.iter().map(|edge| format!("{} -> {} by {}", name(&edge.from), name(&edge.to), edge.link)).collect()
}
