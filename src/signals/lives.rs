//! Which part of a pod's life a failed probe belongs to: its start, its service, or its end.
//!
//! The kubelet probes from `initialDelaySeconds` after a container's start, every `periodSeconds`, and makes an event
//! of each failure (pkg/kubelet/prober). So a failure that comes no later than the first probe can means that no
//! probe had succeeded yet; and failures that stop while the container runs on mean that one succeeded then. Where a
//! pod is deleted, by a rollout, a drain or by hand, its probes fail because it ends.

use super::{Role, Signal};
use crate::evidence::{Evidence, Pod, Topology, containers};
use crate::model::{Clock, Moment, Severity, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

/// A part of a pod's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the first success.
    Starting,
    /// From the start on, and no success was ever seen.
    NeverWell,
    /// The first of them before the first success, the others after this time.
    StartThenLiving(Moment),
    Living,
    /// After it was told to end, and nothing had forced it out.
    Ending,
}

/// Events carry whole seconds, and so do starts.
const ROUNDING: TimeDelta = TimeDelta::seconds(2);

/// How long a restart of a container takes at most that never gets well: the kubelet waits five minutes (pkg/kubelet/kubelet.go,
/// MaxContainerBackOff), and it runs for as long before it fails.
pub const LONGEST_RESTART: TimeDelta = TimeDelta::minutes(10);

/// Failures of one probe of one container that follow each other without a success between, as far as events tell.
#[derive(Clone, Copy, Debug)]
pub struct Failing<'a> {
    pub subject: &'a Subject,
    pub container: Option<&'a str>,
    /// `readiness`, `liveness` or `startup`.
    pub probe: &'a str,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// How often they follow each other at least, where one record stands for several.
    pub every: Option<TimeDelta>,
    /// Of the kubelet that tells of them, which also says whether the pod is ready.
    pub clock: Clock,
}

/// The part of its pod's life that a run of failures belongs to.
pub fn phase(evidence: &Evidence, failing: Failing<'_>) -> Phase {
    let Some(pod) = evidence.topology.pod_at(failing.subject, failing.from) else { return Phase::Living };
    if ended_on_purpose(pod).is_some_and(|stop| failing.from >= stop - ROUNDING) {
        return Phase::Ending;
    }
    let started = match failing.container {
        Some(container) => pod.started.of(container),
        None => pod.started.times().min(),
    };
    // What failed before the first start that is known had been started before.
    let Some(started) = started.filter(|started| failing.from >= *started - ROUNDING) else { return Phase::Living };
    let timing = Timing::of(&evidence.topology, pod, &failing);
    if failing.from > started + timing.first_answer() + ROUNDING || was_rolled_out(evidence, pod, started, failing.from)
    {
        return Phase::Living;
    }
    let restarted = match failing.container {
        Some(container) => pod.restarted.of(container),
        None => pod.restarted.times().min(),
    };
    match first_success(evidence, pod, (timing, restarted), &failing) {
        Success::Seen => Phase::Starting,
        Success::Before(again) => Phase::StartThenLiving(again),
        Success::Never => Phase::NeverWell,
    }
}

/// Whether the pod had been ready before: its Deployment's rollout was complete between its start and the failure.
fn was_rolled_out(evidence: &Evidence, pod: &Pod, started: DateTime<Utc>, failed: DateTime<Utc>) -> bool {
    let workload = evidence.topology.workload_of_pod(pod).and_then(|workload| evidence.topology.workload(&workload));
    let complete = workload.and_then(|workload| workload.rolled_out_at);
    complete.is_some_and(|complete| started <= complete && complete <= failed)
}

/// The longest time between two failures of a run.
pub fn longest_pause(evidence: &Evidence, failing: Failing<'_>) -> TimeDelta {
    let pod = evidence.topology.pod_at(failing.subject, failing.from);
    let timing = pod.map(|pod| Timing::of(&evidence.topology, pod, &failing));
    timing.map_or(TimeDelta::seconds(30), Timing::silence)
}

/// When a pod whose readiness probe failed was taken out of its Services, which is by the last of as many failures in a row as
/// its specification allows (Kubernetes API reference, Probe, `failureThreshold`). None where that is not known, where it
/// failed for too short a time, and of one that had never been ready.
pub fn taken_out(topology: &Topology, signal: &Signal) -> Option<DateTime<Utc>> {
    if signal.label("probe") != Some("readiness") {
        return None;
    }
    let pod = topology.pod_at(&signal.subject, signal.from.time).filter(|pod| !is_unready_since_it_came(pod))?;
    let container = signal.label("container").filter(|name| !name.is_empty());
    let mut with_probe = containers(topology.spec_of(pod)?).filter(|one| one.readiness_probe.is_some());
    with_probe.find(|one| container.is_none_or(|name| name == one.name))?;
    let (from, to) = (signal.from.time, signal.last_seen());
    let failing = Failing {
        subject: &signal.subject,
        container,
        probe: "readiness",
        from,
        to,
        every: None,
        clock: signal.from.clock,
    };
    let out = from + Timing::of(topology, pod, &failing).until_it_counts();
    (out <= to + ROUNDING).then_some(out)
}

