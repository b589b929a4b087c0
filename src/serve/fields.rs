//! Which objects of a kind are meant: by their labels, as everywhere, and by the fields that the API knows of their kind.

use super::answer::Refusal;
use super::ask::Ask;
use super::newer_events;
use super::resource::Resource;
use crate::viewing::{Object, Selector};
use serde_json::Value;

/// Labels by which objects can be selected, and where their values stand (pkg/apis/*/v1/conversion.go, and the strategies'
/// `ToSelectableFields`, Kubernetes 1.34).
const FIELDS: &[(&str, &[&str])] = &[
    ("certificatesigningrequests.certificates.k8s.io", &["spec.signerName"]),
    (
        "events",
        &[
            "involvedObject.apiVersion",
            "involvedObject.fieldPath",
            "involvedObject.kind",
            "involvedObject.name",
            "involvedObject.namespace",
            "involvedObject.resourceVersion",
            "involvedObject.uid",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
    ),
    ("jobs.batch", &["status.successful"]),
    ("namespaces", &["status.phase"]),
    ("nodes", &["spec.unschedulable"]),
    (
        "pods",
        &[
            "spec.hostNetwork",
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "status.nominatedNodeName",
            "status.phase",
            "status.podIP",
            "status.podIPs",
        ],
    ),
    ("replicasets.apps", &["status.replicas"]),
    ("replicationcontrollers", &["status.replicas"]),
];

/// What is asked of objects of one kind.
#[derive(Default)]
pub struct Wanted {
    labels: Option<Selector>,
    fields: Vec<Field>,
    /// One name alone, where that is asked for.
    pub name: Option<String>,
    /// One namespace alone.
    pub namespace: Option<String>,
}

struct Field {
    name: String,
    value: String,
    is_equal: bool,
}

impl Wanted {
    pub fn of(ask: &Ask, resource: &Resource) -> Result<Self, Refusal> {
        let mut wanted = Self::default();
        if let Some(text) = ask.query("labelSelector") {
            let read = text.parse().map_err(|why| Refusal::bad(format!("unable to parse requirement: {why}")));
            wanted.labels = Some(read?);
        }
        let Some(text) = ask.query("fieldSelector") else { return Ok(wanted) };
        let full = resource.full();
        let (kept, is_newer_event) = (newer_events::kept_as(&full), full == newer_events::FULL);
        let known = FIELDS.iter().find(|(plural, _)| *plural == kept).map_or(&[][..], |(_, fields)| fields);
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value, is_equal) = split(part).ok_or_else(|| {
                Refusal::bad(format!("invalid field selector {part:?}: write NAME=VALUE or NAME!=VALUE"))
            })?;
            let of_core = if is_newer_event { newer_events::field_of_core(name) } else { name.to_owned() };
            let name = of_core.as_str();
            match name {
                "metadata.name" if is_equal => wanted.name = Some(value.to_owned()),
                "metadata.namespace" if is_equal => wanted.namespace = Some(value.to_owned()),
                _ if name.starts_with("metadata.") || known.contains(&name) => {
                    wanted.fields.push(Field { name: name.to_owned(), value: value.to_owned(), is_equal });
                }
                _ => return Err(Refusal::bad(format!("field label not supported: {name}"))),
            }
        }
        Ok(wanted)
    }

    /// Whether an object has to be read to know.
    pub fn is_plain(&self) -> bool {
        self.labels.is_none() && self.fields.is_empty()
    }

    /// Whether an object is meant, its name and namespace aside.
    pub fn takes(&self, one: &Object) -> bool {
        self.labels.as_ref().is_none_or(|selector| selector.takes(&one.labels()))
            && self.fields.iter().all(|field| (value(one, &field.name) == field.value) == field.is_equal)
    }
}

fn split(part: &str) -> Option<(&str, &str, bool)> {
    if let Some((name, value)) = part.split_once("!=") {
        return Some((name, value, false));
    }
    let (name, value) = part.split_once("==").or_else(|| part.split_once('='))?;
    Some((name, value, true))
}

/// The value of a field, as the API server compares it.
fn value(one: &Object, field: &str) -> String {
    let at = |field: &str| match one.json.pointer(&format!("/{}", field.replace('.', "/"))) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(value) => value.to_string(),
    };
    let or = |field: &str, otherwise: &str| {
        Some(at(field)).filter(|value| !value.is_empty()).unwrap_or(otherwise.to_owned())
    };
    match field {
        "source" => or("source.component", one.text("/reportingComponent")),
        "spec.unschedulable" | "spec.hostNetwork" => or(field, "false"),
        "status.replicas" => or(field, "0"),
        "status.successful" => or("status.succeeded", "0"),
        "status.podIPs" => at("status.podIP"),
        field => at(field),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::kinds::Named;
    use chrono::DateTime;

    fn object(json: &str) -> Object {
        let json: Value = serde_json::from_str(json).expect("JSON");
        Object {
            named: Named::of_plural("pods"),
            namespace: String::new(),
            name: String::new(),
            json,
            fetched: DateTime::UNIX_EPOCH,
        }
    }

    fn wanted(full: &str, query: &str) -> Result<Wanted, Refusal> {
        Wanted::of(&Ask::new("GET", &format!("/?{query}"), ""), &Resource::named(full, "", "v1", true))
    }

    #[test]
    fn objects_are_chosen_by_fields_and_labels() {
        let pod =
            object(r#"{"metadata":{"labels":{"app":"api"}},"spec":{"nodeName":"n1"},"status":{"phase":"Running"}}"#);
        for (query, is_meant) in [
            ("fieldSelector=spec.nodeName%3Dn1,status.phase!%3DFailed", true),
            ("fieldSelector=spec.nodeName%3D%3Dn2", false),
            ("fieldSelector=spec.hostNetwork%3Dfalse&labelSelector=app+in+(api)", true),
            ("labelSelector=app!%3Dapi", false),
        ] {
            assert_eq!(wanted("pods", query).expect("a selector").takes(&pod), is_meant, "{query}");
        }
        let event = object(r#"{"involvedObject":{"kind":"Pod"},"source":{"component":"kubelet"},"type":"Warning"}"#);
        let of_event = "fieldSelector=involvedObject.kind%3DPod,type%3DWarning,source%3Dkubelet";
        assert!(wanted("events", of_event).expect("a selector").takes(&event));
        let by_name = wanted("pods", "fieldSelector=metadata.name%3Da").expect("a selector");
        assert!(by_name.is_plain() && by_name.name.as_deref() == Some("a"));
    }

    #[test]
    fn what_no_api_server_selects_by_is_refused() {
        for (full, query) in [
            ("pods", "fieldSelector=spec.color%3Dred"),
            ("events", "fieldSelector=spec.nodeName%3Da"),
            ("pods", "fieldSelector=a"),
            ("pods", "labelSelector=a+b"),
        ] {
            assert_eq!(wanted(full, query).err().map(|refusal| refusal.code), Some(400), "{query}");
        }
    }
}
