//! The objects of a made-up incident as the API server lists them at its end.

use crate::made::{container_id, time, uid};
use serde_json::{Value, json};

/// A node.
pub struct Node {
    name: String,
}

impl Node {
    pub fn new(name: String) -> Self {
        Self { name }
    }

    pub fn object(&self) -> String {
        let name = &self.name;
        json!({
            "metadata": {"name": name, "uid": name, "creationTimestamp": time(0), "labels": {"kubernetes.io/hostname": name}},
            "spec": {"podCIDR": "10.244.1.0/24"},
            "status": {
                "capacity": {"cpu": "8", "memory": "32Gi", "pods": "110"},
                "conditions": [condition(("Ready", "True"), "KubeletReady", 10), condition(("MemoryPressure", "False"), "KubeletHasSufficientMemory", 10)],
            },
        })
        .to_string()
    }
}

/// A pod of a workload.
pub struct Pod {
    namespace: String,
    pub name: String,
    pub uid: String,
    pub identity: u64,
    pub workload: usize,
    /// The ReplicaSet that made it.
    pub set: String,
    pub node: Option<String>,
    created: i64,
    /// Since when it is ready, where it is.
    pub ready: i64,
    pub state: State,
}

/// What became of it.
#[derive(Clone, Copy)]
pub enum State {
    Running,
    /// Its container ended so and was started again.
    Restarted {
        reason: &'static str,
        exit_code: i64,
        at: i64,
    },
    Evicted {
        at: i64,
    },
    NoImage,
    Pending,
    /// Deleted: there is no object.
    Gone,
}

impl Pod {
    /// A pod that came to `node` at `created`, in seconds after the window's begin.
    pub fn new(namespace: &str, workload: usize, identity: u64, (node, created): (String, i64)) -> Self {
        let set = format!("{}-{:010x}", self::workload(workload), 0x6d_4cf5_6db6_u64 + workload as u64);
        Self {
            namespace: namespace.to_owned(),
            name: format!("{set}-{identity:06x}"),
            uid: uid(identity),
            identity,
            workload,
            set,
            node: Some(node),
            created,
            ready: created + 20,
            state: State::Running,
        }
    }

    pub fn object(&self) -> String {
        let app = workload(self.workload);
        let labels = json!({"app": app, "pod-template-hash": "6d4cf56db6"});
        let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": self.set, "uid": self.set, "controller": true}]);
        json!({
            "metadata": {"name": self.name, "namespace": self.namespace, "uid": self.uid, "creationTimestamp": time(self.created), "labels": labels, "ownerReferences": owner},
            "spec": pod_spec(self.workload, self.node.as_deref()),
            "status": self.status(),
        })
        .to_string()
    }

    fn status(&self) -> Value {
        let scheduled = condition(("PodScheduled", "True"), "", self.created);
        let ready = |status, at| json!([scheduled, condition(("Ready", status), "", at)]);
        let (started, id) = (time(self.created), format!("containerd://{}", container_id(self.identity)));
        let running = |at: i64| json!({"running": {"startedAt": time(at)}});
        let container = |is_ready: bool, restarts: u64, state: Value, last: Value| json!([{"name": "app", "ready": is_ready, "restartCount": restarts, "containerID": id, "state": state, "lastState": last}]);
        match self.state {
            State::Restarted { reason, exit_code, at } => {
                let ended = json!({"terminated": {"reason": reason, "exitCode": exit_code, "startedAt": started, "finishedAt": time(at), "containerID": id}});
                let containers = container(true, 1, running(at + 90), ended);
                json!({"phase": "Running", "startTime": started, "conditions": ready("True", at + 100), "containerStatuses": containers})
            }
            State::Evicted { at } => json!({
                "phase": "Failed", "reason": "Evicted", "startTime": started, "conditions": ready("False", at),
                "message": "The node was low on resource: memory. Threshold quantity: 100Mi, available: 57028Ki. ",
            }),
            State::NoImage => {
                let waiting = json!({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"registry.example/app:v2\""}});
                let containers = container(false, 0, waiting, json!({}));
                json!({"phase": "Pending", "startTime": started, "conditions": ready("False", self.created), "containerStatuses": containers})
            }
            State::Pending => {
                json!({"phase": "Pending", "conditions": [condition(("PodScheduled", "False"), "Unschedulable", self.created)]})
            }
            State::Running | State::Gone => {
                let containers = container(true, 0, running(self.created + 2), json!({}));
                json!({"phase": "Running", "startTime": started, "conditions": ready("True", self.ready), "containerStatuses": containers})
            }
        }
    }
}

