//! Objects as they are recorded: without credentials, without copies of themselves, and in a form that can be compared.

use super::kinds::{Keep, Kind};
use crate::archive::history::{difference, without_nulls};
use crate::redact::{Counts, Redactor};
use crate::sources::wire::json_strip;
use serde_json::Value;
use std::convert::Infallible;

/// As redactions call copies of a whole object in its annotations.
const LAST_APPLIED: &str = "last-applied";

/// An object that may be written down.
#[derive(Debug)]
pub struct Clean {
    pub uid: String,
    pub namespace: String,
    /// Its `resourceVersion`.
    pub revision: String,
    /// On one line.
    pub text: String,
    /// What was taken out, by rule.
    pub redacted: Counts,
}

/// What is read of an object before anything else.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Identity {
    pub uid: String,
    pub namespace: String,
    pub name: String,
    pub resource_version: String,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Identified {
    metadata: Identity,
    /// Of usage: when it was measured.
    timestamp: String,
}

/// Which object of which version it is; none where it does not say. Usage is told apart by whose it is, and by its time.
pub fn identity(kind: &Kind, object: &str) -> Option<Identity> {
    let Identified { metadata, timestamp } = serde_json::from_str(object).ok()?;
    let identity = match kind.keep {
        Keep::Usage => {
            let parts = [metadata.namespace.as_str(), metadata.name.as_str()];
            let uid = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
            Identity { uid, resource_version: timestamp, ..metadata }
        }
        _ => metadata,
    };
    (!identity.uid.is_empty()).then_some(identity)
}

/// The namespace of an object; empty where it is in none.
pub fn namespace(object: &str) -> String {
    serde_json::from_str::<Identified>(object).unwrap_or_default().metadata.namespace
}

/// `object` as it may be written down; none where it cannot be taken apart.
pub fn clean(kind: &Kind, redactor: &Redactor, object: &str) -> Option<Clean> {
    let (object, copies) = json_strip::without_last_applied(object)?;
    let Identity { uid, namespace, resource_version: revision, .. } = identity(kind, &object)?;
    let mut value = without_nulls(serde_json::from_str(&object).ok()?);
    match kind.keep {
        Keep::Metadata => {}
        Keep::Versions | Keep::Records => shorten(&mut value),
        Keep::Transitions => without_renewals(&mut value),
        Keep::Usage => without_answer(&mut value),
    }
    let (text, mut redacted) = redact(kind, redactor, &value.to_string());
    if copies > 0 {
        redacted.insert(LAST_APPLIED.to_owned(), copies);
    }
    Some(Clean { uid, namespace, revision, text, redacted })
}

/// What makes `after` of `before`, both as they may be written down; none where nothing differs.
pub fn compared(before: &str, after: &str) -> Option<Value> {
    let of = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    difference(&of(before), &of(after))
}

/// What each renewal of a lock changes is taken out, so that one says nothing that is written down.
fn without_renewals(object: &mut Value) {
    for (part, names) in [("metadata", ["managedFields", "resourceVersion"].as_slice()), ("spec", &["renewTime"])] {
        if let Some(part) = object.get_mut(part).and_then(Value::as_object_mut) {
            names.iter().for_each(|name| drop(part.remove(*name)));
        }
    }
}

/// Usage is said to be created when it is answered for (metrics-server 0c55838, pkg/api/pod.go), which tells nothing of it.
fn without_answer(usage: &mut Value) {
    if let Some(metadata) = usage.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("creationTimestamp");
    }
}

/// Of `managedFields` who wrote and when is kept, and not which fields: that is half of many an object, and versions tell
/// it too. Of an object whose metadata alone are there nothing else tells it.
fn shorten(object: &mut Value) {
    let fields = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
    for write in fields.into_iter().flatten() {
        if let Some(write) = write.as_object_mut() {
            write.remove("fieldsV1");
            write.remove("fieldsType");
        }
    }
}

