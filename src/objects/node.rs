//! Nodes.

use super::{Condition, Meta, or_default};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Node {
    pub metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    pub spec: NodeSpec,
    #[serde(deserialize_with = "or_default")]
    pub status: NodeStatus,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[serde(rename_all = "camelCase")]
pub struct NodeSpec {
    pub unschedulable: bool,
    /// What the cloud calls the machine, as `aws:///eu-west-1a/i-0abc` or `gce://project/zone/name`.
    #[serde(rename = "providerID", deserialize_with = "or_default")]
    pub provider_id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeStatus {
    #[serde(deserialize_with = "or_default")]
    pub conditions: Vec<Condition>,
    #[serde(deserialize_with = "or_default")]
    pub addresses: Vec<Address>,
    #[serde(rename = "nodeInfo", deserialize_with = "or_default")]
    pub node_info: NodeInfo,
}

/// What a machine says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NodeInfo {
    /// Of /etc/machine-id.
    #[serde(rename = "machineID", deserialize_with = "or_default")]
    pub machine_id: String,
    /// Of its firmware.
    #[serde(rename = "systemUUID", deserialize_with = "or_default")]
    pub system_uuid: String,
    #[serde(rename = "kubeletVersion", deserialize_with = "or_default")]
    pub kubelet_version: String,
    /// As `containerd://2.0.0`.
    #[serde(rename = "containerRuntimeVersion", deserialize_with = "or_default")]
    pub container_runtime_version: String,
    /// As `6.1.0-18-amd64`.
    #[serde(rename = "kernelVersion", deserialize_with = "or_default")]
    pub kernel_version: String,
    /// As `Debian GNU/Linux 12 (bookworm)`.
    #[serde(rename = "osImage", deserialize_with = "or_default")]
    pub os_image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Address {
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: String,
    #[serde(deserialize_with = "or_default")]
    pub address: String,
}

impl Node {
    /// Whether its condition Ready is true; `None` if it has none.
    pub fn is_ready(&self) -> Option<bool> {
        let ready = self.status.conditions.iter().find(|condition| condition.kind == "Ready")?;
        Some(ready.is_true())
    }
}
