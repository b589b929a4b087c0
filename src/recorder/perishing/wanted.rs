//! Which logs of a pod in trouble are to be taken, by its status: that of an instance that ended, once; that of one that
//! runs where it will not for long.
//!
//! The status decides which of two logs the API shows as which: `previous` is the instance of `lastState`, `current` that of
//! `state` (`validateContainerLogStatus` in pkg/kubelet/kubelet_pods.go of Kubernetes 1.34). It tells as well what no record
//! of the catalogue can by itself: that a pod is about to be deleted, and that it was failing by then.

use super::judge::{RECENT, Trouble, Whose};
use crate::archive::layout::Instance;
use crate::objects::{ContainerStatus, Pod, Terminated};
use crate::sources::containers::{self, Container};
use crate::sources::lone_log::ContainerLog;
use chrono::{DateTime, TimeDelta, Utc};

/// A log to be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub log: ContainerLog,
    /// As outcomes name it.
    pub subject: String,
    /// The instance's own: `containerd://…`.
    pub id: String,
    pub started_at: Option<DateTime<Utc>>,
    /// None while it runs.
    pub ended: Option<Ended>,
}

/// That an instance ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When, if that is known.
    pub at: Option<DateTime<Utc>>,
}

/// The logs of `pod` that are to be taken for `trouble`, those of earlier instances first.
pub fn for_trouble(pod: &Pod, trouble: &Trouble, now: DateTime<Utc>) -> Vec<Wanted> {
    let Whose::Pod { container, going } = &trouble.whose else { return Vec::new() };
    let marked = marked_at(pod);
    let is_meant = |one: &&Container<'_>| container.as_ref().is_none_or(|name| name == one.name);
    // What ended since the pod was to end did as it was told.
    let is_wanted = |ended: &Terminated| {
        ended.finished_at.is_none_or(|at| at >= now - RECENT && marked.is_none_or(|marked| at < marked))
    };
    let all = containers::of(pod);
    all.iter().filter(is_meant).flat_map(|one| of_container(pod, one, is_wanted, *going)).collect()
}

/// The logs of a pod that is about to be deleted while it fails, whenever its containers ended; none of any other.
pub fn for_deletion(pod: &Pod) -> Vec<Wanted> {
    let Some(marked) = marked_at(pod).filter(|marked| was_failing(pod, *marked)) else { return Vec::new() };
    let was_before = |ended: &Terminated| ended.finished_at.is_none_or(|at| at < marked);
    containers::of(pod).iter().flat_map(|one| of_container(pod, one, was_before, true)).collect()
}

/// What the logs of a pod count to together: what made it, or itself.
pub fn workload(pod: &Pod) -> String {
    let meta = &pod.metadata;
    let (kind, name) = meta.controller().unwrap_or(("Pod", &meta.name));
    format!("{kind}/{}/{name}", meta.namespace)
}

fn of_container(
    pod: &Pod,
    container: &Container<'_>,
    is_wanted: impl Fn(&Terminated) -> bool,
    going: bool,
) -> Vec<Wanted> {
    let Some(status) = container.status() else { return Vec::new() };
    let wanted = |instance: Instance, id: &str, started_at, ended| Wanted {
        log: ContainerLog {
            namespace: pod.metadata.namespace.clone(),
            pod: pod.metadata.name.clone(),
            container: container.name.to_owned(),
            instance,
        },
        subject: format!("{} {}, {}", pod.subject(), container.called(), instance.name()),
        id: id.to_owned(),
        started_at,
        ended,
    };
    let ended = [(&status.last_state, Instance::Previous), (&status.state, Instance::Current)];
    let ended = ended.into_iter().filter_map(|(state, instance)| {
        let ended = state.terminated.as_ref().filter(|ended| is_wanted(ended))?;
        Some(wanted(instance, &ended.container_id, ended.started_at, Some(Ended { at: ended.finished_at })))
    });
    let running = status.state.running.as_ref().filter(|_| going);
    let running = running.map(|running| wanted(Instance::Current, &status.container_id, running.started_at, None));
    // Without an ID there was no instance, and there is no log.
    ended.chain(running).filter(|one| !one.id.is_empty()).collect()
}

/// When a pod that is to be deleted was marked: its deletion is dated to the end of its grace period.
fn marked_at(pod: &Pod) -> Option<DateTime<Utc>> {
    let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or_default().clamp(0, 86_400);
    pod.metadata.deletion_timestamp.map(|at| at - TimeDelta::seconds(grace))
}

