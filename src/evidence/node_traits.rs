//! What a node shares with others: its labels and versions.

use crate::model::Citation;
use std::collections::BTreeMap;

/// What the object of a node says of its kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTraits {
    pub labels: BTreeMap<String, String>,
    /// Of its kubelet, as `v1.34.0`; empty where it does not say.
    pub version: String,
    /// As `containerd://2.0.0`; empty where it does not say.
    pub runtime: String,
    /// The object itself.
    pub citation: Citation,
}
