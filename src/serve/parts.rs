//! Parts of objects that have paths of their own: their status, which is not told apart here, and their scale.

use super::answer::{Answer, Refusal};
use super::ask::Ask;
use super::list;
use super::resource::Resource;
use super::store::Store;
use serde_json::{Value, json};

/// Kinds that have a scale.
const SCALED: [&str; 4] = ["deployments.apps", "replicasets.apps", "replicationcontrollers", "statefulsets.apps"];

/// A part of an object.
pub fn get(store: &Store, ask: &Ask, of: &Resource, at: (&str, &str), part: &str) -> Result<Answer, Refusal> {
    let (namespace, name) = at;
    match part {
        // The API server answers with the whole object too.
        "status" => list::get(store, ask, of, namespace, name),
        "scale" if SCALED.contains(&of.full().as_str()) => scale(store, of, namespace, name),
        _ => {
            let message = format!("{part} of {} {name} is not in an archive", of.plural);
            Err(Refusal::new(404, "NotFound", message))
        }
    }
}

fn scale(store: &Store, of: &Resource, namespace: &str, name: &str) -> Result<Answer, Refusal> {
    let shelf = store.shelf(of)?;
    let found = shelf.find(namespace, name).and_then(|place| shelf.reader().json(place).map(<[u8]>::to_vec));
    let found = found.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let object = found.ok_or_else(|| Refusal::no_object(&of.full(), name, ""))?;
    let at = |pointer: &str| object.pointer(pointer).cloned().unwrap_or_default();
    let labels = object.pointer("/spec/selector/matchLabels").or_else(|| object.pointer("/spec/selector"));
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let selector: Vec<String> = labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    Ok(Answer::json(&json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": name, "namespace": namespace, "uid": at("/metadata/uid"),
            "resourceVersion": at("/metadata/resourceVersion"), "creationTimestamp": at("/metadata/creationTimestamp"),
        },
        "spec": {"replicas": object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or(1)},
        "status": {
            "replicas": object.pointer("/status/replicas").and_then(Value::as_i64).unwrap_or(0),
            "selector": selector.join(","),
        },
    })))
}
