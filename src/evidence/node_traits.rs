//! What a node shares with others: its labels and versions.

use crate::model::Citation;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What the object of a node says of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTraits {
    pub labels: BTreeMap<String, String>,
    /// Of its kubelet, as `v1.34.0`; empty where it does not say.
    pub version: String,
    /// As `containerd://2.0.0`; empty where it does not say.
    pub runtime: String,
    /// As `6.1.0-18-amd64`; empty where it does not say.
    pub kernel: String,
    /// The system it runs, as `Debian GNU/Linux 12 (bookworm)`; empty where it does not say.
    pub image: String,
    /// When its object was made.
    pub created: Option<DateTime<Utc>>,
    /// The object itself.
    pub citation: Citation,
}
