//! Kubernetes events, of both APIs.
//!
//! An event is a record of several occurrences: `firstTimestamp` to `lastTimestamp` with a count in core/v1, an
//! `eventTime` and a `series` in events.k8s.io/v1. The same object is served by both APIs (KEP-383), so the core
//! list is read, and the other only for events that the core list lacks.

use super::findings::{Findings, Place};
use super::known_pods::Pods;
use super::{Fact, Record};
use crate::model::{Citation, Clock, Moment, Subject, to_the_second};
use crate::objects::Event;
use chrono::{DateTime, Utc};

/// Reads one event of `entry`.
pub fn read(place: Place, line: &[u8], found: &mut Findings) {
    let event: Event = match serde_json::from_slice(line) {
        Ok(event) => event,
        Err(error) => return found.unreadable(place, error),
    };
    let first = event.first_timestamp.or(event.event_time).or(event.metadata.creation_timestamp);
    let Some(first) = first.or(event.last_timestamp) else {
        return found.unreadable(place, "an event without any time");
    };
    let (at, last) = times(&event, first, found);
    let times = match last.time == at.time {
        true => to_the_second(at.time),
        false => format!("{}/{} count={}", to_the_second(at.time), to_the_second(last.time), count(&event)),
    };
    let citation = found.cite(place, &format!("{times} {} {}: {}", event.reason, subject(&event), event.message));
    pair(&event, citation, found);
    found.event_ids.push((event.metadata.uid.clone(), found.facts.len()));
    add(&event, (at, last), citation, found);
}

/// Adds an event that was seen first and last at these moments, and was just cited.
pub fn add(event: &Event, (at, last): (Moment, Moment), citation: Citation, found: &mut Findings) {
    let about = &event.involved_object;
    let (subject, node) = (subject(event), node_of(event));
    let by_node = matches!(at.clock, Clock::Node(_));
    if let Some(owned) = owned_by(event, &subject) {
        // Names of a StatefulSet's pods are used again.
        if owned.is("Pod") && !subject.is("StatefulSet") && !by_node {
            found.pods.entry(owned.namespace().unwrap_or_default(), owned.name(), "").made(at.time);
        }
        found.owners.insert(owned, subject.clone());
    }
    if about.kind == "Pod" {
        learn_pod(event, node.as_deref(), (at.time, by_node), &mut found.pods);
        let pod = found.pods.entry(&about.namespace, &about.name, &about.uid);
        match by_node {
            true => pod.by_node.at(last.time, Some(citation)),
            false => pod.seen_in(last.time, citation),
        }
    }
    let (warning, container) = (event.kind == "Warning", container_of(&about.field_path));
    let note = event.message.strip_prefix(COMBINED).unwrap_or(&event.message);
    let by = [&event.source.component, &event.reporting_component].into_iter().find(|by| !by.is_empty());
    let by = by.map_or("", String::as_str);
    let record = Record::Event { warning, container, reason: &event.reason, note, by };
    let (count, node) = (count(event), node.as_deref());
    found.facts.push(Fact { at, last, count, subject: &subject, node, record, citation });
}

/// How often it was seen.
fn count(event: &Event) -> u64 {
    event.count.max(event.series.count).max(1)
}

/// What stands before the message of an event that counts others like it (client-go, tools/record/events_cache.go).
const COMBINED: &str = "(combined from similar events): ";

/// What it is about: where it names nothing, the namespace that it stands in.
fn subject(event: &Event) -> Subject {
    let about = &event.involved_object;
    if !about.kind.is_empty() {
        return Subject::of_object(&about.kind, &about.namespace, &about.name);
    }
    let namespaces = [&about.namespace, &event.metadata.namespace, &event.namespace];
    match namespaces.into_iter().find(|namespace| !namespace.is_empty()) {
        Some(namespace) => Subject::cluster("Namespace", namespace),
        None => Subject::whole_cluster(),
    }
}

/// When it was seen first and last. Only eventTime and the series have fractions of a second.
fn times(event: &Event, first: DateTime<Utc>, found: &mut Findings) -> (Moment, Moment) {
    let clock = clock_of(event, found);
    let is_exact = event.first_timestamp.is_none() && event.event_time.is_some();
    let first = if is_exact { Moment::exact(first) } else { Moment::to_the_second(first) }.by(clock);
    let last = event.last_timestamp.map(Moment::to_the_second);
    let last = last.or(event.series.last_observed_time.map(Moment::exact)).map(|last| last.by(clock));
    (first, last.filter(|last| last.time > first.time).unwrap_or(first))
}

