//! The examples that every rule carries, in the short form they are written in: they are the rule's tests.
//!
//! ```yaml
//! - {event: Unhealthy, about: Pod/shop/api-0, text: "Readiness probe failed: HTTP probe failed with statuscode: 503"}
//! - {journal: kernel, text: "Memory cgroup out of memory: Killed process 22098 (awk)"}
//! - {terminated: OOMKilled, exit_code: 137}
//! ```

use super::rule::Rule;
use crate::evidence::{Fact, Record};
use crate::model::{Citation, Moment, Subject};
use serde_json::Value;
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
        match fact(written) {
            Err(why) => wrong.push(format!("{}: {why}", rule.name)),
            Ok(fact) => {
                if rule.looks.iter().any(|look| look.matches(&fact).is_some()) != expected {
                    let verb = if expected { "does not match" } else { "matches" };
                    wrong.push(format!("{} {verb} {written:?}", rule.name));
                }
            }
        }
    }
    wrong
}

fn fact(written: &Written) -> Result<Fact, String> {
    let text = |name: &str| written.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let number = |name: &str| written.get(name).and_then(Value::as_i64).unwrap_or_default();
    let record = if written.contains_key("event") {
        Record::Event { reason: text("event"), note: text("text"), warning: true, container: None }
    } else if written.contains_key("journal") {
        Record::Journal { unit: text("journal"), message: text("text"), severity: None }
    } else if written.contains_key("log") {
        Record::Log { container: text("log"), message: text("text"), severity: None }
    } else if written.contains_key("condition") {
        Record::Condition {
            condition: text("condition"),
            status: text("status"),
            reason: text("reason"),
            message: text("text"),
        }
    } else if written.contains_key("terminated") {
        Record::Terminated {
            container: "app".to_owned(),
            init: written.get("init").and_then(Value::as_bool).unwrap_or_default(),
            reason: text("terminated"),
            exit_code: number("exit_code"),
            message: text("text"),
        }
    } else if written.contains_key("waiting") {
        Record::Waiting { container: "app".to_owned(), reason: text("waiting"), message: text("text") }
    } else if written.contains_key("running") {
        let restarts = u64::try_from(number("running")).unwrap_or_default();
        Record::Running { container: "app".to_owned(), restarts }
    } else if written.contains_key("status-reason") {
        Record::StatusReason { phase: text("phase"), reason: text("status-reason"), message: text("text") }
    } else if written.contains_key("endpoints-without-ready") {
        Record::EndpointsWithoutReady
    } else if written.contains_key("change") {
        let read = written.get("read").and_then(Value::as_bool).unwrap_or_default();
        Record::Change { what: text("change"), by: text("by"), read }
    } else if written.contains_key("series") {
        let value = written.get("value").and_then(Value::as_f64).unwrap_or_default();
        Record::Series { query: text("series"), labels: labels(written), value }
    } else if written.contains_key("series-gap") {
        Record::SeriesGap { query: text("series-gap"), labels: BTreeMap::new() }
    } else if written.contains_key("missing") {
        Record::Missing { source: text("missing"), status: text("status"), why: text("text") }
    } else {
        return Err(format!("an example of no known kind of record: {written:?}"));
    };
    let at = Moment::exact(chrono::DateTime::UNIX_EPOCH);
    let subject = subject(&text("about"));
    Ok(Fact { at, last: at, count: 1, subject, node: None, record, citation: Citation::new("example", 1, "") })
}

fn labels(written: &Written) -> BTreeMap<String, String> {
    let fields = written.get("labels").and_then(Value::as_object).into_iter().flatten();
    fields.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

fn subject(text: &str) -> Subject {
    match text.split('/').collect::<Vec<_>>().as_slice() {
        [kind, namespace, name] => Subject::namespaced(*kind, *namespace, *name),
        [kind, name] => Subject::cluster(*kind, *name),
        _ => Subject::whole_cluster(),
    }
}
