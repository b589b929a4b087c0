//! Pods: what their status says happened to them, and what their specification says of whom they need.

use super::conditions::{self, Owner};
use super::findings::{ContainerId, Findings, Place};
use super::pod_object::{self, PodObject};
use super::{Fact, Record, marks, releases, stalls, status};
use crate::model::{Clock, Moment, Subject, to_the_second};
use crate::objects::{
    Condition, ContainerState, ContainerStatus, Meta, Pod, PodStatus as Status, Terminated, Time, Waiting,
};
use chrono::{DateTime, TimeDelta, Utc};

/// Reads one pod.
pub fn read(place: Place, line: &[u8], found: &mut Findings) {
    match serde_json::from_slice(line) {
        Ok(pod) => {
            note_stall(place, &pod, found);
            add(place, pod, found);
        }
        Err(error) => found.unreadable(place, error),
    }
}

/// Adds what the containers of a pod were in for a while, of an object that tells nothing else of them.
pub fn read_passed(place: Place, pod: &Pod, found: &mut Findings) {
    let reader = Reader::new(place, pod);
    for (container, init) in containers(pod) {
        reader.ends(container, init, found);
        if let Some(waiting) = &container.state.waiting {
            let at = Moment::exact(place.fetched).by(Clock::Collector);
            reader.waiting(container, waiting, (at, at), found);
        }
        reader.running(container, found);
        let pod = found.pods.entry(&pod.metadata.namespace, &pod.metadata.name, &pod.metadata.uid);
        first_start(container).into_iter().for_each(|at| pod.container_started(&container.name, at));
    }
}

/// Adds what the containers of a pod waited for when it was seen first: they did then, and began to some time before.
pub fn read_waits(place: Place, pod: &Pod, found: &mut Findings) {
    let reader = Reader::new(place, pod);
    for (container, _) in containers(pod) {
        if let Some(waiting) = &container.state.waiting {
            let seen = Moment::exact(place.fetched).by(Clock::Collector);
            reader.waiting(container, waiting, (reader.waits_since(container), seen), found);
        }
    }
}

/// Adds that a pod waits, where it came as the API server has it.
fn note_stall(place: Place, pod: &Pod, found: &mut Findings) {
    let subject = Subject::pod(&pod.metadata.namespace, &pod.metadata.name);
    let owner = Owner { place, subject: &subject, node: None, created: pod.metadata.creation_timestamp };
    stalls::not_looked_at(&owner, pod, found);
}

/// Adds a pod, in whatever form it came.
pub fn add(place: Place, pod: Pod, found: &mut Findings) {
    let reader = Reader::new(place, &pod);
    let owner = reader.owner();
    let was_ended = was_ended(&pod);
    // Of one that was ended its conditions say what its phase does.
    let says_more = |one: &&Condition| !was_ended || one.reason != "PodFailed";
    pod.status.conditions.iter().filter(says_more).for_each(|one| conditions::read(&owner, one, found));
    if !was_ended {
        reader.reason(&pod.status, found);
    }
    status::still_terminating(&owner, &pod.metadata, found);
    if let (Some(hook), "Failed") = (releases::hook(&pod.metadata), pod.status.phase.as_str()) {
        let at = finished(&pod.status).map(|at| reader.by_kubelet(at, found));
        let at = at.unwrap_or_else(|| reader.by_now(reader.since));
        hook.tell_failed(&owner, at, &pod.status.reason, found);
    }
    for (container, init) in containers(&pod) {
        reader.container(container, init, found);
    }
    reader.object(pod, found);
}

/// Every container's status, and whether the container only prepares the pod. Sidecars are init containers that run on.
fn containers(pod: &Pod) -> impl Iterator<Item = (&ContainerStatus, bool)> {
    let is_sidecar =
        |name: &str| pod.spec.init_containers.iter().any(|one| one.name == name && one.restart_policy == "Always");
    let init = pod.status.init_container_statuses.iter().map(move |one| (one, !is_sidecar(&one.name)));
    let lasting = pod.status.container_statuses.iter().chain(&pod.status.ephemeral_container_statuses);
    init.chain(lasting.map(|one| (one, false)))
}

