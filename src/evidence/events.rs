//! Kubernetes events, of both APIs.
//!
//! An event is a record of several occurrences: `firstTimestamp` to `lastTimestamp` with a count in core/v1, an
//! `eventTime` and a `series` in events.k8s.io/v1. The same object is served by both APIs (KEP-383), so the core
//! list is read, and the other only for events that the core list lacks.

use super::findings::{Findings, Place, Pods};
use super::object::Event;
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject, to_the_second};

/// Reads one event of `entry`.
pub fn read(place: Place<'_>, line: &[u8], found: &mut Findings) {
    let event: Event = match serde_json::from_slice(line) {
        Ok(event) => event,
        Err(error) => return found.unreadable(place.entry, place.line, error),
    };
    let Some(first) = event.first_timestamp.or(event.event_time).or(event.metadata.creation_timestamp) else {
        return found.unreadable(place.entry, place.line, "an event without any time");
    };
    let about = &event.involved_object;
    let subject = Subject::of_object(&about.kind, &about.namespace, &about.name);
    let node = node_of(&event);
    if about.kind == "Pod" {
        learn_pod(&event, node.as_deref(), first, &mut found.pods);
    }
    if let Some(owned) = owned_by(&event, &subject) {
        found.owners.insert(owned, subject.clone());
    }
    // Only eventTime and the series have fractions of a second.
    let (at, precise) = match event.first_timestamp {
        Some(_) => (Moment::to_the_second(first), false),
        None => (Moment::exact(first), true),
    };
    let last = event.last_timestamp.or(event.series.last_observed_time).unwrap_or(first).max(first);
    let last = if precise { Moment::exact(last) } else { Moment::to_the_second(last) };
    let count = event.count.max(event.series.count).max(1);
    let times = match last.time == at.time {
        true => to_the_second(at.time),
        false => format!("{}/{} count={count}", to_the_second(at.time), to_the_second(last.time)),
    };
    let citation =
        Citation::new(place.entry, place.line, format!("{times} {} {subject}: {}", event.reason, event.message));
    if about.kind == "Pod" {
        last_word(&event, last.time, &citation, &mut found.pods);
    }
    found.event_ids.push((event.metadata.uid.clone(), found.facts.len()));
    found.facts.push(Fact {
        at,
        last,
        count,
        subject,
        node,
        record: Record::Event {
            warning: event.kind == "Warning",
            container: container_of(&about.field_path),
            reason: event.reason,
            note: event.message,
        },
        citation,
    });
}

fn node_of(event: &Event) -> Option<String> {
    if event.involved_object.kind == "Node" {
        return Some(event.involved_object.name.clone());
    }
    if !event.source.host.is_empty() {
        return Some(event.source.host.clone());
    }
    scheduled_to(event).map(str::to_owned)
}

/// The node in the scheduler's "Successfully assigned NAMESPACE/POD to NODE".
fn scheduled_to(event: &Event) -> Option<&str> {
    if event.reason != "Scheduled" {
        return None;
    }
    event.message.strip_prefix("Successfully assigned ")?.split_once(" to ").map(|(_, node)| node.trim())
}

/// The pod or ReplicaSet that a controller says it made (pkg/controller/controller_utils.go, deployment/sync.go,
/// statefulset/stateful_pod_control.go).
fn owned_by(event: &Event, owner: &Subject) -> Option<Subject> {
    let namespace = owner.namespace()?;
    let message = event.message.as_str();
    match (event.reason.as_str(), owner.kind()) {
        ("SuccessfulCreate", "StatefulSet") => {
            let name = message.strip_prefix("create Pod ")?.split_once(" in StatefulSet")?.0;
            Some(Subject::pod(namespace, name))
        }
        ("SuccessfulCreate", _) => Some(Subject::pod(namespace, message.strip_prefix("Created pod: ")?.trim())),
        ("ScalingReplicaSet", "Deployment") => {
            let name = message.split_once("replica set ")?.1.split(' ').next()?;
            Some(Subject::namespaced("ReplicaSet", namespace, name))
        }
        _ => None,
    }
}