/// When the pod was told to end, if nothing had forced it out.
pub fn ended_on_purpose(pod: &Pod) -> Option<DateTime<Utc>> {
    pod.stopping.filter(|_| !pod.forced_out)
}

/// Whether a container's end is no more than that of its pod, which was told to end on purpose: what has not ended within the
/// grace period is killed, as many programs are that ignore SIGTERM (documentation, Pod Lifecycle, Termination of Pods). One
/// that crashed meanwhile did more than end.
pub fn was_killed_to_end(evidence: &Evidence, signal: &Signal) -> bool {
    let is_asked = signal.has(Role::ContainerEnded) && signal.severity == Severity::Warning;
    let pod = if is_asked { evidence.topology.pod_at(&signal.subject, signal.from.time) } else { None };
    pod.and_then(ended_on_purpose).is_some_and(|stop| signal.from.time >= stop - ROUNDING)
}

/// Whether the pod's status says that it was never ready: the condition Ready is False, and has been since its start. Of one
/// that is started again and again, as long as its restarts account for all of its life.
pub fn was_never_ready(pod: &Pod) -> bool {
    match pod.ready {
        Some((true, _)) => false,
        Some((false, since)) => {
            pod.started.times().all(|start| since <= start + ROUNDING) && !outlived_its_restarts(pod, since)
        }
        None => pod.node.is_none(),
    }
}

/// Whether the pod is not ready since it came to its node, as its condition Ready says, and so never was.
pub fn is_unready_since_it_came(pod: &Pod) -> bool {
    let came = [pod.created, pod.scheduled_at].into_iter().flatten().max();
    pod.ready.zip(came).is_some_and(|((ready, since), came)| !ready && since <= came + AT_ONCE)
}

/// A kubelet says that a new pod is not ready as soon as it knows of it.
const AT_ONCE: TimeDelta = TimeDelta::seconds(5);

/// Whether the pod had lived for longer than its restarts take, so that one of its containers ran well for a while.
fn outlived_its_restarts(pod: &Pod, until: DateTime<Utc>) -> bool {
    let restarts = i32::try_from(pod.restarts).unwrap_or(i32::MAX);
    restarts > 0 && pod.arrived().is_some_and(|arrived| until - arrived > LONGEST_RESTART * restarts)
}

enum Success {
    /// After the last failure, in the first life.
    Seen,
    /// It had been well in between, and failed again at this time.
    Before(Moment),
    Never,
}

fn first_success(
    evidence: &Evidence,
    pod: &Pod,
    (timing, restarted): (Timing, Option<DateTime<Utc>>),
    failing: &Failing<'_>,
) -> Success {
    let &Failing { to: last, clock, .. } = failing;
    if let Some(again) = again_after_success(evidence, pod, timing, failing) {
        return Success::Before(again);
    }
    let first_life = |at: DateTime<Utc>| restarted.is_none_or(|ended| at <= ended);
    let silence = timing.silence();
    // It ran on and nothing more was said: the next probe succeeded.
    let ends = [restarted, pod.stopping, pod.last_seen, Some(evidence.window.to)];
    let ran_on = ends.into_iter().flatten().min().is_some_and(|end| end - last > silence);
    match pod.ready {
        Some((true, since)) if first_life(since) && since + ROUNDING >= last => Success::Seen,
        // It failed again after it had turned ready, too seldom to turn unready.
        Some((true, since)) if first_life(since) => {
            Success::Before(Moment::to_the_second(last).by(clock).begun_after(since))
        }
        Some((false, since)) if since > last + ROUNDING => Success::Seen,
        Some((false, _)) if was_never_ready(pod) => Success::Never,
        // The node lifecycle controller may have said so.
        Some((false, since)) => Success::Before(Moment::to_the_second(since)),
        _ if ran_on => Success::Seen,
        _ => Success::Never,
    }
}

/// When the pod failed anew, where its kubelet wrote that it had become ready between the first failure and the last.
fn again_after_success(evidence: &Evidence, pod: &Pod, timing: Timing, failing: &Failing<'_>) -> Option<Moment> {
    let of_this = |at: DateTime<Utc>| pod.created.is_none_or(|created| at + ROUNDING >= created);
    let within = |at: DateTime<Utc>| failing.from <= at && at <= failing.to + ROUNDING && of_this(at);
    let turns = evidence.topology.turns(failing.subject);
    let (place, ready) = turns.iter().enumerate().find(|(_, turn)| turn.ready && within(turn.at))?;
    let after = turns.iter().skip(place).find(|turn| !turn.ready && within(turn.at));
    match after {
        // It is not ready any more once the probe has failed as often as it may.
        Some(unready) => {
            let first = (unready.at - timing.failing_for()).max(ready.at);
            Some(Moment::to_the_second(unready.at).by(failing.clock).begun_after(first))
        }
        // It failed again too seldom for that.
        None if failing.to > ready.at + ROUNDING => {
            Some(Moment::to_the_second(failing.to).by(failing.clock).begun_after(ready.at))
        }
        None => None,
    }
}

