//! What every object has: its metadata, and most their conditions.

use super::{Time, lenient_time, or_default};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Meta {
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
    /// Which version of its specification this is.
    #[serde(deserialize_with = "or_default")]
    pub generation: Option<i64>,
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
    pub subresource: String,
    #[serde(deserialize_with = "lenient_time")]
    pub time: Time,
    /// As it stands there: a tree of it would be larger than all other fields, and few readers look at it.
    fields_v1: Option<Box<RawValue>>,
}

impl ManagedFields {
    /// The fields that were written, as `{"f:spec": {"f:replicas": {}}}`.
    pub fn fields(&self) -> Value {
        let raw = self.fields_v1.as_deref().map(RawValue::get);
        raw.and_then(|raw| serde_json::from_str(raw).ok()).unwrap_or_default()
    }
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

/// Kind and version of an object, as it says them itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Typed {
    pub kind: String,
    pub api_version: String,
}

impl Condition {
    /// Whether its status is `True`.
    pub fn is_true(&self) -> bool {
        self.status == "True"
    }
}
