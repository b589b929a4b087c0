//! The examples that every rule carries, in the short form they are written in: they are the rule's tests.
//!
//! ```yaml
//! matches:
//!   - {event: Unhealthy, about: Pod/shop/api-0, text: "Readiness probe failed: …", origin: {recording: probe-failure}}
//!   - {journal: kernel, text: "Memory cgroup out of memory: Killed …", origin: {source: "Linux 6.1, mm/oom_kill.c"}}
//! near_misses:
//!   - {terminated: Completed, exit_code: 0}
//! others:
//!   - {terminated: OOMKilled, exit_code: 137, is: OOMKilled}
//! ```
//!
//! A near miss means no harm at all; what is near, and belongs to another rule, stands under `others`.

use super::labels::Labels;
use super::written_example::{Written, WrittenExample, WrittenExamples};
use super::{Catalogue, Rule, template};
use crate::evidence::{Fact, Known, Record};
use crate::logline::message;
use crate::model::{Citation, Moment, Severity, Subject};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Whether the record is one for a rule.
fn is_matched(written: &WrittenExample, rule: &Rule) -> Result<bool, String> {
    Example::new(&written.record).and_then(|example| example.is_matched(rule))
}

/// All that the record of an example may say. Everything else is a slip of the pen.
const FIELDS: [&str; 35] = [
    "about",
    "asked",
    "author",
    "by",
    "change",
    "check",
    "client",
    "code",
    "compared",
    "condition",
    "container",
    "endpoints-without-ready",
    "event",
    "exit_code",
    "init",
    "journal",
    "labels",
    "log",
    "missing",
    "node",
    "note",
    "phase",
    "read",
    "reason",
    "request",
    "running",
    "runs",
    "series",
    "series-gap",
    "state",
    "status",
    "status-reason",
    "terminated",
    "text",
    "value",
];

/// What is wrong with a rule's examples; nothing if all is well.
pub(super) fn check(catalogue: &Catalogue, rule: &Rule) -> Vec<String> {
    let mut wrong = Vec::new();
    let derived = rule.looks.is_empty();
    let WrittenExamples { matches, near_misses, others } = &rule.examples;
    if !derived && (matches.is_empty() || near_misses.len() + others.len() == 0) {
        wrong.push("at least one match and one near miss are needed".to_owned());
    }
    let groups = [(matches, true), (near_misses, false), (others, false)];
    for (written, expected) in groups.into_iter().flat_map(|(all, expected)| all.iter().map(move |w| (w, expected))) {
        let unknown = written.record.keys().find(|name| name.as_str() != "waiting" && !FIELDS.contains(&name.as_str()));
        wrong.extend(unknown.map(|name| format!("an example says {name}, which is no field of a record")));
        match is_matched(written, rule) {
            Err(why) => wrong.push(why),
            Ok(matched) if matched != expected => {
                let verb = if expected { "does not match" } else { "matches" };
                wrong.push(format!("{verb} {}", written.text()));
            }
            Ok(_) if expected => wrong.extend(unsaid(written, rule)),
            Ok(_) => {}
        }
    }
    wrong.extend(others.iter().filter_map(|written| not_of_the_other(catalogue, written)));
    wrong.into_iter().map(|what| format!("examples: {what}")).collect()
}

/// What the title speaks of and a record that is matched does not give.
fn unsaid(written: &WrittenExample, rule: &Rule) -> Option<String> {
    let labels = Example::new(&written.record).ok()?.labels(rule).ok()??;
    // Of a container the record's own field tells, or nobody does; of a series its samples together.
    let elsewhere = ["subject", "name", "namespace", "node", "container", "every"];
    let is_known = |name: &str| elsewhere.contains(&name) || labels.first(name).is_some();
    let spoken_of = template::placeholders(&rule.title).ok()?;
    let name = spoken_of.into_iter().find(|name| !is_known(name))?;
    Some(format!("the title says {{{name}}}, which this does not give: {}", written.text()))
}

/// The rules of severity error that take a near miss of `rule` for their own, and which: a near miss means no harm.
pub(super) fn mistaken<'a>(catalogue: &'a Catalogue, rule: &'a Rule) -> Vec<(&'a Rule, String)> {
    let is_other = |other: &&Rule| other.severity >= Severity::Error && other.name != rule.name;
    let others = || catalogue.rules.iter().filter(is_other);
    let of = |written: &'a WrittenExample| {
        let matched = others().filter(|other| is_matched(written, other) == Ok(true));
        matched.map(|other| (other, written.text()))
    };
    rule.examples.near_misses.iter().flat_map(of).collect()
}

/// A record of `others` is what it says it is.
fn not_of_the_other(catalogue: &Catalogue, written: &WrittenExample) -> Option<String> {
    let Some(name) = &written.is else {
        return Some(format!("others: say by `is` whose record it is: {}", written.text()));
    };
    match catalogue.rule(name).map(|other| is_matched(written, other)) {
        None => Some(format!("others: no rule is called {name}")),
        Some(Ok(true)) => None,
        Some(_) => Some(format!("others: {name} does not match {}", written.text())),
    }
}