struct Reader {
    subject: Subject,
    uid: String,
    node: Option<String>,
    /// When its node took it: nothing in its status is older.
    since: DateTime<Utc>,
    place: Place,
}

impl Reader {
    fn new(place: Place, pod: &Pod) -> Self {
        Self {
            subject: pod.subject(),
            uid: pod.metadata.uid.clone(),
            node: pod.node().map(str::to_owned),
            since: pod.status.start_time.or(pod.metadata.creation_timestamp).unwrap_or(DateTime::UNIX_EPOCH),
            place,
        }
    }

    fn owner(&self) -> Owner<'_> {
        Owner { place: self.place, subject: &self.subject, node: self.node.as_deref(), created: Some(self.since) }
    }

    fn add(&self, at: Moment, record: Record<'_>, text: &str, found: &mut Findings) {
        self.owner().add(at, record, text, found);
    }

    /// When a container began or ended, as the kubelet has it from the runtime of its node.
    fn by_kubelet(&self, at: DateTime<Utc>, found: &mut Findings) -> Moment {
        let clock = self.node.as_deref().map_or(Clock::Unknown, |node| found.facts.clock_of(node));
        Moment::to_the_second(at).by(clock)
    }

    /// What is seen at the snapshot and has no time of its own: it began at `since` at the earliest.
    fn by_now(&self, since: DateTime<Utc>) -> Moment {
        self.place.since(Some(since))
    }

    /// `status.reason`, as `Evicted`, or a failed phase without one. Its time is that of the condition set with it;
    /// kubelets before 1.26 set none, and then it happened at any time since the pod was started.
    fn reason(&self, status: &Status, found: &mut Findings) {
        let failed = matches!(status.phase.as_str(), "Failed" | "Unknown");
        if status.reason.is_empty() && !failed {
            return;
        }
        let of = |kind| status.conditions.iter().find(|condition| condition.kind == kind);
        // One that failed by itself may have been without Ready from its beginning on.
        let ends = status.container_statuses.iter().filter_map(|one| one.state.terminated.as_ref()?.finished_at);
        let ended = ends.max().filter(|_| status.reason.is_empty());
        let is_late = |turned: &&Condition| ended.is_none_or(|ended| turned.last_transition_time >= Some(ended));
        let turned = of("DisruptionTarget").or(of("Ready")).filter(is_late);
        let at = turned.and_then(|condition| self.owner().turned(condition, found));
        let at = at.or_else(|| Some(self.by_kubelet(finished(status)?, found)));
        let at = at.unwrap_or_else(|| self.by_now(self.since));
        let Status { phase, reason, message, .. } = status;
        let text = format!("{} phase {phase} {reason} {message}", self.subject);
        status::add_reason(&self.owner(), at, (phase, reason, message), &text, found);
    }

    fn container(&self, status: &ContainerStatus, init: bool, found: &mut Findings) {
        self.container_id(&status.container_id, &status.name, found);
        self.ends(status, init, found);
        if let Some(waiting) = &status.state.waiting {
            let at = self.waits_since(status);
            self.waiting(status, waiting, (at, at), found);
        }
        self.running(status, found);
        let pod = found.pods.entry(self.subject.namespace().unwrap_or_default(), self.subject.name(), &self.uid);
        let started = first_start(status);
        started.into_iter().for_each(|at| pod.container_started(&status.name, at));
        let restarts = u32::try_from(status.restart_count).unwrap_or(u32::MAX);
        pod.restarts = pod.restarts.max(restarts);
        pod.container_starts(&status.name, 0, restarts.saturating_add(1));
        if status.restart_count > 0 && !init {
            // With one restart the end of the first life is known; after more, nothing later than its beginning is.
            let ended = status.last_state.terminated.as_ref().and_then(|terminated| terminated.finished_at);
            let ended = if status.restart_count == 1 { ended } else { pod.started.of(&status.name) };
            pod.container_restarted(&status.name, ended.unwrap_or(self.since));
        }
    }

    fn ends(&self, status: &ContainerStatus, init: bool, found: &mut Findings) {
        for terminated in [&status.last_state.terminated, &status.state.terminated].into_iter().flatten() {
            self.terminated(status, init, terminated, found);
        }
    }

    fn running(&self, status: &ContainerStatus, found: &mut Findings) {
        let Some(at) = status.state.running.as_ref().and_then(|running| running.started_at) else { return };
        let restarts = status.restart_count;
        let since = to_the_second(at);
        let text = format!("{} {} running startedAt {since} restartCount {restarts}", self.subject, status.name);
        let record = Record::Running { container: &status.name, restarts };
        self.add(self.by_kubelet(at, found), record, &text, found);
    }

    /// A container that waits began to do so when it ended last, or when its pod came to the node.
    fn waits_since(&self, status: &ContainerStatus) -> Moment {
        let ended = status.last_state.terminated.as_ref().and_then(|terminated| terminated.finished_at);
        self.by_now(ended.unwrap_or(self.since))
    }

    fn waiting(&self, status: &ContainerStatus, waiting: &Waiting, (at, last): (Moment, Moment), found: &mut Findings) {
        let ended = status.last_state.terminated.as_ref().and_then(|terminated| terminated.finished_at);
        let since = ended.map(|at| format!(" lastState finishedAt {}", to_the_second(at))).unwrap_or_default();
        let (reason, message) = (&waiting.reason, &waiting.message);
        let text = format!("{} {} waiting {reason}{since} {message}", self.subject, status.name);
        let citation = found.cite(self.place, &text);
        let record = Record::Waiting { container: &status.name, reason, message };
        let node = self.node.as_deref();
        found.facts.push(Fact { at, last, count: 1, subject: &self.subject, node, record, citation });
    }

    fn terminated(&self, status: &ContainerStatus, init: bool, terminated: &Terminated, found: &mut Findings) {
        self.container_id(&terminated.container_id, &status.name, found);
        let Terminated { reason, exit_code, message, .. } = terminated;
        // A container that the kubelet lost track of has no end time: it ended at some time since its pod began.
        let finished = terminated.finished_at;
        let at = finished.map_or_else(|| self.by_now(self.since), |at| self.by_kubelet(at, found));
        let finished = finished.map(|at| format!(" finishedAt {}", to_the_second(at))).unwrap_or_default();
        let text =
            format!("{} {} terminated {reason} exitCode {exit_code}{finished} {message}", self.subject, status.name);
        let record = Record::Terminated { container: &status.name, init, reason, exit_code: *exit_code, message };
        self.add(at, record, &text, found);
    }

    fn container_id(&self, id: &str, container: &str, found: &mut Findings) {
        let Some((_, id)) = id.split_once("://") else { return };
        let known = ContainerId { pod_uid: self.uid.clone(), container: Some(container.to_owned()) };
        found.containers.insert(id.to_owned(), known);
    }

    fn object(&self, pod: Pod, found: &mut Findings) {
        let citation = found.cite(self.place, &self.subject.to_string());
        let ready = pod.status.conditions.iter().find(|condition| condition.kind == "Ready");
        let turned = ready.and_then(|ready| Some((ready, ready.last_transition_time?)));
        let ready_record = turned.map(|(ready, at)| {
            let text = format!("{} Ready {} lastTransitionTime {}", self.subject, ready.status, to_the_second(at));
            found.cite(self.place, &text)
        });
        let meta = &pod.metadata;
        let owner = meta.controller().map(|(kind, name)| Subject::of_object(kind, &meta.namespace, name));
        let known = found.pods.entry(&meta.namespace, &meta.name, &meta.uid);
        known.node.clone_from(&self.node);
        known.created = meta.creation_timestamp;
        known.owner = owner;
        let scheduled = pod.status.conditions.iter().find(|c| c.kind == "PodScheduled" && c.is_true());
        known.scheduled_at = scheduled.and_then(|condition| condition.last_transition_time);
        marked_at(meta).into_iter().for_each(|at| known.told_to_stop(at));
        let bound = known.scheduled_at.max(meta.creation_timestamp);
        // A static pod is taken by its node first.
        if let (Some(node), Some(bound), Some(taken), true) =
            (&self.node, bound, pod.status.start_time, pod.uids().count() == 1)
        {
            found.pairs.taken(node, (bound, taken), citation);
        }
        known.forced_out |= pod.status.reason == "Evicted" || was_forced_out(&pod.status.conditions);
        known.ready_by_node = ready.is_some_and(conditions::is_by_kubelet);
        known.ready = turned.map(|(ready, at)| (ready.is_true(), at));
        known.ready_record = ready_record;
        let times = [meta.creation_timestamp, meta.deletion_timestamp, Some(self.place.fetched)];
        for at in times.into_iter().flatten() {
            known.seen(at);
        }
        let finished = finished(&pod.status);
        let is_well = is_well(&pod.status);
        let digests = pod_object::digests(&pod.spec, &pod.status);
        let address = Some(pod.status.pod_ip).filter(|address| !address.is_empty() && !pod.spec.host_network);
        let address = address.map(String::into_boxed_str);
        let mut spec = pod.spec;
        spec.shrink();
        let marks = marks::of(&pod.metadata);
        let labels = pod.metadata.labels;
        known.object = Some(PodObject { finished, address, is_well, labels, marks, spec, digests, citation });
    }
}

