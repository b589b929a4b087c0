//! Whether a record tells of trouble: by the rules of the catalogue and their roles, as an analysis would later.
//!
//! One record is judged at a time, and of what it tells only what is of now: a container that ended an hour ago is in each
//! version of its pod, and whatever it left has perished, or will not soon.

use crate::evidence::{Fact, Record, facts_of_object};
use crate::model::Severity;
use crate::signals::{Catalogue, CatalogueError, Role, Rule, SubjectFrom};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// What is older than this is not of now.
pub const RECENT: TimeDelta = TimeDelta::minutes(15);

/// Of a pod: what a container printed is gone with its next start, or with the pod.
const OF_PODS: &[Role] = &[
    Role::ContainerEnded,
    Role::Evicted,
    Role::Gone,
    Role::MemoryKill,
    Role::PodFailed,
    Role::Preempted,
    Role::ProbeKill,
    Role::RestartBackoff,
    Role::TaintEviction,
];

/// Of these what still runs will not for long, too.
const GOING: &[Role] = &[Role::Evicted, Role::Gone, Role::Preempted, Role::ProbeKill, Role::TaintEviction];

/// Of a node: it may be gone, or be replaced, before anybody asks it.
const OF_NODES: &[Role] = &[
    Role::CannotReport,
    Role::MemoryKill,
    Role::NodeDistress,
    Role::NodeNetwork,
    Role::NodeNetworkLost,
    Role::NodeTaken,
    Role::NodeUnready,
    Role::Pressure,
    Role::RuntimeHung,
    Role::Shortage,
];

/// Trouble that a record tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub whose: Whose,
    /// The rule's name.
    pub signal: String,
}

/// Who is in trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The pod that the record is about: this container, or all where none is named. `going`: what runs of it as well.
    Pod {
        container: Option<String>,
        going: bool,
    },
    Node(String),
}

/// Judges by the built-in rules that have one of the roles above.
#[derive(Clone, Debug)]
pub struct Judge {
    catalogue: Arc<Catalogue>,
}

impl Judge {
    pub fn new() -> Result<Self, CatalogueError> {
        let roles: Vec<Role> = OF_PODS.iter().chain(OF_NODES).copied().collect();
        Ok(Self { catalogue: Arc::new(Catalogue::of_states(&roles)?) })
    }

    /// What trouble an object tells of, as it was seen at `now`.
    pub fn trouble(&self, kind: (&str, &str), object: &str, now: DateTime<Utc>) -> Vec<Trouble> {
        let facts = facts_of_object(kind, object, now);
        let mut found: Vec<Trouble> = Vec::new();
        for (fact, rule) in self.catalogue.told_by(&facts) {
            let is_of_now = fact.last.time.max(fact.at.time) >= now - RECENT;
            let whose = whose(&fact, rule).filter(|_| is_of_now && is_harm(&fact, rule));
            let trouble = whose.map(|whose| Trouble { whose, signal: rule.name.clone() });
            // Several rules may tell of the same, and the first names it.
            found.extend(trouble.filter(|new| found.iter().all(|known| known.whose != new.whose)));
        }
        found
    }
}

/// Whether a record tells of harm. That a container ended is none by itself, and the rule calls it so; with an error it is:
/// whether it was to end is told by the status of its pod (`wanted`).
fn is_harm(fact: &Fact<'_>, rule: &Rule) -> bool {
    let with_error = matches!(fact.record, Record::Terminated { exit_code, .. } if exit_code != 0);
    rule.severity >= Severity::Warning || (with_error && rule.roles.has(Role::ContainerEnded))
}

fn whose(fact: &Fact<'_>, rule: &Rule) -> Option<Whose> {
    let has = |roles: &[Role]| roles.iter().any(|role| rule.roles.has(*role));
    let of_node = rule.subject == SubjectFrom::Node || fact.subject.is("Node");
    if of_node && has(OF_NODES) {
        let name = if fact.subject.is("Node") { Some(fact.subject.name()) } else { fact.node };
        return name.map(|name| Whose::Node(name.to_owned()));
    }
    let is_of_pod = fact.subject.is("Pod") && has(OF_PODS);
    is_of_pod.then(|| Whose::Pod { container: container(fact.record).map(str::to_owned), going: has(GOING) })
}

/// The container that a record is about.
fn container(record: Record<'_>) -> Option<&str> {
    match record {
        Record::Event { container, .. } => container,
        Record::Terminated { container, .. } | Record::Waiting { container, .. } => Some(container),
        _ => None,
    }
}

