//! The few fields of Kubernetes objects that evidence is made of, as borrowed-size structs.
//!
//! Reading a line into these is an order of magnitude faster than into a generic tree, and a field that an older or
//! newer cluster writes differently costs that field's default, not the object. Field names are those of the API
//! (Kubernetes API reference, core/v1, apps/v1, discovery.k8s.io/v1).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

pub type Time = Option<DateTime<Utc>>;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
    #[serde(deserialize_with = "lenient_time")]
    pub creation_timestamp: Time,
    #[serde(deserialize_with = "lenient_time")]
    pub deletion_timestamp: Time,
    pub deletion_grace_period_seconds: Option<i64>,
    #[serde(deserialize_with = "or_default")]
    pub finalizers: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub annotations: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub owner_references: Vec<OwnerReference>,
    #[serde(deserialize_with = "or_default")]
    pub managed_fields: Vec<ManagedFields>,
}

impl Meta {
    /// The controller that owns the object, as `(kind, name)`.
    pub fn controller(&self) -> Option<(&str, &str)> {
        let owner = self.owner_references.iter().find(|owner| owner.controller).or(self.owner_references.first())?;
        Some((owner.kind.as_str(), owner.name.as_str()))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OwnerReference {
    pub kind: String,
    pub name: String,
    pub controller: bool,
}

/// Who last wrote which fields, and when (server-side apply, KEP-555).
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManagedFields {
    pub manager: String,
    pub operation: String,
    pub subresource: String,
    #[serde(deserialize_with = "lenient_time")]
    pub time: Time,
    pub fields_v1: serde_json::Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    #[serde(rename = "type")]
    pub kind: String,
    pub status: String,
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[serde(deserialize_with = "or_default")]
    pub message: String,
    #[serde(deserialize_with = "lenient_time")]
    pub last_transition_time: Time,
    #[serde(deserialize_with = "lenient_time")]
    pub last_update_time: Time,
    #[serde(deserialize_with = "lenient_time")]
    pub last_heartbeat_time: Time,
}

/// A pod's specification, or the template of one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    #[serde(deserialize_with = "or_default")]
    pub node_name: String,
    #[serde(deserialize_with = "or_default")]
    pub containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub init_containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Volume>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    pub name: String,
    pub image: String,
    #[serde(deserialize_with = "or_default")]
    pub command: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub args: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub env: Vec<EnvVar>,
    #[serde(deserialize_with = "or_default")]
    pub env_from: Vec<EnvFrom>,
    #[serde(deserialize_with = "or_default")]
    pub resources: Resources,
    pub liveness_probe: Option<serde_json::Value>,
    pub readiness_probe: Option<serde_json::Value>,
    pub startup_probe: Option<serde_json::Value>,
    /// `Always` makes an init container a sidecar that runs as long as its pod (KEP-753).
    #[serde(deserialize_with = "or_default")]
    pub restart_policy: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvVar {
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub value: String,
    #[serde(deserialize_with = "or_default")]
    pub value_from: ValueFrom,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ValueFrom {
    pub config_map_key_ref: Option<NameRef>,
    pub secret_key_ref: Option<NameRef>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EnvFrom {
    pub config_map_ref: Option<NameRef>,
    pub secret_ref: Option<NameRef>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NameRef {
    pub name: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resources {
    #[serde(deserialize_with = "or_default")]
    pub limits: BTreeMap<String, serde_json::Value>,
    #[serde(deserialize_with = "or_default")]
    pub requests: BTreeMap<String, serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    pub config_map: Option<NameRef>,
    pub secret: Option<SecretVolume>,
    pub projected: Option<Projected>,
}

/// Several sources under one path.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Projected {
    #[serde(deserialize_with = "or_default")]
    pub sources: Vec<ProjectedSource>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProjectedSource {
    pub config_map: Option<NameRef>,
    pub secret: Option<NameRef>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretVolume {
    pub secret_name: String,
}

/// `null` where a list, map or string belongs reads as an empty one.
pub fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// An unreadable time costs the time, not the object.
pub fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Time, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| parse_time(&text)))
}

/// A count that is not one costs the count, not the object.
pub fn lenient_count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or_default();
    Ok(number.min(u64::from(u32::MAX)))
}

/// RFC 3339, as the API writes times.
pub fn parse_time(text: &str) -> Time {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}