fn condition((kind, status): (&str, &str), reason: &str, at: i64) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "lastTransitionTime": time(at)})
}

fn pod_spec(workload: usize, node: Option<&str>) -> Value {
    let calls = workload.checked_sub(1).filter(|_| workload > 5).map(self::workload);
    let environment = calls.map(|name| json!([{"name": "BACKEND", "value": format!("http://{name}:8080")}]));
    let container = json!({
        "name": "app", "image": "registry.example/app:v1", "env": environment,
        "resources": {"requests": {"memory": "128Mi"}},
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
        "livenessProbe": {"httpGet": {"path": "/healthz", "port": 8080}},
    });
    json!({"nodeName": node, "containers": [container]})
}

/// The name of a workload and of its Service.
pub fn workload(number: usize) -> String {
    ["ledger", "orders", "stock", "prices", "search", "cart", "checkout", "web"]
        .get(number)
        .map_or_else(String::new, |name| (*name).to_owned())
}

/// The cluster address of a Service.
pub fn address(cell: usize, workload: usize) -> String {
    format!("10.{}.{}.{}", 96 + cell / 250, cell % 250, 10 + workload)
}

pub fn service(namespace: &str, cell: usize, workload: usize) -> String {
    let (name, address) = (self::workload(workload), address(cell, workload));
    json!({
        "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "creationTimestamp": time(0)},
        "spec": {"selector": {"app": name}, "clusterIP": address, "clusterIPs": [address], "ports": [{"port": 8080}]},
    })
    .to_string()
}

/// The Deployment of a workload and its ReplicaSets, with their plurals; `stuck` is when the rollout of the first
/// workload has exceeded its deadline.
pub fn controllers(namespace: &str, workload: usize, stuck: i64) -> Vec<(&'static str, String)> {
    let name = self::workload(workload);
    let template = json!({"metadata": {"labels": {"app": name}}, "spec": pod_spec(workload, None)});
    let (status, reason) =
        if workload == 0 { ("False", "ProgressDeadlineExceeded") } else { ("True", "NewReplicaSetAvailable") };
    let at = if workload == 0 { stuck } else { 60 };
    let deployment = json!({
        "metadata": {"name": name, "namespace": namespace, "uid": format!("{namespace}-{name}"), "creationTimestamp": time(0)},
        "spec": {"replicas": 3, "selector": {"matchLabels": {"app": name}}, "template": template},
        "status": {"conditions": [condition(("Progressing", status), reason, at)]},
    });
    let mut sets = vec![Pod::new(namespace, workload, 0, (String::new(), 0)).set];
    if workload == 0 {
        sets.push(format!("{name}-{NEW_TEMPLATE}"));
    }
    let owner = json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "uid": name, "controller": true}]);
    let set = |set: &String| {
        let meta = json!({"name": set, "namespace": namespace, "uid": set, "creationTimestamp": time(0), "ownerReferences": owner});
        ("replicasets.apps", json!({"metadata": meta, "spec": {"replicas": 3, "template": template}}).to_string())
    };
    let mut objects: Vec<(&str, String)> = sets.iter().map(set).collect();
    objects.push(("deployments.apps", deployment.to_string()));
    objects
}

/// Ends the name of the ReplicaSet of a rollout.
pub const NEW_TEMPLATE: &str = "6dbd5d6458";
