//! Cells of what bounds and permits: autoscalers, quotas, bindings of roles, policies and requests for certificates.

use super::plain;
use crate::viewing::Object;
use chrono::TimeDelta;
use serde_json::Value;

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// How many targets are named.
const NAMED: usize = 2;

/// What an autoscaler aims at, and where it is.
pub fn targets(one: &Object) -> String {
    let specs = one.list("/spec/metrics");
    let current = one.list("/status/currentMetrics");
    if specs.is_empty() {
        return "<none>".to_owned();
    }
    let all: Vec<String> = specs.iter().enumerate().map(|(at, spec)| target(spec, current.get(at))).collect();
    match all.get(..NAMED) {
        Some(first) if all.len() > NAMED => format!("{} + {} more...", first.join(", "), all.len() - NAMED),
        _ => all.join(", "),
    }
}

fn target(spec: &Value, status: Option<&Value>) -> String {
    let field = match text(spec, "type") {
        "External" => "external",
        "Pods" => "pods",
        "Object" => "object",
        "Resource" => "resource",
        "ContainerResource" => "containerResource",
        _ => return "<unknown type>".to_owned(),
    };
    let wanted = |name: &str| spec.pointer(&format!("/{field}/target/{name}")).filter(|value| !value.is_null());
    let is_now = |name: &str| {
        let found = status.and_then(|status| status.pointer(&format!("/{field}/current/{name}")));
        found.filter(|value| !value.is_null()).map_or_else(|| "<unknown>".to_owned(), |value| plain(Some(value)))
    };
    let average = wanted("averageValue").map(|value| plain(Some(value)));
    match (field, average) {
        ("external" | "object", Some(average)) => format!("{}/{average} (avg)", is_now("averageValue")),
        ("external" | "object", None) => format!("{}/{}", is_now("value"), plain(wanted("value"))),
        ("pods", average) => format!("{}/{}", is_now("averageValue"), average.unwrap_or_default()),
        (_, average) => {
            let name = spec.pointer(&format!("/{field}/name")).map(|name| plain(Some(name))).unwrap_or_default();
            if let Some(average) = average {
                return format!("{name}: {}/{average}", is_now("averageValue"));
            }
            let percent = |value: String| if value.starts_with('<') { value } else { format!("{value}%") };
            let aim =
                wanted("averageUtilization").map_or("<auto>".to_owned(), |value| format!("{}%", plain(Some(value))));
            format!("{name}: {}/{aim}", percent(is_now("averageUtilization")))
        }
    }
}

pub fn role(one: &Object) -> String {
    format!("{}/{}", one.text("/roleRef/kind"), one.text("/roleRef/name"))
}

fn subjects(one: &Object, kind: &str) -> String {
    let of_kind = one.list("/subjects").iter().filter(|subject| text(subject, "kind") == kind);
    let named = of_kind.map(|subject| match text(subject, "namespace") {
        "" => text(subject, "name").to_owned(),
        namespace => format!("{namespace}/{}", text(subject, "name")),
    });
    named.collect::<Vec<_>>().join(", ")
}

pub fn users(one: &Object) -> String {
    subjects(one, "User")
}

pub fn groups(one: &Object) -> String {
    subjects(one, "Group")
}

pub fn accounts(one: &Object) -> String {
    subjects(one, "ServiceAccount")
}

fn quota(one: &Object, is_limit: bool) -> String {
    let hard = one.json.pointer("/status/hard").and_then(Value::as_object).into_iter().flatten();
    let used = |name: &str| one.json.pointer("/status/used").and_then(|used| used.get(name));
    let chosen = hard.filter(|(name, _)| name.starts_with("limits.") == is_limit);
    let shown = chosen.map(|(name, hard)| {
        let used = used(name).map_or_else(|| "0".to_owned(), |used| plain(Some(used)));
        format!("{name}: {used}/{}", plain(Some(hard)))
    });
    shown.collect::<Vec<_>>().join(", ")
}

pub fn requests(one: &Object) -> String {
    quota(one, false)
}

pub fn limits(one: &Object) -> String {
    quota(one, true)
}

pub fn param_kind(one: &Object) -> String {
    match one.json.pointer("/spec/paramKind").filter(|found| !found.is_null()) {
        Some(kind) => format!("{}/{}", text(kind, "apiVersion"), text(kind, "kind")),
        None => "<unset>".to_owned(),
    }
}

pub fn param_name(one: &Object) -> String {
    match (one.text("/spec/paramRef/namespace"), one.text("/spec/paramRef/name")) {
        (_, "") => "<unset>".to_owned(),
        ("", name) => format!("*/{name}"),
        (namespace, name) => format!("{namespace}/{name}"),
    }
}

pub fn missing_level(one: &Object) -> String {
    let mut all = one.list("/status/conditions").iter();
    let found = all.find(|condition| text(condition, "type") == "Dangling");
    found.map_or("?", |found| text(found, "status")).to_owned()
}

pub fn requested_duration(one: &Object) -> String {
    let seconds = one.number("/spec/expirationSeconds").and_then(TimeDelta::try_seconds);
    seconds.map_or_else(|| "<none>".to_owned(), crate::describe::human_duration)
}

/// What became of a request for a certificate.
pub fn request_state(one: &Object) -> String {
    let is = |kind: &str| one.list("/status/conditions").iter().any(|condition| text(condition, "type") == kind);
    let mut state = if is("Denied") {
        "Denied"
    } else if is("Approved") {
        "Approved"
    } else {
        "Pending"
    }
    .to_owned();
    if is("Failed") {
        state.push_str(",Failed");
    }
    if !one.text("/status/certificate").is_empty() {
        state.push_str(",Issued");
    }
    state
}
