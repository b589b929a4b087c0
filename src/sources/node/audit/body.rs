//! What is kept of the body of a request or an answer.
//!
//! Objects of kinds that are collected whole are kept as they are there: without `managedFields`, without copies of
//! themselves, and without the values that their kind shows. Of ConfigMaps and Secrets the keys are kept and never the
//! values: the same value is the same pseudonym, so that one that changed is seen, and nothing more. Of every other kind
//! that may hold credentials there is the name. What cannot be read as JSON, or is none of these, is not kept.

use super::actor;
use crate::redact::Redactor;
use crate::sources::cluster::kinds::{Treatment, treatment};
use crate::sources::wire::json_strip;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::cell::Cell;

/// What pseudonyms of values are called.
pub const VALUE: &str = "audit";

/// How a body is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// Names of keys, for ConfigMaps and Secrets.
    Keys,
    /// Name and namespace.
    Name,
    Nothing,
}

/// Groups of questions that are answered and stored nowhere, and of what is about persons and their logins.
const NOTHING_OF: [&str; 5] = [
    "authentication.k8s.io",
    "authorization.k8s.io",
    "authorization.openshift.io",
    "oauth.openshift.io",
    "user.openshift.io",
];
/// Subresources that have a part of the object, or what is done to it.
const PARTS: [&str; 7] = ["", "status", "scale", "eviction", "binding", "ephemeralcontainers", "resize"];

impl Extent {
    pub fn of(group: &str, resource: &str, subresource: &str) -> Self {
        let is_same_elsewhere = matches!((group, resource), ("events.k8s.io", "events") | ("extensions", _));
        match (group, resource) {
            _ if resource.is_empty() || !PARTS.contains(&subresource) || NOTHING_OF.contains(&group) => Self::Nothing,
            ("", "secrets" | "configmaps") => Self::Keys,
            // Renewed every few seconds, with nothing in it but the time.
            ("coordination.k8s.io", "leases") => Self::Nothing,
            ("certificates.k8s.io", _) => Self::Name,
            _ if is_same_elsewhere => Self::Whole,
            _ => match treatment(group, resource) {
                Treatment::Whole => Self::Whole,
                Treatment::MetadataOnly => Self::Name,
                Treatment::LeftOut => Self::Nothing,
            },
        }
    }
}

/// Whether the names of a kind are credentials, or those of persons.
pub fn has_telling_names(group: &str) -> bool {
    matches!(group, "oauth.openshift.io" | "user.openshift.io")
}

/// Whose body it is.
pub struct Of<'a> {
    pub group: &'a str,
    pub resource: &'a str,
    pub extent: Extent,
    /// Persons who asked, whose names it may repeat.
    pub persons: &'a [&'a str],
    pub redactor: &'a Redactor,
    /// How many values were hidden.
    pub hidden: &'a Cell<u64>,
}

/// What is kept of `body`.
pub fn kept(body: &RawValue, of: &Of<'_>) -> Option<Box<RawValue>> {
    let text = body.get();
    let kept = match (of.extent, text.as_bytes().first()?) {
        (Extent::Nothing, _) => return None,
        (_, b'[') => patch(text)?,
        (Extent::Whole, b'{') => whole(text, of)?,
        (Extent::Keys, b'{') => keys(text, of)?,
        (Extent::Name, b'{') => serde_json::to_string(&Value::Object(named(&read(text)?))).ok()?,
        _ => return None,
    };
    RawValue::from_string(kept).ok()
}

/// A step of a JSON patch (RFC 6902). Its value is not said to be of a credential by what stands beside it, as one in an
/// object is, so it is kept only where it can be none.
#[derive(Deserialize, Serialize)]
struct Step {
    op: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Value>,
}

fn patch(text: &str) -> Option<String> {
    let steps: Vec<Step> = serde_json::from_str(text).ok()?;
    let steps: Vec<Step> = steps
        .into_iter()
        .map(|step| Step {
            value: step.value.filter(|value| value.is_boolean() || is_replicas(&step.path, value)),
            ..step
        })
        .collect();
    serde_json::to_string(&steps).ok()
}

fn is_replicas(path: &str, value: &Value) -> bool {
    path.ends_with("/replicas") && value.is_number()
}

fn read(text: &str) -> Option<Map<String, Value>> {
    match serde_json::from_str(text).ok()? {
        Value::Object(object) => Some(object),
        _ => None,
    }
}