/// Reasons of the condition DisruptionTarget (documentation, Pod disruption conditions). The eviction API is what a
/// drain asks: somebody wanted that.
fn was_forced_out(conditions: &[Condition]) -> bool {
    let disrupted = conditions.iter().find(|condition| condition.kind == "DisruptionTarget" && condition.is_true());
    disrupted.is_some_and(|condition| condition.reason != "EvictionByEvictionAPI")
}

/// The condition Ready where there is one, else what the containers say.
fn is_well(status: &Status) -> Option<bool> {
    let ready = status.conditions.iter().find(|condition| condition.kind == "Ready");
    let of_containers = || {
        let waits = status.container_statuses.iter().any(|one| one.state.waiting.is_some() || one.ready == Some(false));
        let ready = status.container_statuses.iter().all(|one| one.ready == Some(true));
        let known = !status.container_statuses.is_empty();
        if waits || status.phase == "Pending" { Some(false) } else { (known && ready).then_some(true) }
    };
    ready.map_or_else(of_containers, |ready| Some(ready.is_true()))
}

/// When a container began its first life, where its status still tells.
fn first_start(status: &ContainerStatus) -> Time {
    let started = |state: &ContainerState| {
        let running = state.running.as_ref().and_then(|running| running.started_at);
        running.or(state.terminated.as_ref().and_then(|terminated| terminated.started_at))
    };
    match status.restart_count {
        0 => started(&status.state),
        1 => started(&status.last_state),
        _ => None,
    }
}