/// The clock of whoever reports it: the kubelet's, of the node that it names as itself, or that of a component.
fn clock_of(event: &Event, found: &mut Findings) -> Clock {
    let is_reported = !(event.source.component.is_empty() && event.reporting_component.is_empty());
    match found.facts.clock_of(host_of(event)) {
        Clock::Unknown if is_reported => Clock::Component,
        clock => clock,
    }
}

/// The node whose clock it bears.
fn host_of(event: &Event) -> &str {
    match event.source.host.as_str() {
        "" if event.reporting_component == "kubelet" => event.reporting_instance.as_str(),
        host => host,
    }
}

/// Notes both times of an event that a node's clock was asked for.
fn pair(event: &Event, record: Citation, found: &mut Findings) {
    if let ("kubelet", Some(first), Some(made)) =
        (event.source.component.as_str(), event.first_timestamp, event.metadata.creation_timestamp)
    {
        found.pairs.sent(host_of(event), (first, made), record);
    }
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

/// Whether an eviction was told by a program that asks the API for it, and not by the kubelet that carries one out.
fn is_asked_of_others(event: &Event) -> bool {
    let mut by = [&event.source.component, &event.reporting_component].into_iter().filter(|by| !by.is_empty());
    by.next().is_some_and(|by| by != "kubelet")
}

/// The pod, ReplicaSet or Job that a controller says it made (pkg/controller/controller_utils.go, deployment/sync.go,
/// statefulset/stateful_pod_control.go, cronjob/cronjob_controllerv2.go).
fn owned_by(event: &Event, owner: &Subject) -> Option<Subject> {
    let namespace = owner.namespace()?;
    let message = event.message.as_str();
    match (event.reason.as_str(), owner.kind()) {
        ("SuccessfulCreate", "StatefulSet") => {
            let name = message.strip_prefix("create Pod ")?.split_once(" in StatefulSet")?.0;
            Some(Subject::pod(namespace, name))
        }
        ("SuccessfulCreate", "CronJob") => {
            Some(Subject::namespaced("Job", namespace, message.strip_prefix("Created job ")?.trim()))
        }
        ("SuccessfulCreate", _) => Some(Subject::pod(namespace, message.strip_prefix("Created pod: ")?.trim())),
        ("ScalingReplicaSet", "Deployment") => {
            let name = message.split_once("replica set ")?.1.split(' ').next()?;
            Some(Subject::namespaced("ReplicaSet", namespace, name))
        }
        _ => None,
    }
}

/// Events outlive their pods: they still tell a deleted pod's UID and node. `at` is by the node's clock or not.
fn learn_pod(event: &Event, node: Option<&str>, (at, by_node): (DateTime<Utc>, bool), pods: &mut Pods) {
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
                pod.container_started(name, at);
                let count = event.count.max(event.series.count).max(1);
                pod.container_starts(name, u32::try_from(count).unwrap_or(u32::MAX), 0);
                // The count tells that it was started again, and only the last time when.
                if count > 1 {
                    pod.container_restarted(name, at);
                }
            }
        }
        // A kubelet evicts what takes too much, and whoever empties a node asks the API to.
        "Evicted" if !is_asked_of_others(event) => pod.forced_out = true,
        "Preempted" => pod.forced_out = true,
        "TaintManagerEviction" if event.message.starts_with("Marking for deletion") => pod.forced_out = true,
        // Said of a pod that ends as a whole (pkg/kubelet/kuberuntime, killContainer); a restart is worded otherwise.
        "Killing" if event.message.starts_with("Stopping container") => pod.by_node.told_to_stop(at),
        _ => {}
    }
    match by_node {
        true => pod.by_node.at(at, None),
        false => pod.seen(at),
    }
}

