//! Events of both APIs, core/v1 and events.k8s.io/v1: the same objects under other names (KEP-383).

use super::{Meta, Time, lenient_count, lenient_time, or_default};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    pub metadata: Meta,
    /// Of events that OpenShift's Insights Operator cut to what it sends, which have no metadata.
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[serde(deserialize_with = "or_default")]
    pub reason: String,
    #[serde(alias = "note", deserialize_with = "or_default")]
    pub message: String,
    #[serde(rename = "type", deserialize_with = "or_default")]
    /// `Normal` or `Warning`.
    pub kind: String,
    #[serde(alias = "regarding", deserialize_with = "or_default")]
    pub involved_object: Reference,
    #[serde(alias = "deprecatedSource", deserialize_with = "or_default")]
    pub source: EventSource,
    #[serde(alias = "deprecatedFirstTimestamp", deserialize_with = "lenient_time")]
    pub first_timestamp: Time,
    #[serde(alias = "deprecatedLastTimestamp", deserialize_with = "lenient_time")]
    pub last_timestamp: Time,
    #[serde(deserialize_with = "lenient_time")]
    pub event_time: Time,
    #[serde(alias = "deprecatedCount", deserialize_with = "lenient_count")]
    pub count: u64,
    #[serde(deserialize_with = "or_default")]
    pub series: EventSeries,
    /// The program that reports, and which of its instances.
    #[serde(alias = "reportingController", deserialize_with = "or_default")]
    pub reporting_component: String,
    #[serde(deserialize_with = "or_default")]
    pub reporting_instance: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Reference {
    #[serde(deserialize_with = "or_default")]
    pub kind: String,
    #[serde(deserialize_with = "or_default")]
    pub namespace: String,
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub uid: String,
    #[serde(deserialize_with = "or_default")]
    pub field_path: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventSource {
    #[serde(deserialize_with = "or_default")]
    pub component: String,
    #[serde(deserialize_with = "or_default")]
    pub host: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSeries {
    #[serde(deserialize_with = "lenient_count")]
    pub count: u64,
    #[serde(deserialize_with = "lenient_time")]
    pub last_observed_time: Time,
}