/// When a pod was marked for deletion: `deletionTimestamp` is when its grace period ends (Kubernetes API reference,
/// ObjectMeta).
fn marked_at(meta: &Meta) -> Time {
    let grace = TimeDelta::seconds(meta.deletion_grace_period_seconds.unwrap_or_default().clamp(0, 86_400));
    meta.deletion_timestamp.map(|at| at - grace)
}

/// Whether a pod is of phase Failed only because it was deleted: a kubelet sets the phase of a pod that it ended by how its
/// containers ended, and those that are killed end with an error (documentation, Pod Lifecycle, Pod phase; since 1.27). One
/// whose containers are always started again never fails because they ended, also where it waited to start one when it was
/// deleted.
fn was_ended(pod: &Pod) -> bool {
    let Some(marked) = marked_at(&pod.metadata).filter(|_| pod.status.reason.is_empty()) else { return false };
    let ends = pod.status.container_statuses.iter().filter_map(|one| one.state.terminated.as_ref()?.finished_at);
    let is_started_again = pod.spec.restart_policy == "Always";
    pod.status.phase == "Failed" && (is_started_again || ends.min().is_none_or(|first| first >= marked))
}

/// When a pod of phase Failed or Succeeded came to its end, as near as its status tells: by its kubelet, or else by others.
fn finished(status: &Status) -> Time {
    if !matches!(status.phase.as_str(), "Failed" | "Succeeded") {
        return None;
    }
    let ended = status.container_statuses.iter().filter_map(|one| one.state.terminated.as_ref()?.finished_at);
    let turned = |by_kubelet: bool| {
        let those = status.conditions.iter().filter(move |one| !by_kubelet || conditions::is_by_kubelet(one));
        those.filter_map(|condition| condition.last_transition_time)
    };
    ended.chain(turned(true)).max().or_else(|| turned(false).max())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_that_was_never_ready_failed_when_its_last_container_ended() {
        let line = r#"{"metadata":{"name":"eater","namespace":"shop","uid":"u1","creationTimestamp":"2026-11-21T07:00:00Z"},"spec":{"nodeName":"node-2"},"status":{"phase":"Failed","conditions":[{"type":"Ready","status":"False","reason":"PodFailed","lastTransitionTime":"2026-11-21T07:00:01Z"}],"containerStatuses":[{"name":"eater","restartCount":0,"state":{"terminated":{"exitCode":137,"reason":"OOMKilled","startedAt":"2026-11-21T07:00:06Z","finishedAt":"2026-11-21T07:00:09Z"}}}]}}"#;
        let mut found = Findings::default();
        let fetched = "2026-11-21T07:10:00Z".parse().expect("a time");
        read(Place::of_line(3, fetched), line.as_bytes(), &mut found);
        let failed = found.facts.iter().find(|fact| matches!(fact.record, Record::StatusReason { .. }));
        assert_eq!(failed.expect("a fact").at.time.to_rfc3339(), "2026-11-21T07:00:09+00:00");
    }

    #[test]
    fn an_evicted_pod_tells_when_and_why() {
        let line = r#"{"metadata":{"name":"cache-1","namespace":"shop","uid":"u1"},"spec":{"nodeName":"node-2"},"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory.","conditions":[{"type":"DisruptionTarget","status":"True","reason":"TerminationByKubelet","lastTransitionTime":"2026-11-21T07:00:08Z"}],"containerStatuses":[{"name":"cache","restartCount":1,"state":{"terminated":{"exitCode":137,"reason":"ContainerStatusUnknown","finishedAt":null}},"lastState":{"terminated":{"containerID":"containerd://abc","exitCode":137,"reason":"OOMKilled","finishedAt":"2026-11-21T06:59:23Z"}}}]}}"#;
        let mut found = Findings::default();
        let fetched = "2026-11-21T07:10:00Z".parse().expect("a time");
        read(Place::of_line(3, fetched), line.as_bytes(), &mut found);
        let reasons: Vec<_> = found.facts.iter().map(|fact| fact.record.kind()).collect();
        assert_eq!(reasons, ["condition", "status-reason", "terminated", "terminated"]);
        let evicted = found.facts.iter().nth(1).expect("the second");
        assert_eq!(evicted.at.time.to_rfc3339(), "2026-11-21T07:00:08+00:00");
        assert_eq!(found.containers.get("abc").map(|id| id.pod_uid.as_str()), Some("u1"));
    }

    #[test]
    fn an_eviction_without_conditions_is_not_dated_to_the_start_of_its_pod() {
        let line = r#"{"metadata":{"name":"cart-0","namespace":"shop","uid":"u1"},"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory.","startTime":"2026-11-16T06:02:00Z"}}"#;
        let mut found = Findings::default();
        let fetched = "2026-11-20T10:00:00Z".parse().expect("a time");
        read(Place::of_line(1, fetched), line.as_bytes(), &mut found);
        let [fact] = found.facts.iter().collect::<Vec<_>>()[..] else { panic!("{:?}", found.facts) };
        assert_eq!((fact.at.time, fact.at.earliest().to_rfc3339().as_str()), (fetched, "2026-11-16T06:01:59+00:00"));
    }
}