/// `spec.containers{app}` names the container `app`.
fn container_of(field_path: &str) -> Option<&str> {
    let (_, rest) = field_path.split_once('{')?;
    rest.strip_suffix('}').filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place::of_line(1, chrono::DateTime::UNIX_EPOCH)
    }

    fn read_one(line: &str) -> Findings {
        let mut found = Findings::default();
        read(place(), line.as_bytes(), &mut found);
        found
    }

    #[test]
    fn a_core_event_spans_its_occurrences() {
        let found = read_one(
            r#"{"metadata":{"name":"web.1","namespace":"shop","uid":"u"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"web-0","uid":"p","fieldPath":"spec.containers{web}"},"reason":"Unhealthy","message":"Readiness probe failed: nc: timed out","source":{"component":"kubelet","host":"node-2"},"firstTimestamp":"2026-11-21T06:58:59Z","lastTimestamp":"2026-11-21T07:04:00Z","count":129,"type":"Warning","eventTime":null}"#,
        );
        let fact = found.facts.iter().next().expect("one fact");
        assert_eq!((fact.count, fact.node), (129, Some("node-2")));
        assert_eq!((fact.last.time - fact.at.time).num_seconds(), 301);
        assert!(matches!(fact.record, Record::Event { container: Some("web"), by: "kubelet", .. }));
    }

    #[test]
    fn the_scheduler_names_the_node() {
        let mut found = read_one(
            r#"{"metadata":{"name":"a.1"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"a","uid":"p"},"reason":"Scheduled","message":"Successfully assigned shop/a to node-2","firstTimestamp":null,"eventTime":"2026-11-21T06:58:59.123456Z","type":"Normal","series":null}"#,
        );
        let fact = found.facts.iter().next().expect("one fact");
        assert_eq!(fact.node, Some("node-2"));
        assert_eq!(found.pods.entry("shop", "a", "p").node.as_deref(), Some("node-2"));
    }

    #[test]
    fn a_kubelet_reports_by_the_clock_of_its_node() {
        let clock = |more: &str| {
            let found = read_one(&format!(
                r#"{{"metadata":{{"name":"a.1"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"a"}},"reason":"R","firstTimestamp":"2026-11-21T06:58:59Z"{more}}}"#
            ));
            let fact = found.facts.iter().next().expect("one fact");
            let of_node = found.facts.known_clock("node-2").is_some_and(|node| fact.at.clock == node);
            (of_node, fact.at.clock == Clock::Component)
        };
        assert_eq!(clock(r#","source":{"component":"kubelet","host":"node-2"}"#), (true, false));
        assert_eq!(clock(r#","reportingController":"kubelet","reportingInstance":"node-2""#), (true, false));
        let scheduler = r#","reportingComponent":"default-scheduler","reportingInstance":"default-scheduler-node-2""#;
        assert_eq!(clock(scheduler), (false, true), "the host is a part of a name of its own making");
        assert_eq!(clock(r#","source":{"component":"node-controller"}"#), (false, true));
        assert_eq!(clock(""), (false, false));
    }

    #[test]
    fn only_times_with_fractions_are_exact() {
        let event = |times: &str| {
            let found = read_one(&format!(
                r#"{{"metadata":{{"name":"a.1","creationTimestamp":"2026-11-21T08:00:00Z"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"a"}},"reason":"X"{times}}}"#
            ));
            let fact = found.facts.iter().next().expect("one fact");
            (fact.at.later_ms, fact.last.later_ms)
        };
        assert_eq!(event(""), (999, 999));
        assert_eq!(event(r#","eventTime":"2026-11-21T08:00:00.5Z""#), (0, 0));
        let series =
            r#","eventTime":"2026-11-21T08:00:00.5Z","series":{"count":2,"lastObservedTime":"2026-11-21T08:01:00.5Z"}"#;
        assert_eq!(event(series), (0, 0));
        let core = r#","firstTimestamp":"2026-11-21T08:00:00Z","lastTimestamp":"2026-11-21T08:01:00Z","count":2"#;
        assert_eq!(event(core), (999, 999));
    }

    #[test]
    fn garbage_is_noted_not_fatal() {
        let mut found = Findings::default();
        read(place(), b"{\"metadata\":", &mut found);
        assert!(found.facts.is_empty() && found.unreadable.len() == 1);
    }

    #[test]
    fn of_two_snapshots_of_an_event_the_later_stays() {
        let event = |count: u32, last: &str| {
            format!(
                r#"{{"metadata":{{"name":"a.1","uid":"e-1"}},"involvedObject":{{"kind":"Pod","namespace":"shop","name":"a"}},"reason":"BackOff","count":{count},"firstTimestamp":"2026-11-21T08:00:00Z","lastTimestamp":"{last}"}}"#
            )
        };
        let (early, late) = (event(2, "2026-11-21T08:00:56Z"), event(50, "2026-11-21T08:20:00Z"));
        for lines in [[&early, &late], [&late, &early]] {
            let mut found = Findings::default();
            lines.into_iter().for_each(|line| read(place(), line.as_bytes(), &mut found));
            found.drop_repeated_events(|_| true);
            assert_eq!(found.facts.iter().map(|fact| fact.count).collect::<Vec<_>>(), [50]);
        }
    }

    #[test]
    fn a_time_that_nobody_set_is_none() {
        let found = read_one(
            r#"{"metadata":{"name":"a.1"},"involvedObject":{"kind":"Pod","namespace":"shop","name":"a"},"reason":"BackOff","firstTimestamp":"0001-01-01T00:00:00Z","lastTimestamp":"2026-11-21T08:00:56Z","eventTime":"2026-11-21T08:00:00Z"}"#,
        );
        let fact = found.facts.iter().next().expect("one fact");
        assert_eq!(fact.at.time.to_rfc3339(), "2026-11-21T08:00:00+00:00");
    }
}