/// Whether a pod was not well when it was marked: unready since before, or with a container that had ended with an error or
/// waited for its next start.
fn was_failing(pod: &Pod, marked: DateTime<Utc>) -> bool {
    let status = &pod.status;
    let ready = status.conditions.iter().find(|condition| condition.kind == "Ready");
    let was_unready = ready.is_some_and(|ready| {
        !ready.is_true() && ready.reason != "PodCompleted" && ready.last_transition_time.is_none_or(|at| at < marked)
    });
    let has_failed = |one: &ContainerStatus| {
        let ended = one.state.terminated.as_ref();
        let waits = one.state.waiting.is_some() && one.last_state.terminated.is_some();
        waits || ended.is_some_and(|ended| ended.exit_code != 0 && ended.finished_at.is_none_or(|at| at < marked))
    };
    was_unready || status.init_container_statuses.iter().chain(&status.container_statuses).any(has_failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn pod(meta: &Value, status: &Value) -> Pod {
        let mut pod = json!({"metadata": {"name": "api-0", "namespace": "shop", "uid": "u"},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app"}, {"name": "side"}]}, "status": status});
        if let (Some(known), Some(more)) = (pod["metadata"].as_object_mut(), meta.as_object()) {
            known.extend(more.clone());
        }
        serde_json::from_value(pod).expect("a pod")
    }

    fn told(all: &[Wanted]) -> Vec<(&str, &str, bool)> {
        all.iter().map(|one| (one.subject.as_str(), one.id.as_str(), one.ended.is_some())).collect()
    }

    fn ended(id: &str, at: &str) -> Value {
        json!({"terminated": {"exitCode": 1, "reason": "Error", "containerID": id, "startedAt": "2026-11-28T21:00:00Z", "finishedAt": at}})
    }

    #[test]
    fn each_instance_that_ended_is_wanted_by_the_name_that_it_has_now() {
        let (first, second) = ("2026-11-28T21:05:00Z", "2026-11-28T21:09:00Z");
        let app = |state: Value, last: Value| {
            pod(
                &json!({}),
                &json!({"containerStatuses": [{"name": "app", "containerID": "c-3", "state": state, "lastState": last},
                {"name": "side", "containerID": "s-1", "state": {"running": {}}, "lastState": {}}]}),
            )
        };
        let of = |container: Option<&str>, going| Trouble {
            whose: Whose::Pod { container: container.map(str::to_owned), going },
            signal: "CrashLoopBackOff".to_owned(),
        };
        let now = at("2026-11-28T21:10:00Z");
        let (previous, current) = ("Pod/shop/api-0 container app, previous", "Pod/shop/api-0 container app, current");
        let both = app(ended("c-2", second), ended("c-1", first));
        let taken = for_trouble(&both, &of(Some("app"), false), now);
        assert_eq!(told(&taken), [(previous, "c-1", true), (current, "c-2", true)]);
        let runs = app(json!({"running": {"startedAt": second}}), ended("c-2", second));
        assert_eq!(told(&for_trouble(&runs, &of(Some("app"), false), now)), [(previous, "c-2", true)]);
        let going = for_trouble(&runs, &of(None, true), now);
        assert_eq!(
            told(&going),
            [
                (previous, "c-2", true),
                (current, "c-3", false),
                ("Pod/shop/api-0 container side, current", "s-1", false)
            ]
        );
        assert_eq!(for_trouble(&runs, &of(None, false), now + TimeDelta::hours(1)), [], "that was long ago");
        let lost = app(json!({"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}), json!({}));
        assert_eq!(for_trouble(&lost, &of(None, false), now), [], "there never was one that it is of");
    }

    #[test]
    fn a_pod_that_is_deleted_is_of_interest_where_it_failed() {
        let marked = json!({"deletionTimestamp": "2026-11-28T21:10:30Z", "deletionGracePeriodSeconds": 30});
        let status = |ready: &str, since: &str, state: Value, last: Value| {
            json!({"conditions": [{"type": "Ready", "status": ready, "lastTransitionTime": since}],
                "containerStatuses": [{"name": "app", "containerID": "c-2", "state": state, "lastState": last}]})
        };
        let running = || json!({"running": {"startedAt": "2026-11-28T20:00:00Z"}});
        let (before, after) = ("2026-11-28T21:08:00Z", "2026-11-28T21:10:05Z");
        let well = status("True", before, running(), ended("c-1", "2026-11-28T19:00:00Z"));
        assert_eq!(for_deletion(&pod(&marked, &well)), []);
        let ends = status("False", after, running(), json!({}));
        assert_eq!(for_deletion(&pod(&marked, &ends)), [], "it ends as it was told");
        let unready = status("False", before, running(), ended("c-1", "2026-11-28T19:00:00Z"));
        assert_eq!(for_deletion(&pod(&json!({}), &unready)), [], "nobody deletes it");
        let wanted = for_deletion(&pod(&marked, &unready));
        let subjects = ["Pod/shop/api-0 container app, previous", "Pod/shop/api-0 container app, current"];
        assert_eq!(told(&wanted), [(subjects[0], "c-1", true), (subjects[1], "c-2", false)]);
        let waits = status("False", after, json!({"waiting": {"reason": "CrashLoopBackOff"}}), ended("c-1", before));
        assert_eq!(told(&for_deletion(&pod(&marked, &waits))), [(subjects[0], "c-1", true)]);
    }
}
