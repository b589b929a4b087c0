//! `/openapi/v3`, for `kubectl explain`: schemas of custom kinds, which their definitions hold, and for all others a
//! sentence that an archive has none.

use super::answer::{Answer, Refusal};
use super::resource::Resource;
use super::store::Store;
use serde_json::{Map, Value, json};

/// What stands in the place of a schema.
const NONE: &str =
    "An archive holds no schema of this kind: ask the cluster itself, or the documentation of Kubernetes.";

/// The paths of all documents.
pub fn index(store: &Store) -> Answer {
    let of = |one: &Resource| root(&one.group, &one.version);
    let paths: Map<String, Value> = store
        .resources()
        .iter()
        .map(|one| (of(one), json!({"serverRelativeURL": format!("/openapi/v3/{}", of(one))})))
        .collect();
    Answer::json(&json!({"paths": paths}))
}

fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

/// The document of one version of a group.
pub fn document(store: &Store, group: &str, version: &str) -> Result<Answer, Refusal> {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for one in store.resources().iter().filter(|one| one.group == group && one.version == version) {
        let kind = json!({"group": group, "version": version, "kind": one.kind});
        let within = if one.namespaced { "namespaces/{namespace}/" } else { "" };
        let path = format!("/{}/{within}{}", root(group, version), one.plural);
        paths.insert(path, json!({"get": {"x-kubernetes-action": "list", "x-kubernetes-group-version-kind": kind}}));
        let mut schema = own(store, one).unwrap_or_else(|| json!({"type": "object", "description": NONE}));
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("x-kubernetes-group-version-kind".to_owned(), json!([kind]));
        }
        schemas.insert(format!("{group}.{version}.{}", one.kind), schema);
    }
    if paths.is_empty() {
        return Err(Refusal::no_path());
    }
    let info = json!({"title": "Kubernetes", "version": "archive"});
    let components = json!({"schemas": schemas});
    Ok(Answer::json(&json!({"openapi": "3.0.0", "info": info, "paths": paths, "components": components})))
}

/// The schema of a custom kind, from its definition.
fn own(store: &Store, of: &Resource) -> Option<Value> {
    let definition = store.definition(&of.full())?;
    let versions = definition.pointer("/spec/versions")?.as_array()?;
    let version = versions.iter().find(|one| one.get("name").and_then(Value::as_str) == Some(of.version.as_str()))?;
    version.pointer("/schema/openAPIV3Schema").cloned()
}
