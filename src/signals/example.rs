//! The examples that every rule carries, in the short form they are written in: they are the rule's tests.
//!
//! ```yaml
//! - {event: Unhealthy, about: Pod/shop/api-0, text: "Readiness probe failed: HTTP probe failed with statuscode: 503"}
//! - {journal: kernel, text: "Memory cgroup out of memory: Killed process 22098 (awk)"}
//! - {terminated: OOMKilled, exit_code: 137}
//! ```

use super::rule::Rule;
use crate::evidence::{Fact, Known, Record};
use crate::logline::message;
use crate::model::{Citation, Moment, Subject};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

type Written = BTreeMap<String, Value>;

/// What is wrong with a rule's examples; nothing if all is well.
pub(super) fn check(rule: &Rule) -> Vec<String> {
    let mut wrong = Vec::new();
    let derived = rule.looks.is_empty();
    if !derived && (rule.examples.matches.is_empty() || rule.examples.near_misses.is_empty()) {
        wrong.push(format!("{}: at least one match and one near miss are needed", rule.name));
    }
    let groups = [(&rule.examples.matches, true), (&rule.examples.near_misses, false)];
    for (written, expected) in groups.into_iter().flat_map(|(all, expected)| all.iter().map(move |w| (w, expected))) {
        match Example::new(written).and_then(|example| example.is_matched(rule)) {
            Err(why) => wrong.push(format!("{}: {why}", rule.name)),
            Ok(matched) if matched != expected => {
                let verb = if expected { "does not match" } else { "matches" };
                wrong.push(format!("{} {verb} {written:?}", rule.name));
            }
            Ok(_) => {}
        }
    }
    wrong
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
        let at = Moment::exact(chrono::DateTime::UNIX_EPOCH);
        let (record, citation) = (self.record()?, Citation::default());
        let fact = Fact { at, last: at, count: 1, subject: &self.subject, node: None, record, citation };
        Ok(rule.looks.iter().any(|look| look.matches(&fact).is_some()))
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
            Record::Event { reason: text("event"), note: text("text"), warning: true, container: None }
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
            return Err(format!("an example of no known kind of record: {:?}", self.written));
        })
    }
}
