//! What an object of any kind shares with others of its kind: whose it is, where it is, its labels and annotations, and
//! the plain values of its specification.

use crate::model::{Citation, Subject};
use crate::objects::Meta;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

/// What the object of a kind without a reader of its own says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectTraits {
    /// Each with its value: `namespace`, `owner`, `label KEY`, `annotation KEY`, and fields of the specification by their
    /// path without places in lists, as `spec.parentRefs.sectionName`.
    pub attributes: BTreeSet<(String, String)>,
    pub created: Option<DateTime<Utc>>,
    /// The object itself.
    pub citation: Citation,
}

/// Kinds that are made for each of others, and share nothing but that.
const MADE_FOR_OTHERS: [&str; 9] = [
    "CSIStorageCapacity",
    "CiliumEndpoint",
    "CiliumIdentity",
    "ComponentStatus",
    "ControllerRevision",
    "EndpointSlice",
    "Endpoints",
    "Lease",
    "VolumeAttachment",
];

/// As many are kept of one object.
const MOST: usize = 48;
/// So deep a specification is looked through.
const DEPTH: usize = 6;
/// Longer values are texts, and no two objects share them by chance.
const LONGEST: usize = 64;

/// Parts of the names of fields, annotations and labels, in lower case and without marks between words, whose values are
/// not to be shown.
const NOT_SHOWN: [&str; 7] = ["apikey", "credential", "passphrase", "password", "privatekey", "secretkey", "token"];

/// Words of such names whose values are of one object alone, or are not to be shown.
const OF_ONE: [&str; 6] = ["applied", "checksum", "env", "hash", "uid", "value"];

/// Attributes of an object; none of a kind that is made for others.
pub fn of(subject: &Subject, meta: &Meta, spec: &Value) -> BTreeSet<(String, String)> {
    let mut found = Found::default();
    if MADE_FOR_OTHERS.contains(&subject.kind()) {
        return found.0;
    }
    if let Some(namespace) = subject.namespace() {
        found.add("namespace".to_owned(), namespace);
    }
    for owner in meta.owner_references.iter().filter(|owner| owner.controller && !owner.name.is_empty()) {
        let owner = subject.namespace().map_or_else(
            || Subject::cluster(&owner.kind, &owner.name),
            |namespace| Subject::namespaced(&owner.kind, namespace, &owner.name),
        );
        found.add("owner".to_owned(), &owner.to_string());
    }
    meta.labels.iter().for_each(|(key, value)| found.add(format!("label {key}"), value));
    meta.annotations.iter().for_each(|(key, value)| found.add(format!("annotation {key}"), value));
    found.fields("spec", spec, DEPTH);
    found.0
}

#[derive(Default)]
struct Found(BTreeSet<(String, String)>);

impl Found {
    fn add(&mut self, attribute: String, value: &str) {
        let is_word = !value.is_empty() && value.len() <= LONGEST && !value.contains(char::is_whitespace);
        if is_word && self.0.len() < MOST && is_shared(&attribute.to_lowercase()) {
            self.0.insert((attribute, value.to_owned()));
        }
    }

    fn fields(&mut self, path: &str, value: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Value::Object(fields) => {
                fields.iter().for_each(|(field, value)| self.fields(&format!("{path}.{field}"), value, depth));
            }
            Value::Array(items) => items.iter().for_each(|item| self.fields(path, item, depth)),
            Value::String(text) => self.add(path.to_owned(), text),
            Value::Bool(_) | Value::Number(_) => self.add(path.to_owned(), &value.to_string()),
            Value::Null => {}
        }
    }
}

fn is_shared(name: &str) -> bool {
    let joined: String = name.chars().filter(|one| one.is_alphanumeric()).collect();
    let is_of_one = name.split(|one: char| !one.is_alphanumeric()).any(|word| OF_ONE.contains(&word));
    !is_of_one && !NOT_SHOWN.iter().any(|part| joined.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::OwnerReference;
    use serde_json::json;

    fn pairs(found: &BTreeSet<(String, String)>) -> Vec<String> {
        found.iter().map(|(attribute, value)| format!("{attribute}={value}")).collect()
    }

    #[test]
    fn lists_are_one_field_and_secrets_none() {
        let spec = json!({
            "parentRefs": [{"name": "edge", "sectionName": "https"}, {"name": "inner"}],
            "replicas": 3,
            "auth": {"adminPassword": "hunter2", "apiKey": "x", "api_token": "y"},
            "env": [{"name": "A", "value": "b"}],
            "text": "two words",
        });
        let meta = Meta {
            labels: [("environment".to_owned(), "web".to_owned())].into(),
            annotations: [("checksum/config".to_owned(), "abc".to_owned())].into(),
            owner_references: vec![OwnerReference {
                kind: "ApplicationSet".to_owned(),
                name: "prod".to_owned(),
                controller: true,
            }],
            ..Meta::default()
        };
        let found = of(&Subject::namespaced("HTTPRoute", "shop", "web"), &meta, &spec);
        let expected = [
            "label environment=web",
            "namespace=shop",
            "owner=ApplicationSet/shop/prod",
            "spec.parentRefs.name=edge",
            "spec.parentRefs.name=inner",
            "spec.parentRefs.sectionName=https",
            "spec.replicas=3",
        ];
        assert_eq!(pairs(&found), expected);
        assert!(of(&Subject::namespaced("Lease", "shop", "web"), &meta, &spec).is_empty());
    }

    #[test]
    fn what_is_kept_of_one_object_is_bounded() {
        let spec: Value =
            (0..1000).map(|number| (format!("field{number}"), json!(number))).collect::<serde_json::Map<_, _>>().into();
        assert_eq!(of(&Subject::cluster("Thing", "a"), &Meta::default(), &spec).len(), MOST);
    }
}
