//! Attributes: by the conventions of OpenTelemetry where they have one, else under `k8s_forensics`.

use crate::export::subject::Subject;
use crate::report::safe;
use serde_json::{Value, json};

/// The longest value.
const MOST_CHARS: usize = 1_000;

/// Keys of the conventions for the names of objects (semantic conventions, "Kubernetes attributes").
const KEYS: [(&str, &str); 15] = [
    ("CronJob", "k8s.cronjob.name"),
    ("DaemonSet", "k8s.daemonset.name"),
    ("Deployment", "k8s.deployment.name"),
    ("HorizontalPodAutoscaler", "k8s.hpa.name"),
    ("Job", "k8s.job.name"),
    ("Namespace", "k8s.namespace.name"),
    ("Node", "k8s.node.name"),
    ("PersistentVolume", "k8s.persistentvolume.name"),
    ("PersistentVolumeClaim", "k8s.persistentvolumeclaim.name"),
    ("Pod", "k8s.pod.name"),
    ("ReplicaSet", "k8s.replicaset.name"),
    ("ReplicationController", "k8s.replicationcontroller.name"),
    ("ResourceQuota", "k8s.resourcequota.name"),
    ("Service", "k8s.service.name"),
    ("StatefulSet", "k8s.statefulset.name"),
];

/// Keys with values, in the order they were added. What is empty is left out.
#[derive(Debug, Default)]
pub struct Attributes(Vec<Value>);

impl Attributes {
    pub fn text(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.0.push(json!({"key": key, "value": text(value)}));
        }
    }

    /// A number of 64 bits, which is text in the JSON of protobuf.
    pub fn number(&mut self, key: &str, value: impl ToString) {
        self.0.push(json!({"key": key, "value": {"intValue": value.to_string()}}));
    }

    pub fn yes(&mut self, key: &str) {
        self.0.push(json!({"key": key, "value": {"boolValue": true}}));
    }

    pub fn list(&mut self, key: &str, values: impl Iterator<Item = String>) {
        let values: Vec<Value> = values.map(|value| text(&value)).collect();
        if !values.is_empty() {
            self.0.push(json!({"key": key, "value": {"arrayValue": {"values": values}}}));
        }
    }
}

impl From<Attributes> for Value {
    fn from(attributes: Attributes) -> Self {
        Value::Array(attributes.0)
    }
}

fn text(value: &str) -> Value {
    json!({"stringValue": safe::clean(value, MOST_CHARS)})
}

/// What spans are about: an object of a cluster, on a node.
pub fn resource(subject: &str, node: &str, cluster: Option<&str>) -> Value {
    let Subject { kind, namespace, name } = Subject::read(subject);
    let mut attributes = Attributes::default();
    attributes.text("service.name", if name.is_empty() { "unknown_service" } else { name });
    attributes.text("service.namespace", namespace);
    attributes.text("k8s.cluster.uid", cluster.unwrap_or_default());
    attributes.text("k8s.namespace.name", namespace);
    let key = KEYS.iter().find(|(of, _)| *of == kind);
    // What is known twice is written once.
    if let Some((_, key)) = key.filter(|(of, _)| *of != "Namespace" || namespace.is_empty()) {
        attributes.text(key, name);
    }
    if kind != "Node" {
        attributes.text("k8s.node.name", node);
    }
    attributes.text("k8s_forensics.subject", subject);
    attributes.into()
}