/// What says which object it is.
fn named(object: &Map<String, Value>) -> Map<String, Value> {
    let mut kept = Map::new();
    for field in ["kind", "apiVersion"] {
        kept.extend(object.get(field).filter(|value| value.is_string()).map(|value| (field.to_owned(), value.clone())));
    }
    if let Some(Value::Object(metadata)) = object.get("metadata") {
        let fields =
            ["name", "generateName", "namespace", "uid", "resourceVersion", "creationTimestamp", "deletionTimestamp"];
        let fields = fields.into_iter().filter_map(|field| Some((field.to_owned(), metadata.get(field)?.clone())));
        let fields: Map<String, Value> = fields.filter(|(_, value)| value.is_string()).collect();
        kept.insert("metadata".to_owned(), Value::Object(fields));
    }
    kept
}

/// A ConfigMap or a Secret, or a patch of one: `null` is what removes a key.
fn keys(text: &str, of: &Of<'_>) -> Option<String> {
    let object = read(text)?;
    let mut kept = named(&object);
    for field in ["data", "stringData", "binaryData"] {
        if let Some(Value::Object(values)) = object.get(field) {
            let hidden = values.iter().map(|(key, value)| (key.clone(), hidden(value, of)));
            kept.insert(field.to_owned(), Value::Object(hidden.collect()));
        }
    }
    kept.extend(
        object.get("immutable").filter(|value| value.is_boolean()).map(|value| ("immutable".to_owned(), value.clone())),
    );
    serde_json::to_string(&Value::Object(kept)).ok()
}

fn hidden(value: &Value, of: &Of<'_>) -> Value {
    let pseudonym = |text: &str| {
        of.hidden.set(of.hidden.get() + 1);
        json!(of.redactor.pseudonym(VALUE, text))
    };
    match value {
        Value::Null => Value::Null,
        Value::String(text) if text.is_empty() => json!(""),
        Value::String(text) => pseudonym(text),
        other => pseudonym(&other.to_string()),
    }
}

#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    kind: String,
    items: Option<serde::de::IgnoredAny>,
}

