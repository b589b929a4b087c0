//! What was written to objects of any kind, as `managedFields` tells it: which fields, by what program, when (KEP-555).
//!
//! No change is a write of status, of labels and annotations, of a bundle of certificates, or by the programs that keep
//! objects going without anybody asking. Annotations count of Ingresses and Services, which they configure (documentation,
//! Ingress; documentation, Service, type LoadBalancer), and of ServiceAccounts, by which clouds say what those who run as
//! one may do (Amazon EKS, IAM roles for service accounts; GKE, Workload Identity). Of labels only those count by which a
//! namespace says what may be made in it and what is put into it (documentation, Pod Security Admission; Istio, Installing
//! the Sidecar), and all of a node, by which pods choose it (documentation, Assigning Pods to Nodes). Whether a program is one with which people deploy is for the rules to say.

use super::changes::{self, Change};
use super::findings::{Findings, Place};
use crate::model::{Subject, Window, to_the_second};
use crate::objects::{ManagedFields, Meta, or_default};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// Kinds that have a reader of their own for this, that controllers write all the time, or that others are made from.
const APART: [&str; 24] = [
    "certificatesigningrequests.certificates.k8s.io",
    "componentstatuses",
    "configmaps",
    "controllerrevisions.apps",
    "cronjobs.batch",
    "csinodes.storage.k8s.io",
    "csistoragecapacities.storage.k8s.io",
    "daemonsets.apps",
    "deployments.apps",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "events",
    "events.events.k8s.io",
    "ipaddresses.networking.k8s.io",
    "jobs.batch",
    "leases.coordination.k8s.io",
    "nodes.metrics.k8s.io",
    "pods",
    "pods.metrics.k8s.io",
    "replicasets.apps",
    "resourceslices.resource.k8s.io",
    "secrets",
    "statefulsets.apps",
    "volumeattachments.storage.k8s.io",
];

/// So many fields are named.
const MOST_NAMED: usize = 8;

/// Whether writes to objects of a kind are told here.
pub fn is_of_interest(plural: &str) -> bool {
    APART.binary_search(&plural).is_err()
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    #[serde(deserialize_with = "or_default")]
    kind: String,
    metadata: Meta,
}

/// Tells who wrote an object after it was made, and in the window. One that another object's controller keeps is left to
/// that.
pub fn read(kind: &str, place: Place, window: Window, line: &[u8], found: &mut Findings) {
    // Whoever reads its status says where it cannot be read.
    let Ok(Object { kind: own, metadata: meta }) = serde_json::from_slice::<Object>(line) else { return };
    if meta.owner_references.iter().any(|owner| owner.controller) {
        return;
    }
    let kind = if own.is_empty() || own == "PartialObjectMetadata" { kind } else { &own };
    let subject = Subject::of_object(kind, &meta.namespace, &meta.name);
    for write in meta.managed_fields.iter().filter(|write| write.subresource.is_empty()) {
        let is_later = |at: &DateTime<Utc>| meta.creation_timestamp.is_none_or(|created| *at > created);
        let is_within = |at: &DateTime<Utc>| *at >= window.from && *at <= place.fetched;
        let Some(at) = write.time.filter(is_later).filter(is_within) else { continue };
        tell((place, &subject), write, at, found);
    }
}

/// Tells what a program wrote, if that is a change.
pub fn tell((place, subject): (Place, &Subject), write: &ManagedFields, at: DateTime<Utc>, found: &mut Findings) {
    let by = write.manager.as_str();
    if changes::is_keeper(by) {
        return;
    }
    // Their annotations are what ingress controllers and clouds are configured by.
    let by_annotations = matches!(subject.kind(), "Ingress" | "Service" | "ServiceAccount");
    let fields = if subject.is("Node") { of_node(&write.fields()) } else { fields(&write.fields(), by_annotations) };
    let Some(fields) = fields else { return };
    let what =
        format!("{fields} {} written by {}", if are_several(&fields) { "were" } else { "was" }, changes::tool(by));
    let quote = format!("managedFields manager {by} time {} {fields}", to_the_second(at));
    changes::push(place, subject, Change { at, what, by, quote }, found);
}

/// Whether words are of more than one thing: `rules`, or `spec (type), status`.
fn are_several(fields: &str) -> bool {
    let outside = fields.split_once(" (").map_or(fields, |(before, _)| before);
    let behind = fields.rsplit_once(')').map_or("", |(_, behind)| behind);
    outside.contains(", ")
        || behind.starts_with(", ")
        || (outside == fields && outside.ends_with('s') && !outside.contains(' '))
}

