//! Events in their newer API, `events.k8s.io/v1`, which k9s asks for. It has the same objects as the core's, with other
//! names for their fields (kubernetes v1.34.4, pkg/apis/core/types.go and staging/src/k8s.io/api/events/v1/types.go;
//! pkg/apis/events/v1/conversion.go).

use super::resource::Resource;
use serde_json::{Map, Value};

/// As paths have it, with its group.
pub const FULL: &str = "events.events.k8s.io";

/// The same events in the core, as they are collected.
pub const CORE: &str = "events";

/// What the newer API calls the fields that have another name there.
const FIELDS: &[(&str, &str)] = &[
    ("message", "note"),
    ("involvedObject", "regarding"),
    ("reportingComponent", "reportingController"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
];

/// How the kind is named.
pub fn resource() -> Resource {
    Resource::named(FULL, "Event", "v1", true)
}

/// The kind in which objects of a kind are kept: what is asked for, or the core's events.
pub fn kept_as(full: &str) -> &str {
    if full == FULL { CORE } else { full }
}

/// An event of the core as the newer API writes it; what is no object stays what it is.
pub fn of_core(event: Value) -> Value {
    let Value::Object(fields) = event else { return event };
    let mut newer = Map::new();
    newer.insert("kind".to_owned(), "Event".into());
    newer.insert("apiVersion".to_owned(), "events.k8s.io/v1".into());
    for (name, value) in fields.into_iter().filter(|(name, _)| name != "kind" && name != "apiVersion") {
        let of_newer = FIELDS.iter().find(|(core, _)| *core == name).map(|(_, newer)| (*newer).to_owned());
        newer.insert(of_newer.unwrap_or(name), value);
    }
    newer.into()
}

/// A selectable field of the newer API by its name in the core.
pub fn field_of_core(field: &str) -> String {
    match field.strip_prefix("regarding.") {
        Some(rest) => format!("involvedObject.{rest}"),
        None if field == "reportingController" => "reportingComponent".to_owned(),
        None => field.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_event_has_the_newer_names() {
        let core = json!({"metadata": {"name": "a"}, "involvedObject": {"kind": "Pod"}, "message": "m", "count": 3,
            "reason": "BackOff", "source": {"component": "kubelet"}, "eventTime": null});
        let newer = json!({"kind": "Event", "apiVersion": "events.k8s.io/v1", "metadata": {"name": "a"},
            "regarding": {"kind": "Pod"}, "note": "m", "deprecatedCount": 3, "reason": "BackOff",
            "deprecatedSource": {"component": "kubelet"}, "eventTime": null});
        assert_eq!(of_core(core), newer);
        assert_eq!((kept_as(FULL), kept_as("pods")), (CORE, "pods"));
        assert_eq!(field_of_core("regarding.name"), "involvedObject.name");
    }
}
