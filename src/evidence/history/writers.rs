//! Who wrote an object, by its `managedFields`.

use chrono::{DateTime, Utc};
use serde_json::Value;

/// Who wrote an object.
pub struct Writer {
    pub manager: String,
    pub time: Option<DateTime<Utc>>,
}

/// The last to have written what is no status, if that is not who wrote the version before.
pub fn writer(before: Option<&Value>, after: &Value) -> Option<Writer> {
    let all = |object: &Value| object.pointer("/metadata/managedFields").and_then(Value::as_array).cloned();
    let before = before.and_then(all).unwrap_or_default();
    let text = |write: &Value, name: &str| write.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let new = all(after).unwrap_or_default().into_iter().filter(|write| !before.contains(write));
    let new = new.filter(|write| text(write, "subresource") != "status");
    // Times are written alike, so that they are in order as texts too.
    let last = new.max_by_key(|write| text(write, "time"))?;
    let time = DateTime::parse_from_rfc3339(&text(&last, "time")).ok().map(|time| time.to_utc());
    Some(Writer { manager: text(&last, "manager"), time })
}

/// An object with those entries of `managedFields` alone that the version before has not.
pub fn newly_written(before: Option<&Value>, object: &Value) -> Value {
    let mut object = object.clone();
    let Some(before) = before.and_then(|before| before.pointer("/metadata/managedFields")?.as_array()) else {
        return object;
    };
    if let Some(writes) = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut) {
        writes.retain(|write| !before.contains(write));
    }
    object
}
