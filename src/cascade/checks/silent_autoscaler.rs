//! An autoscaler of nodes is there, a pod waits for a node, and nothing says that it took notice.
//!
//! cluster-autoscaler 1.30, FAQ: it asks for nodes within 30 seconds, in large clusters 60, of a pod being unschedulable,
//! and tells with an event of the pod where it does and where it does not (TriggeredScaleUp, NotTriggerScaleUp). Pods of
//! DaemonSets, and those of a priority below -10, it passes over. Said only where all events came whole, and no longer
//! ago than they are kept.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Container, Pod, containers};
use crate::model::{Citation, Subject, rfc3339};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};

pub const CHECK: Check =
    Check { id: "silent-autoscaler", class: FactorClass::Amplifier, roles: &[Role::SchedulingFailure], find };

/// Twice as long as it takes to answer in a large cluster.
const ANSWERED_BY: TimeDelta = TimeDelta::minutes(2);

/// How long API servers keep events (`--event-ttl`).
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Pods below are passed over (`--expendable-pods-priority-cutoff`).
const CUTOFF: i64 = -10;

fn find(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let Some(fetched) = topology.events_came_whole() else { return Vec::new() };
    let Some((autoscaler, record)) = autoscaler(case) else { return Vec::new() };
    let waits = |(index, signal): (usize, &Signal)| {
        let pod = topology.pod_at(&signal.subject, signal.from.time)?;
        let until = pod.scheduled_at.filter(|taken| *taken > signal.from.time).unwrap_or(fetched).min(fetched);
        let is_long = until - signal.from.time >= ANSWERED_BY && fetched - signal.from.time <= KEPT;
        (is_long && is_considered(case, pod) && !has_spoken(case, signal.from.time, until)).then_some((index, until))
    };
    let waiting: Vec<(usize, DateTime<Utc>)> =
        case.each(&[Role::SchedulingFailure]).into_iter().filter_map(waits).collect();
    let Some((first, until)) = waiting.first().copied() else { return Vec::new() };
    let Some(signal) = case.signal(first) else { return Vec::new() };
    let more = match waiting.len() - 1 {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let statement = format!(
        "{autoscaler} neither asked for a node nor said why not, while {}{more} waited for one, from {} to {}: all events were asked for, and none of it is among them",
        signal.subject,
        rfc3339(signal.from.time),
        rfc3339(until)
    );
    let remedy = format!("An alert fires when {autoscaler} tells nothing for minutes of a pod that waits for a node");
    let signals = waiting.into_iter().map(|(index, _)| index).collect();
    vec![Found::new(statement, signals).by(case, record).mended(remedy)]
}

/// The workload that runs the cluster's autoscaler, known by its program or its image.
fn autoscaler(case: &Case<'_>) -> Option<(Subject, Option<Citation>)> {
    let is_called = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.split([':', '@']).next() == Some("cluster-autoscaler")
    };
    let runs =
        |one: &Container| is_called(&one.image) || one.command.iter().chain(&one.args).any(|word| is_called(word));
    let all = case.scene.topology.workloads().filter(|(subject, _)| !subject.is("ReplicaSet"));
    let mut all = all.filter(|(_, known)| known.replicas != Some(0) && containers(&known.template).any(runs));
    all.next().map(|(subject, known)| (subject.clone(), known.citation))
}

fn is_considered(case: &Case<'_>, pod: &Pod) -> bool {
    let topology = case.scene.topology;
    let class = topology.spec_of(pod).map(|spec| spec.priority_class_name.as_str()).unwrap_or_default();
    let is_low = topology.priority(class).is_some_and(|priority| priority.value < CUTOFF);
    !is_low && !pod.owner.as_ref().is_some_and(|owner| owner.is("DaemonSet"))
}

/// Whether it told of anything meanwhile, of whatever pod.
fn has_spoken(case: &Case<'_>, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
    let of = |role| case.scene.index.all(role).into_iter().flat_map(move |all| all.between(from, to)).next().is_some();
    of(Role::ScaleUp) || of(Role::NoScaleUp)
}