fn redact(kind: &Kind, redactor: &Redactor, text: &str) -> (String, Counts) {
    let mut stream = redactor.stream_of(&kind.full_name());
    let mut bytes = Vec::with_capacity(text.len());
    let mut out = |piece: &[u8]| -> Result<(), Infallible> {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    let Ok(()) = stream.push(text.as_bytes(), &mut out);
    let Ok(counts) = stream.end(&mut out);
    (String::from_utf8_lossy(&bytes).into_owned(), counts)
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;

    fn kind(plural: &str) -> &'static Kind {
        kinds::ALL.iter().find(|kind| kind.full_name() == plural).expect("a kind")
    }

    #[test]
    fn usage_is_told_apart_by_whose_it_is_and_when_it_was_measured() {
        let redactor = Redactor::anonymous().expect("the built-in rules");
        let used = |of: &str, created: &str, at: &str| {
            format!(
                r#"{{"metadata":{{{of},"creationTimestamp":"{created}"}},"timestamp":"{at}","usage":{{"cpu":"1n","memory":"2Ki"}}}}"#
            )
        };
        let of_pod = used(r#""name":"api","namespace":"shop""#, "2026-11-28T21:00:01Z", "2026-11-28T21:00:00Z");
        let pod = clean(kind("pods.metrics.k8s.io"), &redactor, &of_pod).expect("usage");
        assert_eq!(
            (pod.uid.as_str(), pod.namespace.as_str(), pod.revision.as_str()),
            ("shop/api", "shop", "2026-11-28T21:00:00Z")
        );
        assert!(pod.text.contains(r#""memory":"2Ki""#) && !pod.text.contains("21:00:01"), "{}", pod.text);
        let of_node = used(r#""name":"node-1""#, "2026-11-28T21:00:01Z", "2026-11-28T21:00:00Z");
        assert_eq!(identity(kind("nodes.metrics.k8s.io"), &of_node).map(|node| node.uid).as_deref(), Some("node-1"));
        assert!(identity(kind("pods"), &of_pod).is_none(), "of what is watched the UID counts");
    }

    #[test]
    fn what_is_secret_or_a_copy_is_not_kept() {
        let redactor = Redactor::anonymous().expect("the built-in rules");
        let object = r#"{"metadata":{"name":"a","namespace":"shop","uid":"u","resourceVersion":"7","creationTimestamp":null,
            "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":\"MARKER\"}"},
            "managedFields":[{"manager":"helm","time":"2026-11-28T21:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:x":{}}}]},
            "spec":{"containers":[{"env":[{"name":"DB_PASSWORD","value":"hunter2hunter2"}]}]}}"#;
        let clean = clean(kind("pods"), &redactor, object).expect("an object");
        for gone in ["MARKER", "hunter2", "fieldsV1", "null"] {
            assert!(!clean.text.contains(gone), "{gone}: {}", clean.text);
        }
        assert!(clean.text.contains(r#""manager":"helm""#) && !clean.text.contains('\n'), "{}", clean.text);
        assert_eq!((clean.uid.as_str(), clean.namespace.as_str(), clean.revision.as_str()), ("u", "shop", "7"));
        assert_eq!(clean.redacted.get(LAST_APPLIED), Some(&1));
        assert!(serde_json::from_str::<Value>(&clean.text).is_ok());
    }

    #[test]
    fn a_lock_that_is_renewed_is_the_same_and_one_that_another_takes_is_not() {
        let redactor = Redactor::anonymous().expect("the built-in rules");
        let lock = |revision: &str, holder: &str, renewed: &str| {
            let object = format!(
                r#"{{"metadata":{{"name":"kube-scheduler","namespace":"kube-system","uid":"u","resourceVersion":"{revision}","managedFields":[
                {{"manager":"kube-scheduler","time":"{renewed}"}}]}},"spec":{{"holderIdentity":"{holder}","renewTime":"{renewed}"}}}}"#
            );
            clean(kind("leases.coordination.k8s.io"), &redactor, &object).expect("an object")
        };
        let (first, renewed) = (lock("7", "a", "2026-11-28T21:00:00Z"), lock("8", "a", "2026-11-28T21:00:02Z"));
        assert_eq!((first.text == renewed.text, renewed.revision.as_str()), (true, "8"));
        assert_ne!(lock("9", "b", "2026-11-28T21:00:04Z").text, first.text);
    }

    #[test]
    fn what_cannot_be_read_is_not_kept() {
        let redactor = Redactor::anonymous().expect("the built-in rules");
        for bad in ["", "{", "[]", r#"{"metadata":{"name":"a"}}"#] {
            assert!(clean(kind("pods"), &redactor, bad).is_none(), "{bad}");
        }
    }
}
