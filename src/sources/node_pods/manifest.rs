//! What a helper pod is allowed, and how it stands.

use super::{Allowed, KEPT, LABEL, LIFE};
use crate::sources::wire::status::quoted;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use serde_json::json;

/// Where the node's `/var/log` is in the pod.
pub const LOGS: &str = "/host/var/log";
const NODE: &str = "k8s-forensics/node";

/// A Job `name` whose pod sleeps on `node` and can read its logs: as root, because journals are readable by root only, but
/// with no capability, no way to gain one, no network of the node, no credentials, and nothing it could write to.
///
/// The pod is put on the node by name, past the scheduler, and tolerates everything: such nodes are ill.
pub fn job(name: &str, node: &str, allowed: &Allowed) -> serde_json::Result<Job> {
    let (label, value) = LABEL;
    let labels = json!({ label: value, "app.kubernetes.io/name": "node-log-reader" });
    let life = LIFE.as_secs();
    let container = json!({
        "name": "reader",
        "image": allowed.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", life.to_string()],
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "capabilities": {"drop": ["ALL"]},
            "privileged": false,
            "readOnlyRootFilesystem": true,
        },
        "resources": {
            "requests": {"cpu": "10m", "memory": "16Mi"},
            "limits": {"cpu": "500m", "memory": "64Mi"},
        },
        "volumeMounts": [{"name": "logs", "mountPath": LOGS, "readOnly": true}],
    });
    let pod = json!({
        "activeDeadlineSeconds": life,
        "automountServiceAccountToken": false,
        "containers": [container],
        "enableServiceLinks": false,
        "nodeName": node,
        "restartPolicy": "Never",
        "securityContext": {"runAsUser": 0, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 0,
        "tolerations": [{"operator": "Exists"}],
        "volumes": [{"name": "logs", "hostPath": {"path": "/var/log", "type": "Directory"}}],
    });
    serde_json::from_value(json!({
        "metadata": {
            "name": name,
            "labels": labels,
            "annotations": {
                NODE: node,
                "k8s-forensics/purpose": "reads the journals of its node during an incident; may be deleted at any time",
            },
        },
        "spec": {
            "activeDeadlineSeconds": life,
            "backoffLimit": 0,
            "ttlSecondsAfterFinished": KEPT.as_secs(),
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }))
}

/// The node that `job` is for.
pub fn node_of(job: &Job) -> String {
    job.annotations().get(NODE).cloned().unwrap_or_default()
}

/// How far a pod is.
#[derive(Debug, PartialEq, Eq)]
pub enum PodProgress {
    Runs(String),
    /// It may yet run; this is what it waits for.
    Waits(String),
    /// It will not run, or not in time.
    Hopeless(String),
}

impl PodProgress {
    pub fn of(pod: &Pod) -> Self {
        let Some(status) = &pod.status else { return Self::Waits("its pod has no status yet".to_owned()) };
        let told = |reason: &Option<String>, message: &Option<String>| {
            let both: Vec<&str> = [reason, message].into_iter().flatten().map(String::as_str).collect();
            quoted(both.join(": ").as_bytes())
        };
        let state = status.container_statuses.iter().flatten().find_map(|container| container.state.as_ref());
        let waiting = state.and_then(|state| state.waiting.as_ref());
        match (status.phase.as_deref(), waiting) {
            (Some("Running"), _) => Self::Runs(pod.name_any()),
            (Some("Failed" | "Succeeded"), _) => {
                Self::Hopeless(format!("its pod ended: {}", told(&status.reason, &status.message)))
            }
            (_, Some(waiting)) => {
                let why = told(&waiting.reason, &waiting.message);
                let reason = waiting.reason.as_deref().unwrap_or_default();
                let is_hopeless = matches!(reason, "ErrImagePull" | "ImagePullBackOff" | "InvalidImageName");
                if is_hopeless { Self::Hopeless(why) } else { Self::Waits(why) }
            }
            (phase, None) => Self::Waits(format!("its pod is {}", phase.unwrap_or("new"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_may_do_no_more_than_read_and_not_for_long() {
        let job = job("x", "node-1", &Allowed::default()).expect("a Job");
        assert_eq!(node_of(&job), "node-1");
        let spec = job.spec.expect("a spec");
        assert_eq!((spec.active_deadline_seconds, spec.ttl_seconds_after_finished), (Some(180), Some(60)));
        let pod = spec.template.spec.expect("a pod");
        assert_eq!((pod.active_deadline_seconds, pod.automount_service_account_token), (Some(180), Some(false)));
        assert_eq!((pod.host_network, pod.host_pid, pod.host_ipc), (None, None, None));
        assert_eq!(pod.node_name.as_deref(), Some("node-1"));
        let [container] = pod.containers.as_slice() else { panic!("one container") };
        let security = container.security_context.clone().expect("a security context");
        assert_eq!((security.privileged, security.allow_privilege_escalation), (Some(false), Some(false)));
        assert_eq!(security.capabilities.and_then(|all| all.drop), Some(vec!["ALL".to_owned()]));
        let mounts = container.volume_mounts.clone().unwrap_or_default();
        assert!(mounts.len() == 1 && mounts.iter().all(|mount| mount.read_only == Some(true)), "{mounts:?}");
    }

    #[test]
    fn pods_that_will_not_run_are_not_waited_for() {
        let progress = |status: &str| {
            let pod = format!(r#"{{"metadata":{{"name":"x"}},"status":{status}}}"#);
            PodProgress::of(&serde_json::from_str(&pod).expect("a pod"))
        };
        assert_eq!(progress(r#"{"phase":"Running"}"#), PodProgress::Runs("x".into()));
        let waiting = |reason: &str| {
            progress(&format!(
                r#"{{"phase":"Pending","containerStatuses":[{{"name":"reader","image":"","imageID":"","ready":false,"restartCount":0,"state":{{"waiting":{{"reason":"{reason}","message":"m"}}}}}}]}}"#
            ))
        };
        assert_eq!(waiting("ContainerCreating"), PodProgress::Waits("ContainerCreating: m".into()));
        assert_eq!(waiting("ErrImagePull"), PodProgress::Hopeless("ErrImagePull: m".into()));
        let evicted = progress(r#"{"phase":"Failed","reason":"OutOfmemory","message":"m"}"#);
        assert_eq!(evicted, PodProgress::Hopeless("its pod ended: OutOfmemory: m".into()));
    }
}
