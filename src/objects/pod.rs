//! Pods, and what they are to run.

use super::{Meta, PodStatus, or_default};
use crate::model::Subject;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Pod {
    pub metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    pub spec: PodSpec,
    #[serde(deserialize_with = "or_default")]
    pub status: PodStatus,
}

impl Pod {
    pub fn subject(&self) -> Subject {
        Subject::pod(&self.metadata.namespace, &self.metadata.name)
    }

    /// The node that it was put on, if any.
    pub fn node(&self) -> Option<&str> {
        Some(self.spec.node_name.as_str()).filter(|node| !node.is_empty())
    }

    /// Its UIDs, first the one by which its node knows it: of a static pod that is the hash of its manifest, as its
    /// mirror in the API has a UID of its own.
    pub fn uids(&self) -> impl Iterator<Item = &str> {
        let of_node = self.metadata.annotations.get(STATIC_UID);
        of_node.into_iter().chain([&self.metadata.uid]).map(String::as_str).filter(|uid| !uid.is_empty())
    }
}

/// pkg/kubelet/types/pod_update.go, `ConfigHashAnnotationKey`.
const STATIC_UID: &str = "kubernetes.io/config.hash";

/// A pod's specification, or the template of one.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    #[serde(deserialize_with = "or_default")]
    pub node_name: String,
    #[serde(deserialize_with = "or_default")]
    pub host_network: bool,
    #[serde(deserialize_with = "or_default")]
    pub containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub init_containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub ephemeral_containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Volume>,
    #[serde(deserialize_with = "or_default")]
    pub image_pull_secrets: Vec<NameRef>,
    #[serde(deserialize_with = "or_default")]
    pub service_account_name: String,
    #[serde(deserialize_with = "or_default")]
    pub priority_class_name: String,
    #[serde(deserialize_with = "or_default")]
    pub runtime_class_name: String,
    /// `Always`, `OnFailure` or `Never`; empty where the object does not say.
    #[serde(deserialize_with = "or_default")]
    pub restart_policy: String,
    /// Labels that a node must have to take the pod.
    #[serde(deserialize_with = "or_default")]
    pub node_selector: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub tolerations: Vec<Toleration>,
    #[serde(deserialize_with = "or_default")]
    pub topology_spread_constraints: Vec<Spread>,
    #[serde(deserialize_with = "or_default")]
    pub affinity: Affinity,
}

impl PodSpec {
    /// Gives back the room that its lists were read with: that of four where most have one.
    pub fn shrink(&mut self) {
        for containers in [&mut self.containers, &mut self.init_containers, &mut self.ephemeral_containers] {
            containers.shrink_to_fit();
            for container in containers {
                container.command.shrink_to_fit();
                container.args.shrink_to_fit();
                container.env.shrink_to_fit();
                container.env_from.shrink_to_fit();
            }
        }
        self.volumes.shrink_to_fit();
        self.image_pull_secrets.shrink_to_fit();
        self.tolerations.shrink_to_fit();
        self.topology_spread_constraints.shrink_to_fit();
    }
}

/// A taint that the pod stays with, for a while or for good.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Toleration {
    /// The taint's key; empty for every taint.
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    /// How long it stays once the taint is there, in seconds; for good where it is not said.
    #[serde(deserialize_with = "or_default")]
    pub toleration_seconds: Option<i64>,
}

/// How the pods of a kind are to be spread.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spread {
    #[serde(deserialize_with = "or_default")]
    pub topology_key: String,
    /// `DoNotSchedule` or `ScheduleAnyway`.
    #[serde(deserialize_with = "or_default")]
    pub when_unsatisfiable: String,
}

/// Where a pod wants to be; of that only whether it is to be away from others is kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Affinity {
    pub pod_anti_affinity: Option<serde::de::IgnoredAny>,
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
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// One of its keys; empty where all are meant.
    #[serde(deserialize_with = "or_default")]
    pub key: String,
    /// The pod starts without it.
    #[serde(deserialize_with = "or_default")]
    pub optional: bool,
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
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    pub empty_dir: Option<EmptyDir>,
    pub config_map: Option<NameRef>,
    pub secret: Option<SecretVolume>,
    pub projected: Option<Projected>,
    pub persistent_volume_claim: Option<ClaimVolume>,
}

/// Room that a pod has while it is there: of its node's disk, or of memory.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDir {
    /// `Memory`, or empty for the node's disk.
    #[serde(deserialize_with = "or_default")]
    pub medium: String,
    /// How much it may hold; as much as there is where it does not say.
    #[serde(deserialize_with = "or_default")]
    pub size_limit: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimVolume {
    #[serde(deserialize_with = "or_default")]
    pub claim_name: String,
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
    #[serde(deserialize_with = "or_default")]
    pub secret_name: String,
    #[serde(deserialize_with = "or_default")]
    pub optional: bool,
}

/// Whether a container waits for what every one waits for when its pod has come (kubernetes v1.34,
/// pkg/kubelet/kubelet_pods.go, convertToAPIContainerStatuses: the reasons before the first start).
pub fn is_usual_wait(reason: &str) -> bool {
    matches!(reason, "ContainerCreating" | "PodInitializing")
}