/// What a rule of the catalogue owes its readers and does not have: the built-in ones must lack nothing.
pub(super) fn lacks(rule: &Rule) -> Vec<String> {
    let mut lacks = Vec::new();
    if rule.false_alarms.is_empty() {
        lacks.push("false_alarms: does not say when it misleads".to_owned());
    }
    let WrittenExamples { matches, near_misses, .. } = &rule.examples;
    if !rule.looks.is_empty() && (matches.len() < 2 || near_misses.len() < 2) {
        lacks.push("examples: two matches and two near misses are needed".to_owned());
    }
    for written in matches {
        match &written.origin {
            None => lacks.push(format!("examples: no origin of {}", written.text())),
            Some(origin) => lacks.extend(origin.lacks().map(|what| format!("examples: the origin {origin} {what}"))),
        }
    }
    lacks
}

/// A record as it is written, with the parts that a fact borrows.
struct Example<'a> {
    written: &'a Written,
    /// What a line says.
    said: Cow<'a, str>,
    subject: Subject,
    labels: BTreeMap<String, String>,
}

impl<'a> Example<'a> {
    fn new(written: &'a Written) -> Result<Self, String> {
        let fields = written.get("labels").and_then(Value::as_object).into_iter().flatten();
        let labels = fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
        let said = message::of(written.get("text").and_then(Value::as_str).unwrap_or_default());
        let about = written.get("about").and_then(Value::as_str).map(str::parse::<Subject>);
        let subject = about.unwrap_or_else(|| Ok(Subject::whole_cluster())).map_err(|error| error.to_string())?;
        Ok(Self { written, said, subject, labels })
    }

    fn is_matched(&self, rule: &Rule) -> Result<bool, String> {
        Ok(self.labels(rule)?.is_some())
    }

    /// The labels that it gives to a signal of the rule; none where it is no record for it.
    fn labels(&self, rule: &Rule) -> Result<Option<Labels>, String> {
        let at = Moment::exact(chrono::DateTime::UNIX_EPOCH);
        let (record, citation) = (self.record()?, Citation::default());
        let fact = Fact { at, last: at, count: 1, subject: &self.subject, node: None, record, citation };
        Ok(rule.captures(&fact))
    }

    fn text(&self, name: &str) -> &'a str {
        self.written.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn record(&self) -> Result<Record<'_>, String> {
        let has = |name: &str| self.written.contains_key(name);
        let text = |name: &str| self.text(name);
        let number = |name: &str| self.written.get(name).and_then(Value::as_i64).unwrap_or_default();
        let flag = |name: &str| self.written.get(name).and_then(Value::as_bool).unwrap_or_default();
        Ok(if has("event") {
            let (note, by) = (text("text"), text("by"));
            Record::Event { reason: text("event"), note, warning: true, container: None, by }
        } else if has("journal") {
            Record::Journal { unit: text("journal"), message: &self.said, severity: None }
        } else if has("log") {
            Record::Log { container: text("log"), message: &self.said, severity: None }
        } else if has("condition") {
            let (status, reason, message) = (text("status"), text("reason"), text("text"));
            Record::Condition { condition: text("condition"), status, reason, message }
        } else if has("terminated") {
            let (reason, message) = (text("terminated"), text("text"));
            let (init, exit_code) = (flag("init"), number("exit_code"));
            Record::Terminated { container: "app", init, reason, exit_code, message }
        } else if has("waiting") {
            Record::Waiting { container: "app", reason: text("waiting"), message: text("text") }
        } else if has("running") {
            Record::Running { container: "app", restarts: u64::try_from(number("running")).unwrap_or_default() }
        } else if has("status-reason") {
            Record::StatusReason { phase: text("phase"), reason: text("status-reason"), message: text("text") }
        } else if has("state") {
            Record::State { state: text("state"), message: text("text") }
        } else if has("endpoints-without-ready") {
            Record::EndpointsWithoutReady
        } else if has("change") {
            Record::Change { what: text("change"), by: text("by"), read: flag("read"), known: Known::Changed }
        } else if has("series") {
            let value = self.written.get("value").and_then(Value::as_f64).unwrap_or_default();
            Record::Series { query: text("series"), labels: &self.labels, value }
        } else if has("series-gap") {
            Record::SeriesGap { query: text("series-gap") }
        } else if has("check") {
            Record::Check { step: text("check"), outcome: text("text"), node: text("node"), runs: text("runs") }
        } else if has("note") {
            Record::Note { author: text("author"), text: text("note") }
        } else if has("compared") {
            Record::Compared { what: text("compared"), container: text("container"), message: text("text") }
        } else if has("request") {
            let code = u16::try_from(number("code")).unwrap_or_default();
            let (client, asked) = (text("client"), text("asked"));
            Record::Request { what: text("request"), client, asked, code, message: text("text") }
        } else if has("missing") {
            Record::Missing { source: text("missing"), status: text("status"), why: text("text") }
        } else {
            let fields: Vec<&str> = self.written.keys().map(String::as_str).collect();
            return Err(format!("an example of no known kind of record, with the fields {}", fields.join(", ")));
        })
    }
}
