//! Pods that are marked for deletion.

use serde_json::Value;

/// The fields of `metadata` by which a pod is marked for deletion.
const MARKS: [&str; 2] = ["deletionTimestamp", "deletionGracePeriodSeconds"];

/// Their values, null where there is none.
pub type Mark = [Value; 2];

/// The mark that an object has.
pub fn mark(object: &Value) -> Mark {
    MARKS.map(|name| object.pointer(&format!("/metadata/{name}")).cloned().unwrap_or_default())
}

/// An object with the mark that it got first: when it is removed it has no grace period left, and the time of its end in
/// place of that of its mark, so that what ended it could not be told from what had ended before.
pub fn as_marked(object: &Value, first: Option<&Mark>) -> String {
    let Some(first) = first else { return object.to_string() };
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.extend(MARKS.into_iter().map(str::to_owned).zip(first.iter().cloned()));
    }
    object.to_string()
}
