//! An analysis stands among unrelated noise: a healthy cluster ten times over with other names, fifty rollouts, and a
//! second failure elsewhere change nothing of what is said of the first, and the second is told apart.

use super::altered::{Altered, files};
use crate::fixture::{Fixture, analyze};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use k8s_forensics::report::schema::Report;
use regex::{Captures, Regex};
use std::collections::BTreeSet;
use std::path::Path;

/// Recordings that noise is grafted on, each of another kind.
const FIRST: [&str; 4] = ["memory-cascade", "node-crash", "preemption", "probe-failure"];
/// The healthy cluster around it.
const HEALTHY: &str = "healthy-rollout";
const COPIES: usize = 10;
const ROLLOUTS: usize = 50;

/// What changed in a grafted archive, and must not have.
#[derive(Debug)]
pub struct Outcome {
    pub name: String,
    /// Edges of the first failure, before and after.
    pub edges: (usize, usize),
    pub changed: Vec<String>,
}

pub fn fixtures(all: &[Fixture]) -> Vec<&Fixture> {
    all.iter().filter(|fixture| FIRST.contains(&fixture.name.as_str())).collect()
}

/// Grafts the noise on a fixture and compares what is said of it.
pub fn grafted(fixture: &Fixture, all: &[Fixture]) -> Outcome {
    let named = |name: &str| all.iter().find(|fixture| fixture.name == name).expect("a fixture");
    let altered = Altered::of(&fixture.archive());
    let to = window_end(&fixture.archive());
    for copy in 0..COPIES {
        graft(&altered, &named(HEALTHY).archive(), to, copy);
    }
    let second = if fixture.name == "probe-failure" { "volume-missing" } else { "probe-failure" };
    graft(&altered, &named(second).archive(), to, COPIES);
    rollouts(&altered, to);
    let report = analyze(altered.path());
    let (before, after) = (claims(&fixture.report), claims(&report));
    let mut changed: Vec<String> = before.difference(&after).map(|claim| format!("gone: {claim}")).collect();
    changed.extend(after.difference(&before).map(|claim| format!("new: {claim}")));
    changed.extend(not_apart(&report));
    let edges = |claims: &BTreeSet<String>| claims.iter().filter(|claim| claim.starts_with("edge ")).count();
    Outcome { name: fixture.name.clone(), edges: (edges(&before), edges(&after)), changed }
}

/// Names of what is grafted begin so.
const MARK: &str = "other";

fn is_other(subject: &str) -> bool {
    subject.split('/').skip(1).any(|part| part.starts_with(MARK))
}

/// What is said of the first failure.
fn claims(report: &Report) -> BTreeSet<String> {
    let signal = |id: &str| report.signals.iter().find(|signal| signal.id == id).expect("a signal");
    let edges = report.edges.iter().filter_map(|edge| {
        let (from, to) = (signal(&edge.from), signal(&edge.to));
        let own = !is_other(&from.subject) && !is_other(&to.subject);
        own.then(|| {
            let ends = format!("{} {} -> {} {}", from.signal, from.subject, to.signal, to.subject);
            format!("edge {ends}: {} by {}, {} ms", edge.grade, edge.link, edge.lag_ms)
        })
    });
    let signals = report.signals.iter().filter(|signal| !is_other(&signal.subject) && signal.cascade.is_some());
    let signals =
        signals.map(|signal| format!("signal {} {} {} x {}", signal.from, signal.signal, signal.subject, signal.count));
    let triggers = report
        .factors
        .iter()
        .filter(|factor| factor.class == "trigger" && factor.signals.iter().all(|id| !is_other(&signal(id).subject)));
    edges.chain(signals).chain(triggers.map(|factor| format!("trigger {}", factor.statement))).collect()
}

/// Cascades in which the first failure and the noise stand together, and whether the second failure is told at all.
fn not_apart(report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut second = false;
    for cascade in &report.cascades {
        let members = report.signals.iter().filter(|signal| cascade.signals.contains(&signal.id));
        let (others, own): (Vec<_>, Vec<_>) = members.partition(|signal| is_other(&signal.subject));
        second |= others.iter().any(|signal| signal.subject.contains(&format!("{MARK}{COPIES}-")));
        if !others.is_empty() && !own.is_empty() {
            wrong.push(format!("mixed: {}", cascade.headline));
        }
    }
    if !second {
        wrong.push("the second failure is not told".to_owned());
    }
    wrong
}

fn window_end(archive: &Path) -> DateTime<Utc> {
    let header = std::fs::read_to_string(archive.join("meta/archive.json")).expect("a header");
    let header: serde_json::Value = serde_json::from_str(&header).expect("a header");
    header["to"].as_str().expect("a time").parse().expect("a time")
}

/// Adds another archive's objects, logs and journals under other names, at the same time before the end.
fn graft(altered: &Altered, from: &Path, to: DateTime<Utc>, copy: usize) {
    let disguise = Disguise::new(from, to, copy);
    for file in files(from) {
        let file = file.to_string_lossy().into_owned();
        let text = std::fs::read(from.join(&file)).expect("an entry");
        let text = String::from_utf8_lossy(&text);
        if file == "objects/cluster/nodes.jsonl" {
            altered.write(&file, &format!("{}{}", altered.read(&file), disguise.text(&text)));
        } else if ["objects/namespaces/", "logs/", "nodes/"].iter().any(|part| file.starts_with(part)) {
            altered.write(&disguise.names(&file), &disguise.text(&text));
        }
    }
}

/// Other names, addresses, identifiers and times for everything of an archive.
struct Disguise {
    copy: usize,
    shift: TimeDelta,
    names: Regex,
    patterns: Patterns,
}

