//! The objects of two inputs side by side: which there are, and which fields of those in both differ.
//!
//! What changes by itself all the time is left out: status but for versions and sizes of nodes, bookkeeping of the API
//! server, and kinds that come and go with the work, as pods, events and leases.

use crate::archive::ArchiveError;
use crate::inputs::Inputs;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// An object that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObjectDifference {
    /// `new` where only the first input has it, `gone` where only the second has, else `changed`.
    pub is: &'static str,
    /// `Kind/name` or `Kind/namespace/name`.
    pub subject: String,
    /// Of one that changed: the fields.
    pub fields: Vec<FieldDifference>,
    /// Fields beyond those.
    pub more_fields: usize,
    /// Entries that it stands in, in the first input and in the second.
    pub entries: [Option<String>; 2],
}

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldDifference {
    /// As `spec.template.spec.containers[app].image`.
    pub field: String,
    /// In the first input and in the second; null where it is not there.
    pub values: [Option<String>; 2],
}

/// Kinds, by their plurals, that come and go with the work.
const PASSING: &[&str] = &[
    "certificatesigningrequests.certificates.k8s.io",
    "controllerrevisions.apps",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "events",
    "events.events.k8s.io",
    "jobs.batch",
    "leases.coordination.k8s.io",
    "nodes.metrics.k8s.io",
    "pods",
    "pods.metrics.k8s.io",
    "replicasets.apps",
    "volumeattachments.storage.k8s.io",
];
/// Of a node's status, what it is and not how it is.
const OF_NODES: [&str; 3] = ["allocatable", "capacity", "nodeInfo"];
/// Fields of `nodeInfo` that differ with every start of a machine.
const OF_BOOT: [&str; 1] = ["bootID"];
/// What writers note of themselves.
const NOTED: [&str; 3] = [
    "deployment.kubernetes.io/revision",
    "kubectl.kubernetes.io/last-applied-configuration",
    "volumes.kubernetes.io/controller-managed-attach-detach",
];
const MOST_FIELDS: usize = 20;
/// The longest value that is told.
const MOST_CHARS: usize = 200;

/// Where an object stands, and its fields.
type Seen = BTreeMap<String, (String, BTreeMap<String, String>)>;

/// The differences in order of subject. Fails where an entry cannot be read.
pub fn objects(one: &Inputs, baseline: &Inputs) -> Result<Vec<ObjectDifference>, ArchiveError> {
    let (first, second) = (seen(one)?, seen(baseline)?);
    let mut all: Vec<ObjectDifference> =
        first.iter().filter_map(|(subject, one)| differs(subject, one, &second)).collect();
    let gone = second.iter().filter(|(subject, _)| !first.contains_key(*subject));
    all.extend(gone.map(|(subject, (entry, _))| alone("gone", subject, [None, Some(entry.clone())])));
    all.sort_by(|a, b| a.subject.cmp(&b.subject));
    Ok(all)
}

/// The fields in which two values differ, those of `after` first, in order of their names.
pub fn values(after: &Value, before: &Value) -> Vec<FieldDifference> {
    let flat = |value: &Value| {
        let mut found = BTreeMap::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            flatten(value, name.clone(), 0, &mut found);
        }
        found
    };
    let (after, before) = (flat(after), flat(before));
    let names: BTreeSet<&String> = after.keys().chain(before.keys()).collect();
    let differs = |name: &&String| after.get(*name) != before.get(*name);
    let told = |name: &String| FieldDifference {
        field: name.clone(),
        values: [after.get(name).cloned(), before.get(name).cloned()],
    };
    names.into_iter().filter(differs).map(told).collect()
}

fn seen(inputs: &Inputs) -> Result<Seen, ArchiveError> {
    let mut all = Seen::new();
    inputs.objects(
        |named| !PASSING.contains(&named.plural.as_str()),
        |entry, named, json| {
            let Ok(Value::Object(object)) = serde_json::from_slice(json) else { return };
            let of =
                |field: &str| object.get("metadata").and_then(|meta| meta.get(field)?.as_str()).unwrap_or_default();
            let (namespace, name) = (of("namespace"), of("name"));
            let subject = match namespace {
                "" => format!("{}/{name}", named.kind),
                namespace => format!("{}/{namespace}/{name}", named.kind),
            };
            let fields = fields(&object, named.plural == "nodes");
            let path = inputs.paths().get(entry.id.0 as usize).cloned().unwrap_or_default();
            all.insert(subject, (path, fields));
        },
    )?;
    Ok(all)
}