/// Events outlive their pods: they still tell a deleted pod's UID and node.
fn learn_pod(event: &Event, node: Option<&str>, at: chrono::DateTime<chrono::Utc>, pods: &mut Pods) {
    let about = &event.involved_object;
    let pod = pods.entry(&about.namespace, &about.name, &about.uid);
    if let Some(node) = node {
        pod.node.get_or_insert_with(|| node.to_owned());
    }
    match event.reason.as_str() {
        "Scheduled" => {
            pod.scheduled_at.get_or_insert(at);
        }
        "Started" => {
            if let Some(name) = container_of(&about.field_path) {
                pod.container_started(&name, at);
                // The count tells that it was started again, and only the last time when.
                if event.count.max(event.series.count) > 1 {
                    pod.container_restarted(&name, at);
                }
            }
        }
        "Evicted" | "Preempted" => pod.forced_out = true,
        "TaintManagerEviction" if event.message.starts_with("Marking for deletion") => pod.forced_out = true,
        // Said of a pod that ends as a whole (pkg/kubelet/kuberuntime, killContainer); a restart is worded otherwise.
        "Killing" if event.message.starts_with("Stopping container") => pod.told_to_stop(at),
        _ => {}
    }
    pod.seen(at);
}

/// The last word of a pod that is gone.
fn last_word(event: &Event, at: chrono::DateTime<chrono::Utc>, citation: &Citation, pods: &mut Pods) {
    let about = &event.involved_object;
    pods.entry(&about.namespace, &about.name, &about.uid).seen_in(at, citation);
}

/// `spec.containers{app}` names the container `app`.
fn container_of(field_path: &str) -> Option<String> {
    let (_, rest) = field_path.split_once('{')?;
    rest.strip_suffix('}').map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(entry: &str) -> Place<'_> {
        Place { entry, line: 1, fetched: chrono::DateTime::UNIX_EPOCH }
    }

    fn only(line: &str) -> (Fact, Findings) {
        let mut found = Findings::default();
        read(place("objects/namespaces/shop/events.jsonl"), line.as_bytes(), &mut found);
        (found.facts.first().cloned().expect("one fact"), found)
    }

    #[test]
    fn a_core_event_spans_its_occurrences() {
        let (fact, _) = only(
            r#"{"metadata":{"name":"web.1","namespace":"shop","uid":"u"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web-0","uid":"p","fieldPath":"spec.containers{web}"},"reason":"Unhealthy","message":"Readiness probe failed: nc: timed out","source":{"component":"kubelet","host":"node-2"},"firstTimestamp":"2026-11-21T06:58:59Z","lastTimestamp":"2026-11-21T07:04:00Z","count":129,"type":"Warning","eventTime":null}"#,
        );
        assert_eq!((fact.count, fact.node.as_deref()), (129, Some("node-2")));
        assert_eq!((fact.last.time - fact.at.time).num_seconds(), 301);
        assert!(matches!(&fact.record, Record::Event { container: Some(name), .. } if name == "web"));
    }

    #[test]
    fn the_scheduler_names_the_node() {
        let (fact, mut found) = only(
            r#"{"metadata":{"name":"a.1"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"a","uid":"p"},"reason":"Scheduled","message":"Successfully assigned shop/a to node-2","firstTimestamp":null,"eventTime":"2026-11-21T06:58:59.123456Z","type":"Normal","series":null}"#,
        );
        assert_eq!(fact.node.as_deref(), Some("node-2"));
        assert_eq!(found.pods.entry("shop", "a", "p").node.as_deref(), Some("node-2"));
    }

    #[test]
    fn garbage_is_noted_not_fatal() {
        let mut found = Findings::default();
        read(place("e"), b"{\"metadata\":", &mut found);
        assert!(found.facts.is_empty() && found.unreadable.len() == 1);
    }
}
