//! Cells of what stores: volumes, classes, drivers, and ConfigMaps.

use super::plain;
use crate::viewing::Object;
use serde_json::Value;

/// The class of a volume or claim, by its field or, before there was one, its annotation.
pub fn class(one: &Object) -> String {
    let by_annotation = one.json.pointer("/metadata/annotations/volume.beta.kubernetes.io~1storage-class");
    plain(by_annotation.or_else(|| one.json.pointer("/spec/storageClassName")))
}

pub fn class_name(one: &Object) -> String {
    let keys = ["storageclass.kubernetes.io~1is-default-class", "storageclass.beta.kubernetes.io~1is-default-class"];
    let is_default = keys.iter().any(|key| one.text(&format!("/metadata/annotations/{key}")) == "true");
    if is_default { format!("{} (default)", one.name) } else { one.name.clone() }
}

/// How many keys.
pub fn data(one: &Object) -> String {
    let keys = |field: &str| one.json.pointer(field).and_then(Value::as_object).map_or(0, serde_json::Map::len);
    (keys("/data") + keys("/binaryData")).to_string()
}

pub fn token_requests(one: &Object) -> String {
    match one.json.pointer("/spec/tokenRequests").and_then(Value::as_array) {
        None => "<unset>".to_owned(),
        Some(all) => all.iter().map(|request| plain(request.get("audience"))).collect::<Vec<_>>().join(","),
    }
}

pub fn driver_modes(one: &Object) -> String {
    let modes = one.list("/spec/volumeLifecycleModes").iter().map(|mode| plain(Some(mode))).collect::<Vec<_>>();
    if modes.is_empty() { "<none>".to_owned() } else { modes.join(",") }
}