/// What somebody decided of an object, field by field.
fn fields(object: &Map<String, Value>, is_node: bool) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in object {
        match name.as_str() {
            "apiVersion" | "kind" => {}
            "metadata" => {
                for part in ["labels", "annotations"] {
                    let values = value.get(part).and_then(Value::as_object).into_iter().flatten();
                    for (key, value) in values.filter(|(key, _)| !NOTED.contains(&key.as_str())) {
                        flatten(value, format!("metadata.{part}.{key}"), 0, &mut found);
                    }
                }
            }
            "status" => {
                for part in OF_NODES.iter().filter(|_| is_node) {
                    for (key, value) in value.get(part).and_then(Value::as_object).into_iter().flatten() {
                        if !OF_BOOT.contains(&key.as_str()) {
                            flatten(value, format!("status.{part}.{key}"), 0, &mut found);
                        }
                    }
                }
            }
            _ => flatten(value, name.clone(), 0, &mut found),
        }
    }
    found
}

/// Fields deeper than this are told as one.
const MOST_DEEP: usize = 24;

fn flatten(value: &Value, path: String, depth: usize, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() && depth < MOST_DEEP => {
            fields.iter().for_each(|(name, value)| flatten(value, format!("{path}.{name}"), depth + 1, found));
        }
        Value::Array(items) if !items.is_empty() && depth < MOST_DEEP => {
            for (place, item) in items.iter().enumerate() {
                let named = ["name", "key", "type", "port"].iter().find_map(|field| match item.get(field)? {
                    Value::String(name) => Some(name.clone()),
                    Value::Number(number) => Some(number.to_string()),
                    _ => None,
                });
                let name = named.unwrap_or_else(|| place.to_string());
                flatten(item, format!("{path}[{name}]"), depth + 1, found);
            }
        }
        Value::String(text) => drop(found.insert(path, cut(text))),
        other => drop(found.insert(path, cut(&other.to_string()))),
    }
}

/// A value as it is told: two that differ only behind the cut are told apart by their length.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        None => text.to_owned(),
        Some((at, _)) => format!(
            "{}… ({} bytes, {:08x})",
            text.get(..at).unwrap_or_default(),
            text.len(),
            crc32fast::hash(text.as_bytes())
        ),
    }
}

fn differs(
    subject: &str,
    (entry, fields): &(String, BTreeMap<String, String>),
    second: &Seen,
) -> Option<ObjectDifference> {
    let Some((other_entry, other)) = second.get(subject) else {
        return Some(alone("new", subject, [Some(entry.clone()), None]));
    };
    let names = fields.keys().chain(other.keys().filter(|name| !fields.contains_key(*name)));
    let changed = names.filter_map(|name| {
        let values = [fields.get(name).cloned(), other.get(name).cloned()];
        (values[0] != values[1]).then(|| FieldDifference { field: name.clone(), values })
    });
    let mut changed: Vec<FieldDifference> = changed.collect();
    if changed.is_empty() {
        return None;
    }
    changed.sort_by(|a, b| a.field.cmp(&b.field));
    let more_fields = changed.len().saturating_sub(MOST_FIELDS);
    changed.truncate(MOST_FIELDS);
    let entries = [Some(entry.clone()), Some(other_entry.clone())];
    Some(ObjectDifference { is: "changed", subject: subject.to_owned(), fields: changed, more_fields, entries })
}

fn alone(is: &'static str, subject: &str, entries: [Option<String>; 2]) -> ObjectDifference {
    ObjectDifference { is, subject: subject.to_owned(), fields: Vec::new(), more_fields: 0, entries }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_decided_is_compared_field_by_field() {
        let of = |json: &str| match serde_json::from_str(json) {
            Ok(Value::Object(object)) => ("e".to_owned(), fields(&object, false)),
            _ => Default::default(),
        };
        let before = of(
            r#"{"kind":"Deployment","metadata":{"resourceVersion":"1","labels":{"a":"b"}},"status":{"replicas":1},
                "spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"app","image":"x:1"},{"name":"log","image":"y:1"}]}}}}"#,
        );
        let after = of(
            r#"{"kind":"Deployment","metadata":{"resourceVersion":"9","labels":{"a":"b"}},"status":{"replicas":0},
                "spec":{"replicas":2,"paused":true,"template":{"spec":{"containers":[{"name":"log","image":"y:1"},{"name":"app","image":"x:2"}]}}}}"#,
        );
        let second = Seen::from([("Deployment/shop/api".to_owned(), before)]);
        let found = differs("Deployment/shop/api", &after, &second).expect("a difference");
        let told: Vec<(&str, [Option<&str>; 2])> =
            found.fields.iter().map(|one| (one.field.as_str(), one.values.each_ref().map(Option::as_deref))).collect();
        assert_eq!(
            told,
            [
                ("spec.paused", [Some("true"), None]),
                ("spec.template.spec.containers[app].image", [Some("x:2"), Some("x:1")]),
            ]
        );
    }
}