/// The fields that were written, in words: `spec (ingress, podSelector)`, `rules`; nothing where that is no change.
fn fields(written: &Value, by_annotations: bool) -> Option<String> {
    let mut parts = Vec::new();
    for (field, below) in written.as_object()? {
        let Some(name) = field.strip_prefix("f:") else { continue };
        if name == "metadata" {
            parts.extend(ruling_labels(below));
            parts.extend(annotations(below).filter(|_| by_annotations));
        }
        if matches!(name, "metadata" | "status") || !has_more_than_certificates(below, name, 0) {
            continue;
        }
        let names: Vec<&str> = below.as_object()?.keys().filter_map(|key| key.strip_prefix("f:")).collect();
        if names.is_empty() || name != "spec" {
            parts.push(name.to_owned());
        } else {
            let more = if names.len() > MOST_NAMED { ", …" } else { "" };
            let some = names.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
            parts.push(format!("{name} ({some}{more})"));
        }
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What was written of a node that pods choose it by: `label pool`. That it was cordoned or tainted its events tell.
fn of_node(written: &Value) -> Option<String> {
    labels(written.get("f:metadata")?, |_| true)
}

/// What the labels begin with by which a namespace says which pods may be made in it, and what is put into them
/// (documentation, Pod Security Admission; Istio 1.24, Installing the Sidecar; AWS Load Balancer Controller v2.9, Pod
/// readiness gate).
const RULING: [&str; 5] = [
    "elbv2.k8s.aws/pod-readiness-gate-inject",
    "istio-injection",
    "istio.io/dataplane-mode",
    "istio.io/rev",
    "pod-security.kubernetes.io/",
];

/// The labels of that kind that were written.
fn ruling_labels(metadata: &Value) -> Option<String> {
    labels(metadata, |name| RULING.iter().any(|ruling| name.starts_with(ruling)))
}

/// The labels that were written, of those that count.
fn labels(metadata: &Value, counts: impl Fn(&str) -> bool) -> Option<String> {
    let labels = metadata.get("f:labels")?.as_object()?;
    let names = labels.keys().filter_map(|key| key.strip_prefix("f:")).filter(|name| counts(name));
    let names: Vec<&str> = names.take(MOST_NAMED).collect();
    (!names.is_empty()).then(|| format!("{} {}", several("label", names.len()), names.join(", ")))
}

/// `label`, or `labels` of more than one.
fn several(word: &str, count: usize) -> String {
    if count == 1 { word.to_owned() } else { format!("{word}s") }
}

/// Annotations but for what kubectl keeps of what it applied.
fn annotations(metadata: &Value) -> Option<String> {
    let annotations = metadata.get("f:annotations")?.as_object()?;
    let names = annotations.keys().filter_map(|key| key.strip_prefix("f:"));
    let names: Vec<&str> = names.filter(|name| !name.starts_with("kubectl.kubernetes.io/")).take(MOST_NAMED).collect();
    (!names.is_empty()).then(|| format!("{} {}", several("annotation", names.len()), names.join(", ")))
}

/// Deeper than any object's fields.
const DEEPEST: u8 = 64;

/// Whether anything but bundles of certificates was written, which programs put into webhooks, APIServices and
/// definitions of resources whenever they are renewed.
fn has_more_than_certificates(value: &Value, name: &str, depth: u8) -> bool {
    let below = value.as_object().into_iter().flatten().filter(|(key, _)| key.as_str() != ".");
    let mut below = below.map(|(key, value)| (key.strip_prefix("f:").unwrap_or(key), value)).peekable();
    match below.peek() {
        None => name != "caBundle",
        Some(_) if depth >= DEEPEST => true,
        Some(_) => below.any(|(key, value)| has_more_than_certificates(value, key, depth + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Record;

    fn told(line: &str) -> Vec<String> {
        let time = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let place = Place::of_line(1, time("2026-11-26T15:00:00Z"));
        let window = Window { from: time("2026-11-26T14:00:00Z"), to: place.fetched };
        let mut found = Findings::default();
        read("roles.rbac.authorization.k8s.io", place, window, line.as_bytes(), &mut found);
        let what = found.facts.iter().filter_map(|fact| match fact.record {
            Record::Change { what, .. } => Some(format!("{} {what}", fact.subject)),
            _ => None,
        });
        what.collect()
    }

    fn object(kind: &str, meta: &str, manager: &str, fields: &str) -> String {
        format!(
            r#"{{"kind":"{kind}","metadata":{{"name":"a","namespace":"shop","creationTimestamp":"2026-11-26T13:00:00Z"{meta},
            "managedFields":[{{"manager":"{manager}","operation":"Update","time":"2026-11-26T14:28:42Z","fieldsV1":{fields}}}]}}}}"#
        )
    }

    #[test]
    fn a_write_is_told_with_its_fields() {
        let spec = r#"{"f:metadata":{"f:labels":{}},"f:spec":{"f:rules":{},"f:tls":{}},"f:status":{}}"#;
        let written = "Ingress/shop/a spec (rules, tls) was written by kubectl edit";
        assert_eq!(told(&object("Ingress", "", "kubectl-edit", spec)), [written]);
        assert_eq!(told(&object("Role", "", "helm", r#"{"f:rules":{}}"#)), ["Role/shop/a rules were written by helm"]);
    }

    #[test]
    fn what_keeps_an_object_going_is_no_change() {
        let spec = r#"{"f:spec":{"f:rules":{}}}"#;
        for (meta, manager, fields) in [
            ("", "kube-controller-manager", spec),
            ("", "manager", r#"{"f:status":{"f:phase":{}}}"#),
            ("", "manager", r#"{"f:metadata":{"f:finalizers":{".":{},"v:\"a/b\"":{}}}}"#),
            ("", "kubectl-label", r#"{"f:metadata":{"f:labels":{"f:team":{}}}}"#),
            (r#","ownerReferences":[{"kind":"Thing","name":"b","controller":true}]"#, "manager", spec),
            // cert-manager's injector, as it writes webhooks and definitions of resources.
            (
                "",
                "cainjector",
                r#"{"f:webhooks":{"k:{\"name\":\"a.example.com\"}":{"f:clientConfig":{"f:caBundle":{}}}}}"#,
            ),
            ("", "cainjector", r#"{"f:spec":{"f:conversion":{"f:webhook":{"f:clientConfig":{"f:caBundle":{}}}}}}"#),
        ] {
            assert_eq!(told(&object("Widget", meta, manager, fields)), [""; 0], "{meta} {manager} {fields}");
        }
        let made = object("Widget", "", "kubectl", spec).replace("T13:00:00", "T14:28:42");
        assert_eq!(told(&made), [""; 0], "it was made so");
    }

    #[test]
    fn a_label_that_rules_over_pods_is_a_change() {
        let fields = r#"{"f:metadata":{"f:labels":{"f:team":{},"f:pod-security.kubernetes.io/enforce":{}}}}"#;
        let written = "Namespace/a label pod-security.kubernetes.io/enforce was written by kubectl label";
        let line = object("Namespace", "", "kubectl-label", fields).replace(r#""namespace":"shop","#, "");
        assert_eq!(told(&line), [written]);
        let line = line.replace("pod-security.kubernetes.io/enforce", "istio-injection");
        assert_eq!(told(&line), ["Namespace/a label istio-injection was written by kubectl label"]);
    }

    #[test]
    fn annotations_are_told_of_what_is_configured_by_them() {
        let fields = r#"{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{},"f:example.io/snippet":{}}}}"#;
        let written = "Ingress/shop/a annotation example.io/snippet was written by kubectl annotate";
        assert_eq!(told(&object("Ingress", "", "kubectl-annotate", fields)), [written]);
        assert_eq!(told(&object("Widget", "", "kubectl-annotate", fields)), [""; 0]);
        let written = "ServiceAccount/shop/a annotation example.io/snippet was written by terraform";
        assert_eq!(told(&object("ServiceAccount", "", "terraform", fields)), [written]);
        let applied = fields.replace(r#","f:example.io/snippet":{}"#, "");
        assert_eq!(told(&object("Ingress", "", "kubectl-client-side-apply", &applied)), [""; 0]);
    }

    #[test]
    fn of_a_node_its_labels_are_told() {
        let fields = r#"{"f:metadata":{"f:labels":{"f:pool":{}}},"f:spec":{"f:unschedulable":{}}}"#;
        let line = object("Node", "", "kubectl-label", fields).replace(r#""namespace":"shop","#, "");
        assert_eq!(told(&line), ["Node/a label pool was written by kubectl label"]);
        assert_eq!(told(&line.replace("kubectl-label", "kubelet")), [""; 0]);
        assert_eq!(told(&line.replace(r#""f:labels":{"f:pool":{}}"#, "")), [""; 0]);
    }

    #[test]
    fn kinds_that_are_read_apart_are_in_order() {
        assert!(APART.is_sorted() && !is_of_interest("events") && is_of_interest("roles.rbac.authorization.k8s.io"));
    }
}