/// When a probe asks and how long it waits (Kubernetes API reference, Probe).
#[derive(Clone, Copy)]
struct Timing {
    delay: i64,
    period: i64,
    timeout: i64,
    /// How often in a row it may fail.
    failures: i64,
    /// How long a startup probe may hold the others back.
    held_back: i64,
}

/// Seconds from one probe to the next where nothing else is said.
const DEFAULT_PERIOD: i64 = 10;

/// Nobody waits longer for a first probe, whatever a specification says.
const LONGEST: i64 = 24 * 3600;

impl Timing {
    /// As the pod's specification says. Where that is not there, probes ask as often as Kubernetes' own default, or as often
    /// as they are seen to fail.
    fn of(topology: &Topology, pod: &Pod, &Failing { container, probe, every, .. }: &Failing<'_>) -> Self {
        let spec = topology.spec_of(pod);
        let named = |one: &&crate::evidence::Container| container.is_none_or(|name| name == one.name);
        let found = spec.and_then(|spec| containers(spec).find(named));
        let field = |probe: Option<&Value>, name: &str, default: i64| {
            let value = probe.and_then(|probe| probe.get(name)).and_then(Value::as_i64);
            value.unwrap_or(default).clamp(0, LONGEST)
        };
        let of_probe = found.and_then(|found| match probe {
            "startup" => found.startup_probe.as_ref(),
            "liveness" => found.liveness_probe.as_ref(),
            _ => found.readiness_probe.as_ref(),
        });
        let startup = found.and_then(|found| found.startup_probe.as_ref()).filter(|_| probe != "startup");
        let held_back = startup.map_or(0, |startup| {
            let tries = field(Some(startup), "failureThreshold", 3);
            field(Some(startup), "initialDelaySeconds", 0) + tries * field(Some(startup), "periodSeconds", 10)
        });
        Self {
            delay: field(of_probe, "initialDelaySeconds", 0),
            period: match (of_probe, every) {
                (None, Some(every)) => every.num_seconds().clamp(1, DEFAULT_PERIOD),
                _ => field(of_probe, "periodSeconds", DEFAULT_PERIOD),
            },
            timeout: field(of_probe, "timeoutSeconds", 1),
            failures: field(of_probe, "failureThreshold", 3),
            held_back: held_back.min(LONGEST),
        }
    }

    /// By when the first probe has failed, if it fails.
    fn first_answer(self) -> TimeDelta {
        TimeDelta::seconds(self.delay + self.held_back + self.period + self.timeout)
    }

    /// From the first of its failures to the one that counts.
    fn until_it_counts(self) -> TimeDelta {
        TimeDelta::seconds(((self.failures - 1).max(0) * self.period).min(LONGEST))
    }

    /// How long before it counts as failed the first of its failures began at most.
    fn failing_for(self) -> TimeDelta {
        TimeDelta::seconds((self.failures * (self.period + self.timeout)).min(LONGEST)) + ROUNDING
    }

    /// Two failures further apart than this had a success between them.
    fn silence(self) -> TimeDelta {
        TimeDelta::seconds(2 * (self.period + self.timeout)) + ROUNDING
    }
}

/// Whether a probe failed, less often than it may, of a pod that has been ready since before: its condition would have
/// turned.
pub fn stayed_ready(pod: &Pod, signal: &Signal) -> bool {
    let since = pod.ready.filter(|(ready, _)| *ready).map(|(_, since)| since);
    signal.has(Role::ProbeFailure) && since.is_some_and(|since| since <= signal.from.time)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Its status tells the last start alone, and events of the first are gone.
    #[test]
    fn what_crashes_after_days_was_ready_and_what_crashes_since_it_came_was_not() {
        let at = |minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
        let crashing =
            |unready| Pod { created: Some(at(0)), ready: Some((false, at(unready))), restarts: 12, ..Pod::default() };
        assert!(!was_never_ready(&crashing(3 * 24 * 60)));
        assert!(was_never_ready(&crashing(45)));
        assert!(was_never_ready(&Pod { restarts: 0, ..crashing(45) }), "it waits for its first start");
        // Of one that turned not ready later than it came nothing says that it never served.
        assert!(is_unready_since_it_came(&crashing(0)));
        assert!(!is_unready_since_it_came(&crashing(45)));
    }
}