/// An object, a part of one, or a patch that has the form of one.
fn whole(text: &str, of: &Of<'_>) -> Option<String> {
    let Typed { kind, items } = serde_json::from_str(text).ok()?;
    // What a Status says, `responseStatus` says too; and lists have values where their kind does not say.
    if kind == "Status" || items.is_some() {
        return None;
    }
    let (text, _) = json_strip::without_last_applied(text)?;
    let text = json_strip::without_managed_fields(&text);
    let plural = match of.group {
        "" => of.resource.to_owned(),
        group => format!("{}.{group}", of.resource),
    };
    let text = match of.redactor.values_of(&plural) {
        None => text.into_owned(),
        Some(values) => values.of(&text),
    };
    Some(actor::without_persons(&text, of.persons, of.redactor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Key, Rules};
    use proptest::prelude::*;

    fn redactor() -> Redactor {
        Redactor::new(Rules::built_in().expect("rules"), Key::known([7; 32])).expect("a redactor")
    }

    fn check(group: &str, resource: &str, body: &str) -> String {
        let redactor = redactor();
        let hidden = Cell::new(0);
        let extent = Extent::of(group, resource, "");
        let of = Of { group, resource, extent, persons: &["anna"], redactor: &redactor, hidden: &hidden };
        let body: Box<RawValue> = serde_json::from_str(body).expect("JSON");
        kept(&body, &of).map(|kept| kept.get().to_owned()).unwrap_or_default()
    }

    #[test]
    fn extents_are_those_of_the_objects() {
        let cases = [
            ("", "pods", "", Extent::Whole),
            ("", "pods", "eviction", Extent::Whole),
            ("", "pods", "exec", Extent::Nothing),
            ("apps", "deployments", "scale", Extent::Whole),
            ("", "secrets", "", Extent::Keys),
            ("", "configmaps", "", Extent::Keys),
            ("", "serviceaccounts", "token", Extent::Nothing),
            ("authentication.k8s.io", "tokenreviews", "", Extent::Nothing),
            ("certificates.k8s.io", "certificatesigningrequests", "", Extent::Name),
            ("certificates.k8s.io", "certificatesigningrequests", "approval", Extent::Nothing),
            ("example.com", "databasecredentials", "", Extent::Name),
            ("events.k8s.io", "events", "", Extent::Whole),
            ("coordination.k8s.io", "leases", "", Extent::Nothing),
            ("", "", "", Extent::Nothing),
        ];
        for (group, resource, subresource, extent) in cases {
            assert_eq!(Extent::of(group, resource, subresource), extent, "{resource}.{group}/{subresource}");
        }
    }

    #[test]
    fn of_config_maps_and_secrets_the_keys_stay() {
        let map = |limit: &str| {
            format!(
                r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"settings","namespace":"shop","annotations":{{"kubectl.kubernetes.io/last-applied-configuration":"{{\"data\":{{\"LIMIT\":\"MARK\"}}}}"}},"managedFields":[{{"manager":"MARK"}}]}},"data":{{"LIMIT":"{limit}","NAME":"MARK","OLD":null,"NONE":""}}}}"#
            )
        };
        let [before, after] = ["MARK64Mi", "MARK8Mi"].map(|limit| check("", "configmaps", &map(limit)));
        assert!(!before.contains("MARK") && before.contains(r#""name":"settings""#), "{before}");
        let data = |text: &str| serde_json::from_str::<Value>(text).expect("JSON")["data"].clone();
        let (before, after) = (data(&before), data(&after));
        assert!(before["LIMIT"] != after["LIMIT"] && before["NAME"] == after["NAME"], "{before} {after}");
        assert_eq!((&before["OLD"], &before["NONE"]), (&Value::Null, &json!("")));
        let secret = r#"{"kind":"Secret","data":{"password":"TUFSSw=="},"stringData":{"a":"MARK"},"type":"Opaque","x":{"y":"MARK"}}"#;
        let kept = check("", "secrets", secret);
        assert!(!kept.contains("MARK") && !kept.contains("TUFS") && kept.contains("password"), "{kept}");
    }

    #[test]
    fn of_patches_the_paths_stay() {
        let steps = r#"[{"op":"replace","path":"/spec/replicas","value":2},{"op":"add","path":"/spec/template/spec/containers/0/env/0","value":{"name":"A","value":"MARK"}},{"op":"test","path":"/data/k","value":"MARK"}]"#;
        for (group, resource) in [("apps", "deployments"), ("", "configmaps"), ("", "secrets")] {
            let kept = check(group, resource, steps);
            assert!(!kept.contains("MARK") && kept.contains(r#""path":"/data/k""#), "{kept}");
            assert!(kept.contains(r#"{"op":"replace","path":"/spec/replicas","value":2}"#), "{kept}");
        }
        assert_eq!(check("apps", "deployments", r#"["MARK"]"#), "");
    }

    #[test]
    fn whole_objects_are_as_in_objects() {
        let web = r#"{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"web","annotations":{"by":"anna","kubectl.kubernetes.io/last-applied-configuration":"MARK"},"managedFields":[{"manager":"MARK"}]},"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"app","image":"shop:2"}]}}}}"#;
        let kept = check("apps", "deployments", web);
        assert!(!kept.contains("MARK") && !kept.contains("anna") && kept.contains(r#""image":"shop:2""#), "{kept}");
        let application = r#"{"kind":"Application","spec":{"source":{"chart":"shop","helm":{"values":"MARK"}}}}"#;
        let kept = check("argoproj.io", "applications", application);
        assert!(!kept.contains("MARK") && kept.contains(r#""chart":"shop""#), "{kept}");
        assert_eq!(check("", "pods", r#"{"kind":"PodList","items":[{"a":"MARK"}]}"#), "");
        assert_eq!(check("", "pods", r#"{"kind":"Status","message":"MARK"}"#), "");
        assert_eq!(check("", "pods", r#""MARK""#), "");
        let request = r#"{"kind":"CertificateSigningRequest","metadata":{"name":"csr-1"},"spec":{"request":"MARK","username":"anna"}}"#;
        assert_eq!(
            check("certificates.k8s.io", "certificatesigningrequests", request),
            r#"{"kind":"CertificateSigningRequest","metadata":{"name":"csr-1"}}"#
        );
    }

    proptest! {
        #[test]
        fn no_value_of_a_secret_is_kept(field in "data|stringData|binaryData|other|metadata", key in "[a-z]{1,5}", depth in 0_usize..4) {
            let value = format!("{}\"MARK\"{}", "[".repeat(depth), "]".repeat(depth));
            let kept = check("", "secrets", &format!(r#"{{"kind":"Secret","{field}":{{"{key}":{value}}}}}"#));
            prop_assert!(!kept.contains("MARK") || field == "metadata", "{}", kept);
        }
    }
}
