//! Delayed execution of an old change: configuration was written, and nothing followed, because the pods that ran had
//! read theirs before; the first to start afterwards failed.
//!
//! Its parts: a write of configuration that a workload's pods read; pods of it that had started before the write and
//! stayed well; a first pod after it that failed soon after its start, later than mounted files take to follow a
//! write; and no new template between, which would explain it better.
//!
//! Source: kubernetes documentation, ConfigMaps ("environment variables are not updated automatically and require a pod
//! restart"; mounted ones follow within the kubelet's sync period and the delay of its cache, a minute each).

use super::Motif;
use super::sight::{One, Sight, clock, listed};
use crate::evidence::{Pod, configuration_of};
use crate::model::{Citation, Severity, Subject, length};
use crate::signals::Role;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "delayed-execution";

/// Mounted files have followed a write by then.
const FOLLOWED: TimeDelta = TimeDelta::minutes(2);
/// What fails for what it read at its start does so within this.
const AT_ITS_START: TimeDelta = TimeDelta::minutes(5);

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut written: BTreeMap<&Subject, Vec<One<'_>>> = BTreeMap::new();
    for one in sight.with(&[Role::ConfigChange]) {
        written.entry(&one.1.subject).or_default().push(one);
    }
    if written.is_empty() {
        return Vec::new();
    }
    let failed = failed_starts(sight);
    let of = |(workload, pods): (&Subject, &Vec<One<'_>>)| {
        let known = sight.scene.topology.workload(workload)?;
        let read = configuration_of(&known.template, workload.namespace().unwrap_or_default());
        let mut writes = read.iter().filter_map(|one| written.get(one)).flatten();
        writes.find_map(|write| motif(sight, *write, (workload, pods)))
    };
    failed.iter().filter_map(of).collect()
}

/// The first failure of each pod that failed at its start, by workload.
fn failed_starts<'a>(sight: &Sight<'a>) -> BTreeMap<Subject, Vec<One<'a>>> {
    let mut found: BTreeMap<Subject, Vec<One<'a>>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for one in sight.with(&[Role::RestartBackoff, Role::PodFailed, Role::Unready]) {
        let ended = one.1.severity >= Severity::Error && !one.1.has(Role::Gone) && !one.1.has(Role::MemoryKill);
        if !one.1.subject.is("Pod") || !ended || one.1.has(Role::NodeUnready) || one.1.has(Role::ProbeFailure) {
            continue;
        }
        let Some(pod) = sight.scene.topology.pod_at(&one.1.subject, one.1.from.time) else { continue };
        let is_at_start = pod.arrived().is_some_and(|at| one.1.from.time - at <= AT_ITS_START);
        if is_at_start && seen.insert(&one.1.subject) {
            found.entry(sight.workload(&one.1.subject)).or_default().push(one);
        }
    }
    found
}

fn motif(sight: &Sight<'_>, write: One<'_>, (workload, failed): (&Subject, &[One<'_>])) -> Option<Motif> {
    let topology = sight.scene.topology;
    let written = write.1.from.time;
    let arrived = |one: &One<'_>| topology.pod_at(&one.1.subject, one.1.from.time).and_then(Pod::arrived);
    let (first, start) = failed.iter().filter_map(|one| Some((*one, arrived(one)?))).min_by_key(|(_, at)| *at)?;
    // Whatever had come between and stayed well had read it too.
    let mut pods = topology.pods_of_workload(workload).filter_map(|pod| Some((pod, pod.arrived()?)));
    let is_between = pods.any(|(_, at)| at > written && at < start);
    let before: Vec<&Pod> =
        topology.pods_of_workload(workload).filter(|pod| pod.arrived().is_some_and(|at| at <= written)).collect();
    let was_well = |pod: &&Pod| was_there(pod, written) && is_well_between(sight, pod, (written, start));
    if start - written < FOLLOWED
        || is_between
        || !before.iter().any(was_well)
        || has_new_template(sight, workload, (written, start))
    {
        return None;
    }
    let what = write.1.label("what").unwrap_or("was written");
    let names: Vec<&str> = failed.iter().map(|(_, one)| one.subject.name()).collect();
    let statement = format!(
        "An old change may have acted only later: {}, which the pods of {workload} read, was written at {} ({what}); those that ran then \
         had started before it and stayed well. The first to start after it came {} later ({}), and failed: {}",
        write.1.subject,
        clock(written),
        length(start - written),
        listed(names),
        first.1.title,
    );
    let records: Vec<Citation> = before.iter().filter_map(|pod| pod.last_record).take(1).collect();
    let all: Vec<One<'_>> = std::iter::once(write).chain(failed.iter().copied()).collect();
    Some(sight.motif(NAME, statement, &all, &records))
}

fn was_there(pod: &Pod, at: DateTime<Utc>) -> bool {
    pod.object.is_some() || pod.last_seen.is_some_and(|seen| seen > at)
}

/// Whether nothing hurt a pod between two times.
fn is_well_between(sight: &Sight<'_>, pod: &Pod, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> bool {
    let is_hurt = |(_, one): One<'_>| {
        one.severity >= Severity::Warning && one.from.time >= from && one.from.time < to - TimeDelta::seconds(5)
    };
    !sight.of(Role::Unready, &pod.subject()).into_iter().any(is_hurt)
}

/// Whether a new template was brought between, which its pods differ by.
fn has_new_template(sight: &Sight<'_>, workload: &Subject, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> bool {
    let is_between = |(_, one): One<'_>| one.from.time > from && one.from.time <= to + TimeDelta::seconds(1);
    [Role::SpecChange, Role::Rollout].iter().any(|role| sight.of(*role, workload).into_iter().any(is_between))
}