#[cfg(test)]
impl Judge {
    /// The same for all tests, as the rules take a while to load.
    pub fn for_tests() -> Self {
        static JUDGE: std::sync::LazyLock<Judge> =
            std::sync::LazyLock::new(|| Judge::new().expect("the built-in rules"));
        JUDGE.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn told(kind: (&str, &str), object: &Value) -> Vec<(String, Whose)> {
        let judge = Judge::for_tests();
        let found = judge.trouble(kind, &object.to_string(), at("2026-11-28T21:10:00Z"));
        found.into_iter().map(|one| (one.signal, one.whose)).collect()
    }

    fn of_app(signal: &str, going: bool) -> (String, Whose) {
        (signal.to_owned(), Whose::Pod { container: Some("app".to_owned()), going })
    }

    fn pod(state: &Value, last: &Value) -> Vec<(String, Whose)> {
        let status = json!({"name": "app", "restartCount": 1, "state": state, "lastState": last});
        let pod = json!({"metadata": {"name": "api-0", "namespace": "shop", "uid": "u"},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]}, "status": {"phase": "Running", "containerStatuses": [status]}});
        told(("Pod", "pods"), &pod)
    }

    #[test]
    fn a_container_that_ended_by_itself_is_trouble_and_one_that_is_done_is_not() {
        let ended = |reason: &str, code: u8, at: &str| json!({"terminated": {"reason": reason, "exitCode": code, "startedAt": "2026-11-28T21:00:00Z", "finishedAt": at}});
        let (soon, long_ago) = ("2026-11-28T21:09:58Z", "2026-11-28T20:09:58Z");
        let running = json!({"running": {"startedAt": "2026-11-28T21:09:59Z"}});
        let crash = of_app("ContainerTerminated", false);
        assert_eq!(pod(&ended("Error", 1, soon), &json!({})), std::slice::from_ref(&crash));
        assert_eq!(pod(&running, &ended("Error", 1, soon)), [crash]);
        assert_eq!(pod(&running, &ended("OOMKilled", 137, soon)), [of_app("OOMKilled", false)]);
        assert_eq!(pod(&running, &ended("Error", 1, long_ago)), [], "what it left was there to be taken");
        assert_eq!(pod(&ended("Completed", 0, soon), &json!({})), []);
        let waiting = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed"}});
        assert_eq!(pod(&waiting, &ended("Completed", 0, soon)), [of_app("CrashLoopBackOff", false)]);
        let pulling = json!({"waiting": {"reason": "ImagePullBackOff"}});
        assert_eq!(pod(&pulling, &json!({})), [], "it has printed nothing");
    }

    #[test]
    fn events_tell_of_containers_pods_and_nodes() {
        let event = |kind: &str, reason: &str, message: &str, at: &str| {
            let field =
                if message.contains("container app") || reason == "Killing" { "spec.containers{app}" } else { "" };
            told(
                ("Event", "events"),
                &json!({"metadata": {"name": "one", "namespace": "shop", "uid": "e"}, "type": "Warning",
                "involvedObject": {"kind": kind, "namespace": "shop", "name": "node-1", "uid": "u", "fieldPath": field},
                "source": {"component": "kubelet", "host": "node-1"}, "reason": reason, "message": message,
                "firstTimestamp": at, "lastTimestamp": at}),
            )
        };
        let now = "2026-11-28T21:09:50Z";
        let back_off = "Back-off restarting failed container app in pod api-0_shop(u)";
        assert_eq!(event("Pod", "BackOff", back_off, now), [of_app("CrashLoopBackOff", false)]);
        assert_eq!(event("Pod", "BackOff", back_off, "2026-11-28T20:09:50Z"), []);
        let killing = "Container app failed liveness probe, will be restarted";
        assert_eq!(event("Pod", "Killing", killing, now), [of_app("Killing", true)]);
        let evicted = event("Pod", "Evicted", "The node was low on resource: memory.", now);
        assert_eq!(evicted, [("Evicted".to_owned(), Whose::Pod { container: None, going: true })]);
        let unready = event("Node", "NodeNotReady", "Node node-1 status is now: NodeNotReady", now);
        assert_eq!(unready, [("NodeNotReady(kubelet)".to_owned(), Whose::Node("node-1".to_owned()))]);
        assert_eq!(event("Pod", "Scheduled", "Successfully assigned shop/api-0 to node-1", now), []);
        assert_eq!(event("Pod", "Unhealthy", "Readiness probe failed: refused", now), [], "it runs on");
    }
}
