//! When objects that rule over others were made, written and deleted: policies, quotas, budgets, autoscalers, webhooks.
//!
//! The API server notes when an object was made, and in managedFields the last writer of its specification (KEP-555).

use super::changes::{self, Change};
use super::findings::{Findings, Place, Policy};
use super::written;
use crate::model::{Subject, Window, to_the_second};
use crate::objects::{Meta, or_default};
use chrono::TimeDelta;
use serde::Deserialize;
use serde_json::Value;

/// Kinds that people make to rule over others.
const RULING: [&str; 9] = [
    "horizontalpodautoscalers.autoscaling",
    "limitranges",
    "mutatingwebhookconfigurations.admissionregistration.k8s.io",
    "networkpolicies.networking.k8s.io",
    "poddisruptionbudgets.policy",
    "resourcequotas",
    "validatingadmissionpolicies.admissionregistration.k8s.io",
    "validatingadmissionpolicybindings.admissionregistration.k8s.io",
    "validatingwebhookconfigurations.admissionregistration.k8s.io",
];

/// Whether objects of a kind rule over others.
pub fn is_ruling(plural: &str) -> bool {
    RULING.contains(&plural)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    /// Of another shape in each kind.
    #[serde(deserialize_with = "or_default")]
    spec: Value,
}

/// Reads one such object, told where it happened in `window`. Whoever reads its status says where it cannot be read.
pub fn read(kind: &str, place: Place, window: Window, line: &[u8], found: &mut Findings) {
    let Ok(Object { metadata: meta, spec }) = serde_json::from_slice::<Object>(line) else { return };
    let subject = Subject::of_object(kind, &meta.namespace, &meta.name);
    let is_within = |at: &chrono::DateTime<chrono::Utc>| *at >= window.from && *at <= place.fetched;
    let first = meta.managed_fields.iter().filter(|write| write.subresource.is_empty()).min_by_key(|write| write.time);
    let created = meta.creation_timestamp.filter(is_within);
    if let Some(at) = created {
        let by = first.filter(|write| write.time == Some(at)).map(|write| write.manager.as_str()).unwrap_or_default();
        let what =
            if by.is_empty() { "was created".to_owned() } else { format!("was created by {}", changes::tool(by)) };
        let quote = format!("creationTimestamp {}", to_the_second(at));
        changes::push(place, &subject, Change { at, what, by, quote }, found);
    }
    for write in meta.managed_fields.iter().filter(|write| write.subresource.is_empty()) {
        let Some(at) = write.time.filter(is_within).filter(|at| Some(*at) != meta.creation_timestamp) else { continue };
        written::tell((place, &subject), write, at, found);
    }
    let grace = TimeDelta::seconds(meta.deletion_grace_period_seconds.unwrap_or_default().clamp(0, 86_400));
    if let Some(at) = meta.deletion_timestamp.map(|at| at - grace).filter(is_within) {
        let quote = format!("deletionTimestamp {}", to_the_second(at + grace));
        changes::push(place, &subject, Change { at, what: "was marked for deletion".to_owned(), by: "", quote }, found);
    }
    if kind == "NetworkPolicy" {
        found.policies.insert(subject, policy(&spec));
    }
}

/// What a NetworkPolicy is about; nothing where it selects pods by expressions, which are not read. Without policyTypes
/// it rules what comes, and what goes only if it says something of it (API reference, NetworkPolicySpec).
fn policy(spec: &Value) -> Option<Policy> {
    let pods = spec.get("podSelector")?;
    if pods.get("matchExpressions").and_then(Value::as_array).is_some_and(|all| !all.is_empty()) {
        return None;
    }
    let labels = pods.get("matchLabels").and_then(Value::as_object);
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let types = spec.get("policyTypes").and_then(Value::as_array);
    let rules = |kind: &str| types.map(|types| types.iter().any(|one| one == kind));
    Some(Policy {
        selector: labels.into_iter().flatten().filter_map(text).collect(),
        ingress: rules("Ingress").unwrap_or(true),
        egress: rules("Egress").unwrap_or_else(|| spec.get("egress").is_some_and(|egress| !egress.is_null())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Record;
    use chrono::{DateTime, Utc};

    #[test]
    fn what_was_made_and_written_in_the_window_is_told() {
        // As the API server v1.34 lists it, recorded in fixtures/network-cut.
        let line = r#"{"metadata":{"name":"deny","namespace":"market","creationTimestamp":"2026-11-26T14:27:33Z","managedFields":[
            {"manager":"kubectl-client-side-apply","operation":"Update","time":"2026-11-26T14:28:42Z","fieldsV1":{"f:spec":{"f:ingress":{}}}},
            {"manager":"controller","subresource":"status","time":"2026-11-26T14:28:50Z","fieldsV1":{"f:spec":{}}},
            {"manager":"labeller","time":"2026-11-26T14:28:51Z","fieldsV1":{"f:metadata":{}}}]},
            "spec":{"podSelector":{"matchLabels":{"app":"payments"}},"policyTypes":["Ingress"]}}"#;
        let told = |from: &str| {
            let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
            let place = Place::of_line(1, time("2026-11-26T14:30:00Z"));
            let window = Window { from: time(from), to: place.fetched };
            let mut found = Findings::default();
            read("NetworkPolicy", place, window, line.as_bytes(), &mut found);
            assert_eq!(found.policies.values().flatten().count(), 1);
            let what = found.facts.iter().filter_map(|fact| match fact.record {
                Record::Change { what, .. } => Some(format!("{} {what}", fact.at.time.format("%T"))),
                _ => None,
            });
            what.collect::<Vec<String>>()
        };
        let written = "14:28:42 spec (ingress) was written by kubectl apply";
        assert_eq!(told("2026-11-26T14:00:00Z"), ["14:27:33 was created", written]);
        assert_eq!(told("2026-11-26T14:28:00Z"), [written], "it was made before the window");
        assert!(told("2026-11-26T14:29:00Z").is_empty());
        let spec = |text: &str| policy(&serde_json::from_str(text).expect("JSON"));
        assert_eq!(spec(r#"{"podSelector":{}}"#), Some(Policy { ingress: true, ..Policy::default() }));
        assert_eq!(spec(r#"{"podSelector":{"matchExpressions":[{"key":"a","operator":"Exists"}]}}"#), None);
    }
}
