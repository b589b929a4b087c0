//! Leases: who holds one, and when it was renewed.

use super::{Meta, Time, lenient_count, lenient_time, or_default};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Lease {
    pub metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    pub spec: LeaseSpec,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LeaseSpec {
    /// By the clock of its holder.
    #[serde(deserialize_with = "lenient_time")]
    pub renew_time: Time,
    pub lease_duration_seconds: Option<u32>,
    #[serde(deserialize_with = "lenient_time")]
    pub acquire_time: Time,
    #[serde(deserialize_with = "lenient_count")]
    pub lease_transitions: u64,
    #[serde(deserialize_with = "or_default")]
    pub holder_identity: String,
}
