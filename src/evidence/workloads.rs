//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs: conditions, templates, owners, changes.

use super::changes;
use super::findings::{Findings, Place, Workload};
use super::object::{Condition, Meta, PodSpec, or_default};
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: Spec,
    #[serde(deserialize_with = "or_default")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    replicas: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    template: Template,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Template {
    #[serde(deserialize_with = "or_default")]
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: PodSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    #[serde(deserialize_with = "or_default")]
    conditions: Vec<Condition>,
}

/// Reads one workload of `kind`.
pub fn read(kind: &str, entry: &str, number: u64, line: &[u8], found: &mut Findings) {
    let object: Object = match serde_json::from_slice(line) {
        Ok(object) => object,
        Err(error) => return found.unreadable(entry, number, error),
    };
    let meta = &object.metadata;
    let subject = Subject::of_object(kind, &meta.namespace, &meta.name);
    for condition in &object.status.conditions {
        push_condition(entry, number, &subject, condition, found);
    }
    if kind != "ReplicaSet" {
        changes::of_template(Place { entry, line: number }, &subject, meta, found);
    }
    let owner = meta.controller().map(|(kind, name)| Subject::of_object(kind, &meta.namespace, name));
    let revision = meta.annotations.get("deployment.kubernetes.io/revision").and_then(|text| text.parse().ok());
    let workload = Workload {
        owner,
        created: meta.creation_timestamp,
        replicas: object.spec.replicas,
        revision,
        labels: object.spec.template.metadata.labels,
        template_annotations: object.spec.template.metadata.annotations,
        template: object.spec.template.spec,
        citation: Some(Citation::new(entry, number, subject.to_string())),
    };
    found.workloads.insert(subject, workload);
}

fn push_condition(entry: &str, number: u64, subject: &Subject, condition: &Condition, found: &mut Findings) {
    let Some(at) = condition.last_transition_time else { return };
    let text = format!(
        "{subject} condition {}={} {} {}",
        condition.kind, condition.status, condition.reason, condition.message
    );
    let at = Moment::to_the_second(at);
    found.facts.push(Fact {
        at,
        last: at,
        count: 1,
        subject: subject.clone(),
        node: None,
        record: Record::Condition {
            condition: condition.kind.clone(),
            status: condition.status.clone(),
            reason: condition.reason.clone(),
            message: condition.message.clone(),
        },
        citation: Citation::new(entry, number, text),
    });
}