/// What of a text is disguised beside names.
struct Patterns {
    identifier: Regex,
    address: Regex,
    time: Regex,
    journal: Regex,
}

impl Patterns {
    fn new() -> Self {
        let pattern = |text: &str| Regex::new(text).expect("a pattern");
        Self {
            identifier: pattern(
                r"\b[0-9a-f]{2}([0-9a-f]{6}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{62})\b",
            ),
            address: pattern(r"\b10\.(88|89|96)\."),
            time: pattern(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z"),
            journal: pattern(r"(?m)^([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d\.\d+)"),
        }
    }
}

impl Disguise {
    fn new(archive: &Path, to: DateTime<Utc>, copy: usize) -> Self {
        let below = |folder: &str| -> Vec<String> {
            let items = std::fs::read_dir(archive.join(folder)).expect("a folder");
            items.map(|item| item.expect("an item").file_name().to_string_lossy().into_owned()).collect()
        };
        let mut names = below("objects/namespaces");
        names.extend(below("nodes"));
        // The longest first, so that no name is taken for the beginning of another.
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
        let names = Regex::new(&format!(r"\b(?:{})\b", names.join("|"))).expect("a pattern");
        Self { copy, shift: to - window_end(archive), names, patterns: Patterns::new() }
    }

    fn names(&self, text: &str) -> String {
        self.names.replace_all(text, |found: &Captures<'_>| format!("{MARK}{}-{}", self.copy, &found[0])).into_owned()
    }

    fn text(&self, text: &str) -> String {
        let text = self.names(text);
        let text = self.patterns.identifier.replace_all(&text, format!("{:02x}$1", 0xa0 + self.copy));
        let text = self.patterns.address.replace_all(&text, |found: &Captures<'_>| {
            let network: usize = found[1].parse().expect("a number");
            format!("10.{}.", 100 + 3 * self.copy + network % 7 % 3)
        });
        let text = self.patterns.time.replace_all(&text, |found: &Captures<'_>| self.later(&found[0]));
        self.patterns.journal.replace_all(&text, |found: &Captures<'_>| self.later_in_journal(&found[0])).into_owned()
    }

    fn later(&self, text: &str) -> String {
        let time: DateTime<Utc> = text.parse().expect("a time");
        let form = if text.contains('.') { chrono::SecondsFormat::Micros } else { chrono::SecondsFormat::Secs };
        (time + self.shift).to_rfc3339_opts(form, true)
    }

    fn later_in_journal(&self, stamp: &str) -> String {
        let parsed = NaiveDateTime::parse_from_str(&format!("2026 {stamp}"), "%Y %b %e %H:%M:%S%.f");
        parsed.map_or_else(|_| stamp.to_owned(), |time| (time + self.shift).format("%b %e %H:%M:%S%.6f").to_string())
    }
}

/// Fifty Deployments of a namespace that are released well within the last minutes.
fn rollouts(altered: &Altered, to: DateTime<Utc>) {
    let namespace = format!("{MARK}-releases");
    let (mut events, mut deployments, mut sets, mut pods) =
        (String::new(), String::new(), String::new(), String::new());
    for number in 0..ROLLOUTS {
        let at = (to - TimeDelta::seconds(600 - 10 * number as i64)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let (name, set, pod) =
            (format!("app-{number}"), format!("app-{number}-new"), format!("app-{number}-new-bcdfg"));
        let meta = |name: &str, kind: &str, owner: &str| {
            let owner = if owner.is_empty() {
                String::new()
            } else {
                format!(r#","ownerReferences":[{{"kind":"{kind}","name":"{owner}","controller":true}}]"#)
            };
            format!(
                r#""metadata":{{"name":"{name}","namespace":"{namespace}","uid":"u-{name}","creationTimestamp":"{at}","labels":{{"app":"{number}"}}{owner}}}"#
            )
        };
        let template = format!(
            r#""template":{{"metadata":{{"labels":{{"app":"{number}"}}}},"spec":{{"containers":[{{"name":"app","image":"app:{number}"}}]}}}}"#
        );
        deployments += &format!("{{{},\"spec\":{{\"replicas\":1,{template}}}}}\n", meta(&name, "", ""));
        sets += &format!("{{{},\"spec\":{{\"replicas\":1,{template}}}}}\n", meta(&set, "Deployment", &name));
        pods += &format!(
            "{{{},\"spec\":{{\"nodeName\":\"{MARK}0-node-1\",\"containers\":[{{\"name\":\"app\",\"image\":\"app:{number}\"}}]}},\"status\":{{\"phase\":\"Running\",\"conditions\":[{{\"type\":\"Ready\",\"status\":\"True\",\"lastTransitionTime\":\"{at}\"}}]}}}}\n",
            meta(&pod, "ReplicaSet", &set)
        );
        events += &format!(
            r#"{{"metadata":{{"name":"{name}.1","namespace":"{namespace}","uid":"e-{number}"}},"involvedObject":{{"kind":"Deployment","namespace":"{namespace}","name":"{name}"}},"reason":"ScalingReplicaSet","message":"Scaled up replica set {set} from 0 to 1","firstTimestamp":"{at}","lastTimestamp":"{at}","count":1,"type":"Normal"}}"#
        );
        events.push('\n');
    }
    for (plural, text) in
        [("events", events), ("deployments.apps", deployments), ("replicasets.apps", sets), ("pods", pods)]
    {
        altered.write(&format!("objects/namespaces/{namespace}/{plural}.jsonl"), &text);
    }
}
