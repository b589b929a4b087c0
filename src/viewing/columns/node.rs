//! Nodes, as kubectl's `printNode`.

use super::super::objects::Object;
use super::or_none;
use serde_json::Value;

/// STATUS and ROLES.
pub fn cells(one: &Object) -> Vec<String> {
    let ready = one.list("/status/conditions").iter().find(|condition| condition.get("type") == Some(&"Ready".into()));
    let mut status = match ready.and_then(|ready| ready.get("status")?.as_str()) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if one.json.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) {
        status.push_str(",SchedulingDisabled");
    }
    let labels = one.labels();
    let role = |(key, value): (&String, &String)| match key.strip_prefix("node-role.kubernetes.io/") {
        Some(role) if !role.is_empty() => Some(role.to_owned()),
        _ => Some(value.clone()).filter(|value| key == "kubernetes.io/role" && !value.is_empty()),
    };
    let mut roles: Vec<String> = labels.iter().filter_map(role).collect();
    roles.sort();
    roles.dedup();
    vec![status, or_none(&roles.join(","))]
}

/// INTERNAL-IP, OS-IMAGE, KERNEL-VERSION and CONTAINER-RUNTIME.
pub fn wide(one: &Object) -> Vec<String> {
    let addresses = one.list("/status/addresses").iter();
    let mut internal = addresses.filter(|address| address.get("type") == Some(&"InternalIP".into()));
    let internal = internal.find_map(|address| address.get("address")?.as_str()).unwrap_or_default();
    let info = |field: &str| match one.text(&format!("/status/nodeInfo/{field}")) {
        "" => "<unknown>".to_owned(),
        text => text.to_owned(),
    };
    vec![or_none(internal), info("osImage"), info("kernelVersion"), info("containerRuntimeVersion")]
}
