//! Which objects an object of any kind refers to, by the forms that the API's conventions give references: a field whose
//! value has a `kind` and a `name` (`issuerRef`, `nodeClassRef`, `scaleTargetRef`), one whose name says the kind
//! (`secretRef`, `existingConfigMap`, `backendRefs`, `dependsOn`), the selector of a key, and owner references
//! (kubernetes/community, contributors/devel/sig-architecture/api-conventions.md, Object references).

use crate::model::Subject;
use crate::objects::Meta;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// As many as are kept of one object.
const MOST: usize = 64;

/// So deep a specification is looked through.
const DEPTH: usize = 32;

/// What fields are called whose value is the name of an object of that kind, or has it as `name`; in lower case, and
/// without the plural's s.
const FIELDS: [(&str, &str); 10] = [
    ("secretref", "Secret"),
    ("secretkeyref", "Secret"),
    ("secretname", "Secret"),
    ("secret", "Secret"),
    ("configmapref", "ConfigMap"),
    ("configmapkeyref", "ConfigMap"),
    ("configmapname", "ConfigMap"),
    ("configmap", "ConfigMap"),
    ("backendref", "Service"),
    ("serviceaccountname", "ServiceAccount"),
];

/// What an object may refer to, without itself.
pub fn of(whose: &Subject, meta: &Meta, spec: &Value) -> BTreeSet<Subject> {
    let mut walk = Walk { whose, found: BTreeSet::new() };
    for owner in meta.owner_references.iter().filter(|owner| !owner.kind.is_empty() && !owner.name.is_empty()) {
        walk.add(&owner.kind, None, &owner.name);
    }
    walk.value("", spec, DEPTH);
    walk.found.remove(whose);
    walk.found
}

struct Walk<'a> {
    whose: &'a Subject,
    found: BTreeSet<Subject>,
}

impl Walk<'_> {
    /// Looks through the value of a field.
    fn value(&mut self, field: &str, value: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Value::Object(fields) => {
                self.object(field, fields);
                fields.iter().for_each(|(field, value)| self.value(field, value, depth));
            }
            Value::Array(items) => items.iter().for_each(|item| self.value(field, item, depth)),
            Value::String(name) => {
                // A text is a name only where its field says so in full: `secretName`, and not `secret`.
                let of_name = kind_of_field(field).filter(|_| field.to_lowercase().ends_with("name"));
                of_name.into_iter().for_each(|kind| self.add(kind, None, name));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// A reference that says its kind, or whose field does.
    fn object(&mut self, field: &str, fields: &Map<String, Value>) {
        let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(name) = text("name") else { return };
        let namespace = text("namespace");
        match (text("kind"), kind_of_field(field)) {
            (Some(kind), _) | (None, Some(kind)) => self.add(kind, namespace, name),
            (None, None) if field == "dependsOn" => self.add(self.whose.kind(), namespace, name),
            // The selector of a key does not say whether it is one of a Secret or of a ConfigMap.
            (None, None) if text("key").is_some() => {
                ["ConfigMap", "Secret"].into_iter().for_each(|kind| self.add(kind, namespace, name));
            }
            (None, None) => {}
        }
    }

    fn add(&mut self, kind: &str, namespace: Option<&str>, name: &str) {
        for object in Subject::referred_to(self.whose, kind, namespace, name) {
            if self.found.len() < MOST {
                self.found.insert(object);
            }
        }
    }
}

fn kind_of_field(field: &str) -> Option<&'static str> {
    let field = field.to_lowercase();
    let field = field.strip_suffix('s').unwrap_or(&field);
    FIELDS.iter().find(|(end, _)| field.ends_with(end)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(spec: &Value) -> Vec<String> {
        let whose = Subject::namespaced("Thing", "shop", "orders");
        of(&whose, &Meta::default(), spec).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn references_are_known_by_their_form() {
        let typed = json!({"template": {"nodeClassRef": {"kind": "EC2NodeClass", "name": "default"}}});
        assert_eq!(found(&typed), ["EC2NodeClass/default", "EC2NodeClass/shop/default"]);
        let of_field = json!({"secretRef": {"name": "login", "namespace": "vault"}});
        assert_eq!(found(&of_field), ["Secret/vault/login"]);
        assert_eq!(found(&json!({"tls": {"secretName": "web"}})), ["Secret/web", "Secret/shop/web"]);
        let backends = json!({"rules": [{"backendRefs": [{"name": "cart", "namespace": "cart", "port": 80}]}]});
        assert_eq!(found(&backends), ["Service/cart/cart"]);
        assert_eq!(found(&json!({"dependsOn": [{"name": "db", "namespace": "base"}]})), ["Thing/base/db"]);
        let key = json!({"credentials": {"name": "s3", "namespace": "shop", "key": "id"}});
        assert_eq!(found(&key), ["ConfigMap/shop/s3", "Secret/shop/s3"]);
    }

    #[test]
    fn what_only_has_a_name_is_no_reference() {
        assert!(found(&json!({"containers": [{"name": "app", "image": "app:1"}], "name": "x"})).is_empty());
        assert!(found(&json!({"secret": "a word", "ref": {"kind": "Thing", "name": ""}})).is_empty());
        assert!(found(&json!({"self": {"kind": "Thing", "namespace": "shop", "name": "orders"}})).is_empty());
        let mut deep = json!({"secretRef": {"name": "login"}});
        (0..200).for_each(|_| deep = json!({ "in": deep }));
        assert!(found(&deep).is_empty());
    }

    #[test]
    fn owners_are_referred_to() {
        let meta = r#"{"name":"keda-hpa-orders","ownerReferences":[{"kind":"ScaledObject","name":"orders"}]}"#;
        let meta: Meta = serde_json::from_str(meta).expect("metadata");
        let whose = Subject::namespaced("HorizontalPodAutoscaler", "shop", "keda-hpa-orders");
        let found: Vec<String> = of(&whose, &meta, &Value::Null).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["ScaledObject/orders", "ScaledObject/shop/orders"]);
    }
}
