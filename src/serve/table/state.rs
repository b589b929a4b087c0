//! Cells of pods, workloads and events.

use super::plain;
use crate::viewing::Object;
use serde_json::Value;

fn is_leaving(one: &Object) -> bool {
    one.json.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null())
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Conditions whose gates are met, of all gates.
pub fn readiness_gates(one: &Object) -> String {
    let gates = one.list("/spec/readinessGates");
    if gates.is_empty() {
        return "<none>".to_owned();
    }
    let is_met = |gate: &&Value| {
        let mut all = one.list("/status/conditions").iter();
        let found = all.find(|condition| text(condition, "type") == text(gate, "conditionType"));
        found.is_some_and(|condition| text(condition, "status") == "True")
    };
    format!("{}/{}", gates.iter().filter(is_met).count(), gates.len())
}

/// Of a volume.
pub fn phase(one: &Object) -> String {
    if is_leaving(one) { "Terminating" } else { one.text("/status/phase") }.to_owned()
}

pub fn suspended(one: &Object) -> String {
    match one.json.pointer("/spec/suspend").and_then(Value::as_bool) {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    }
    .to_owned()
}

pub fn last_schedule(one: &Object) -> String {
    one.time("/status/lastScheduleTime").map_or_else(|| "<none>".to_owned(), |last| one.since(Some(last)))
}

/// The controller of a revision, as `daemonset.apps/proxy`.
pub fn controller(one: &Object) -> String {
    let mut owners = one.list("/metadata/ownerReferences").iter();
    let Some(owner) = owners.find(|owner| owner.get("controller") == Some(&Value::Bool(true))) else {
        return "<none>".to_owned();
    };
    let group = text(owner, "apiVersion").split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
    format!("{}/{}", format!("{}{group}", text(owner, "kind")).to_lowercase(), text(owner, "name"))
}

/// Whether an API is served: `True`, or `False (Reason)`.
pub fn available(one: &Object) -> String {
    let mut all = one.list("/status/conditions").iter();
    match all.find(|condition| text(condition, "type") == "Available") {
        Some(found) if text(found, "status") == "True" => "True".to_owned(),
        Some(found) => format!("{} ({})", text(found, "status"), text(found, "reason")),
        None => "Unknown".to_owned(),
    }
}

/// Of a claim of a device.
pub fn claim(one: &Object) -> String {
    let is_allocated = one.json.pointer("/status/allocation").is_some();
    let is_reserved = is_allocated && !one.list("/status/reservedFor").is_empty();
    let states = [
        (is_leaving(one), "deleted"),
        (!is_allocated && !is_leaving(one), "pending"),
        (is_allocated, "allocated"),
        (is_reserved, "reserved"),
    ];
    states.iter().filter(|(is, _)| *is).map(|(_, state)| *state).collect::<Vec<_>>().join(",")
}

pub fn first_seen(one: &Object) -> String {
    one.since(one.time("/firstTimestamp").or_else(|| one.time("/eventTime")))
}

pub fn last_seen(one: &Object) -> String {
    let series = one.json.pointer("/series").filter(|series| !series.is_null());
    match (series, one.time("/lastTimestamp")) {
        (Some(_), _) => one.since(one.time("/series/lastObservedTime")),
        (None, Some(last)) => one.since(Some(last)),
        (None, None) => first_seen(one),
    }
}

pub fn count(one: &Object) -> String {
    let own = one.number("/count").filter(|count| *count > 0).unwrap_or(1);
    one.number("/series/count").unwrap_or(own).to_string()
}

/// `pod/api-0`.
pub fn involved(one: &Object) -> String {
    let kind = one.text("/involvedObject/kind").to_lowercase();
    match one.text("/involvedObject/name") {
        "" => kind,
        name => format!("{kind}/{name}"),
    }
}

/// Who reported an event, and where.
pub fn source(one: &Object) -> String {
    let first = |a: &str, b: &str| Some(one.text(a)).filter(|text| !text.is_empty()).unwrap_or(one.text(b)).to_owned();
    let component = first("/source/component", "/reportingComponent");
    match first("/source/host", "/reportingInstance") {
        host if host.is_empty() => component,
        host => format!("{component}, {host}"),
    }
}

pub fn message(one: &Object) -> String {
    plain(one.json.pointer("/message")).trim().to_owned()
}
