//! Pods: what their status says happened to them, and what their specification says of whom they need.

use super::conditions;
use super::findings::{ContainerId, Findings, Place, PodObject};
use super::object::{Condition, Meta, PodSpec, Time, lenient_time, or_default};
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, Utc};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    spec: PodSpec,
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    #[serde(deserialize_with = "or_default")]
    phase: String,
    #[serde(deserialize_with = "or_default")]
    reason: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "lenient_time")]
    start_time: Time,
    #[serde(deserialize_with = "or_default")]
    conditions: Vec<Condition>,
    #[serde(deserialize_with = "or_default")]
    init_container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "or_default")]
    container_statuses: Vec<ContainerStatus>,
    #[serde(deserialize_with = "or_default")]
    ephemeral_container_statuses: Vec<ContainerStatus>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerStatus {
    name: String,
    restart_count: u64,
    #[serde(rename = "containerID", deserialize_with = "or_default")]
    container_id: String,
    #[serde(deserialize_with = "or_default")]
    state: State,
    #[serde(deserialize_with = "or_default")]
    last_state: State,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct State {
    waiting: Option<Waiting>,
    running: Option<Running>,
    terminated: Option<Terminated>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Waiting {
    #[serde(deserialize_with = "or_default")]
    reason: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Running {
    #[serde(deserialize_with = "lenient_time")]
    started_at: Time,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Terminated {
    #[serde(deserialize_with = "or_default")]
    reason: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    exit_code: i64,
    #[serde(rename = "containerID", deserialize_with = "or_default")]
    container_id: String,
    #[serde(deserialize_with = "lenient_time")]
    finished_at: Time,
}

/// Reads one pod. `snapshot` is when the list was fetched: the moment of what has no time of its own.
pub fn read(entry: &str, number: u64, line: &[u8], snapshot: DateTime<Utc>, found: &mut Findings) {
    let pod: Object = match serde_json::from_slice(line) {
        Ok(pod) => pod,
        Err(error) => return found.unreadable(entry, number, error),
    };
    let reader = Reader {
        subject: Subject::pod(&pod.metadata.namespace, &pod.metadata.name),
        uid: pod.metadata.uid.clone(),
        node: (!pod.spec.node_name.is_empty()).then(|| pod.spec.node_name.clone()),
        entry,
        number,
        snapshot,
    };
    let (place, node) = (Place { entry, line: number }, reader.node.as_deref());
    let of_conditions =
        pod.status.conditions.iter().filter_map(|one| conditions::fact(place, &reader.subject, node, one));
    found.facts.extend(of_conditions);
    reader.reason(&pod.status, found);
    let status = &pod.status;
    let statuses = status.init_container_statuses.iter().chain(&status.container_statuses);
    for container in statuses.chain(&status.ephemeral_container_statuses) {
        reader.container(container, found);
    }
    reader.object(pod, found);
}

struct Reader<'a> {
    subject: Subject,
    uid: String,
    node: Option<String>,
    entry: &'a str,
    number: u64,
    snapshot: DateTime<Utc>,
}

impl Reader<'_> {
    fn fact(&self, at: Moment, record: Record, text: String) -> Fact {
        let citation = Citation::new(self.entry, self.number, text);
        Fact { at, last: at, count: 1, subject: self.subject.clone(), node: self.node.clone(), record, citation }
    }

    /// `status.reason`, as `Evicted`. Its time is that of the condition set with it.
    fn reason(&self, status: &Status, found: &mut Findings) {
        if status.reason.is_empty() {
            return;
        }
        let of = |kind| status.conditions.iter().find(|condition| condition.kind == kind);
        let at = of("DisruptionTarget").or(of("Ready")).and_then(|condition| condition.last_transition_time);
        let at = at.or(status.start_time).unwrap_or(self.snapshot);
        let text = format!("{} {} {}: {}", self.subject, status.phase, status.reason, status.message);
        let record = Record::PodReason { reason: status.reason.clone(), message: status.message.clone() };
        found.facts.push(self.fact(Moment::to_the_second(at), record, text));
    }

    fn container(&self, status: &ContainerStatus, found: &mut Findings) {
        self.container_id(&status.container_id, &status.name, found);
        for terminated in [&status.last_state.terminated, &status.state.terminated].into_iter().flatten() {
            self.terminated(status, terminated, found);
        }
        if let Some(waiting) = &status.state.waiting {
            let text = format!("{} container {} waits: {}", self.subject, status.name, waiting.reason);
            let record = Record::Waiting {
                container: status.name.clone(),
                reason: waiting.reason.clone(),
                message: waiting.message.clone(),
            };
            found.facts.push(self.fact(Moment::to_the_second(self.snapshot), record, text));
        }
        if let Some(at) = status.state.running.as_ref().and_then(|running| running.started_at) {
            let text =
                format!("{} container {} runs, {} restarts before", self.subject, status.name, status.restart_count);
            let record = Record::Running { container: status.name.clone(), restarts: status.restart_count };
            found.facts.push(self.fact(Moment::to_the_second(at), record, text));
        }
    }

    fn terminated(&self, status: &ContainerStatus, terminated: &Terminated, found: &mut Findings) {
        self.container_id(&terminated.container_id, &status.name, found);
        // A container that the kubelet lost track of has no end time, and nothing to say about when.
        let Some(at) = terminated.finished_at else { return };
        let text = format!(
            "{} container {} ended: {}, exit code {} {}",
            self.subject, status.name, terminated.reason, terminated.exit_code, terminated.message
        );
        let record = Record::Terminated {
            container: status.name.clone(),
            reason: terminated.reason.clone(),
            exit_code: terminated.exit_code,
            message: terminated.message.clone(),
        };
        found.facts.push(self.fact(Moment::to_the_second(at), record, text));
    }

    fn container_id(&self, id: &str, container: &str, found: &mut Findings) {
        let Some((_, id)) = id.split_once("://") else { return };
        let known = ContainerId { pod_uid: self.uid.clone(), container: Some(container.to_owned()) };
        found.containers.insert(id.to_owned(), known);
    }

    fn object(&self, pod: Object, found: &mut Findings) {
        let meta = &pod.metadata;
        let owner = meta.controller().map(|(kind, name)| Subject::of_object(kind, &meta.namespace, name));
        let known = found.pods.entry(&meta.namespace, &meta.name, &meta.uid);
        known.node.clone_from(&self.node);
        known.created = meta.creation_timestamp;
        known.owner = owner;
        let scheduled = pod.status.conditions.iter().find(|c| c.kind == "PodScheduled" && c.status == "True");
        known.scheduled_at = scheduled.and_then(|condition| condition.last_transition_time);
        let times = [meta.creation_timestamp, meta.deletion_timestamp, Some(self.snapshot)];
        for at in times.into_iter().flatten() {
            known.seen(at);
        }
        let finished = finished(&pod.status);
        known.object = Some(PodObject {
            finished,
            labels: pod.metadata.labels,
            spec: pod.spec,
            citation: Citation::new(self.entry, self.number, self.subject.to_string()),
        });
    }
}

/// When a pod of phase Failed or Succeeded came to its end, as near as its status tells.
fn finished(status: &Status) -> Time {
    if !matches!(status.phase.as_str(), "Failed" | "Succeeded") {
        return None;
    }
    let ended = status.container_statuses.iter().filter_map(|one| one.state.terminated.as_ref()?.finished_at);
    ended.chain(status.conditions.iter().filter_map(|condition| condition.last_transition_time)).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_evicted_pod_tells_when_and_why() {
        let line = r#"{"metadata":{"name":"cache-1","namespace":"shop","uid":"u1"},"spec":{"nodeName":"node-2"},"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory.","conditions":[{"type":"DisruptionTarget","status":"True","reason":"TerminationByKubelet","lastTransitionTime":"2026-11-21T07:00:08Z"}],"containerStatuses":[{"name":"cache","restartCount":1,"state":{"terminated":{"exitCode":137,"reason":"ContainerStatusUnknown","finishedAt":null}},"lastState":{"terminated":{"containerID":"containerd://abc","exitCode":137,"reason":"OOMKilled","finishedAt":"2026-11-21T06:59:23Z"}}}]}}"#;
        let mut found = Findings::default();
        let snapshot = "2026-11-21T07:10:00Z".parse().expect("a time");
        read("objects/namespaces/shop/pods.jsonl", 3, line.as_bytes(), snapshot, &mut found);
        let reasons: Vec<_> = found.facts.iter().map(|fact| fact.record.kind()).collect();
        assert_eq!(reasons, ["condition", "pod-reason", "terminated"]);
        let evicted = found.facts.get(1).expect("the second");
        assert_eq!(evicted.at.time.to_rfc3339(), "2026-11-21T07:00:08+00:00");
        assert_eq!(found.containers.get("abc").map(|id| id.pod_uid.as_str()), Some("u1"));
    }
}
