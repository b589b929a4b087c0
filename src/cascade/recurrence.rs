//! The same trouble again, or of copies of the same at one time: one cascade, which begins with its first time.
//!
//! Nothing leads from one time to the next, so these are no edges; they only keep together what belongs together.

use super::{Edge, family};
use crate::evidence::Topology;
use crate::model::Subject;
use crate::signals::{LONGEST_RESTART, Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of signals, each with the next time: kills of one pod at its own limit, as it is started anew and grows as before;
/// pods of one Job that failed, and runs of one CronJob, one after the other; what was seen of a subject again, and what
/// began alike of copies of one pod, where nothing else led to it; what one quota refused.
pub(super) fn find(topology: &Topology, signals: &[Signal], edges: &[Edge]) -> Vec<(usize, usize)> {
    let mut found = kills(signals);
    found.extend(unexplained_again(signals, edges));
    found.extend(alike(topology, signals, edges));
    found.extend(refused_by_one_quota(signals));
    let runs = Runs::new(topology, signals, edges);
    found.extend(runs.tries());
    found.extend(runs.failed());
    found
}

fn kills(signals: &[Signal]) -> Vec<(usize, usize)> {
    let mut kills: BTreeMap<&str, Vec<(DateTime<Utc>, usize)>> = BTreeMap::new();
    let at_its_limit = |signal: &Signal| signal.has(Role::MemoryKill) && signal.label("scope") == Some("container");
    for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| at_its_limit(signal)) {
        let pod = signal.label("victim_uid");
        pod.into_iter().for_each(|pod| kills.entry(pod).or_default().push((signal.from.time, index)));
    }
    let mut found = Vec::new();
    for times in kills.values_mut() {
        times.sort_unstable();
        let pairs = times.iter().zip(times.iter().skip(1));
        found.extend(pairs.filter(|((a, _), (b, _))| *b - *a <= LONGEST_RESTART).map(|((_, a), (_, b))| (*a, *b)));
    }
    found
}

/// What is seen again within this of the last time goes on.
const GOES_ON: TimeDelta = TimeDelta::minutes(30);

/// The harm to which nothing is known to have led, each with the last of the same name and subject. The kernel of a node
/// kills now one, now another.
fn unexplained_again(signals: &[Signal], edges: &[Edge]) -> Vec<(usize, usize)> {
    let explained: BTreeSet<usize> = edges.iter().map(|edge| edge.to).collect();
    let mut last: BTreeMap<(&Subject, &str), (DateTime<Utc>, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    let may_go_on = |signal: &Signal| signal.is_harm() && !signal.has(Role::MemoryKill);
    for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| may_go_on(signal)) {
        // By its last record: a state that nobody ended need not have lasted until the next of its kind.
        let now = (signal.last.max(signal.from.time), index);
        let before = last.insert((&signal.subject, &signal.name), now);
        let goes_on = before.filter(|(seen, _)| signal.from.time - *seen <= GOES_ON && !explained.contains(&index));
        found.extend(goes_on.map(|(_, before)| (before, index)));
    }
    found
}

/// Copies of one pod that meet the same trouble meet it within this, as probes come every ten seconds and fail three
/// times unless said otherwise (documentation, Configure Probes), and calls time out within a minute or two.
const AT_ONCE: TimeDelta = TimeDelta::minutes(2);

/// What began alike of copies of one pod at one time, and has no cause on record: what it was is the same for all. Each
/// with the first of them.
fn alike(topology: &Topology, signals: &[Signal], edges: &[Edge]) -> Vec<(usize, usize)> {
    let explained: BTreeSet<usize> = edges.iter().map(|edge| edge.to).collect();
    let leads: BTreeSet<usize> = edges.iter().map(|edge| edge.from).collect();
    let begins = |index: usize, signal: &Signal| {
        let is_trouble = signal.is_harm() || signal.has(Role::OwnWords) && leads.contains(&index);
        is_trouble && !explained.contains(&index)
    };
    let mut firsts: BTreeMap<(String, &str), (DateTime<Utc>, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for (index, signal) in signals.iter().enumerate().filter(|(index, signal)| begins(*index, signal)) {
        let Some(pod) = whose(topology, signal) else { continue };
        let now = (signal.from.time, index);
        let first = firsts.entry((family::of_pod(topology, &pod), &signal.name)).or_insert(now);
        if now.0 - first.0 > AT_ONCE {
            *first = now;
        } else if first.1 != index {
            found.push((first.1, index));
        }
    }
    found
}

/// What a quota refused, each with what it refused before: whoever asks, it counts all of its namespace (documentation,
/// Resource Quotas).
fn refused_by_one_quota(signals: &[Signal]) -> Vec<(usize, usize)> {
    let mut last: BTreeMap<(&str, &str), (DateTime<Utc>, usize)> = BTreeMap::new();
    let mut found = Vec::new();
    for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| signal.is_harm()) {
        let Some(quota) = signal.subject.namespace().zip(signal.label("quota")) else { continue };
        let now = (signal.last_seen().max(signal.from.time), index);
        let before = last.insert(quota, now);
        found.extend(before.filter(|(seen, _)| signal.from.time - *seen <= GOES_ON).map(|(_, before)| (before, index)));
    }
    found
}

/// The pod that a signal is about: a kill at a container's own limit is told by the kernel of the node, and is the pod's.
fn whose(topology: &Topology, signal: &Signal) -> Option<Subject> {
    if signal.subject.is("Pod") {
        return Some(signal.subject.clone());
    }
    let own = signal.has(Role::MemoryKill) && signal.label("scope") == Some("container");
    let uid = signal.label("victim_uid").filter(|_| own)?.replace('_', "-");
    Some(topology.pod_by_uid(&uid)?.subject())
}

/// Jobs that failed, and what led to that.
struct Runs<'a> {
    topology: &'a Topology,
    signals: &'a [Signal],
    causes: BTreeMap<usize, Vec<usize>>,
}

impl<'a> Runs<'a> {
    fn new(topology: &'a Topology, signals: &'a [Signal], edges: &[Edge]) -> Self {
        let mut causes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        edges.iter().for_each(|edge| causes.entry(edge.to).or_default().push(edge.from));
        Self { topology, signals, causes }
    }

    /// Pods of one Job that failed, each with the one before it, where nothing but what pods of that Job met led to it.
    fn tries(&self) -> Vec<(usize, usize)> {
        let mut last: BTreeMap<&Subject, usize> = BTreeMap::new();
        let mut found = Vec::new();
        for (index, signal) in self.in_time(|signal| signal.has(Role::PodFailed)) {
            let pod = self.topology.pod_at(&signal.subject, signal.from.time);
            let Some(job) = pod.and_then(|pod| pod.owner.as_ref()).filter(|owner| owner.is("Job")) else { continue };
            let before = last.insert(job, index);
            found.extend(before.into_iter().flat_map(|before| self.after(before, job, index)));
        }
        found
    }

    /// Jobs of one family that failed, each with the one that failed before it, where nothing but what its own pods met
    /// led to it: runs of a CronJob of which none was done in between, and others soon after each other, as they may run
    /// side by side.
    fn failed(&self) -> Vec<(usize, usize)> {
        let mut last: BTreeMap<String, (DateTime<Utc>, usize)> = BTreeMap::new();
        let mut found = Vec::new();
        let is_over = |signal: &Signal| signal.has(Role::JobOver) || signal.has(Role::JobDone);
        for (index, signal) in self.in_time(|signal| signal.subject.is("Job") && is_over(signal)) {
            let family = family::of_job(self.topology, &signal.subject);
            let is_run = self.topology.top_of(&signal.subject) != &signal.subject;
            if signal.has(Role::JobDone) {
                if is_run {
                    last.remove(&family);
                }
                continue;
            }
            let at = signal.from.time;
            let before = last.insert(family, (at, index)).filter(|(seen, _)| is_run || at - *seen <= GOES_ON);
            found.extend(before.into_iter().flat_map(|(_, before)| self.after(before, &signal.subject, index)));
        }
        found
    }

    fn in_time(&self, is_wanted: impl Fn(&Signal) -> bool) -> Vec<(usize, &'a Signal)> {
        let wanted = self.signals.iter().enumerate().filter(|(_, signal)| is_wanted(signal));
        let mut found: Vec<(usize, &Signal)> = wanted.collect();
        found.sort_by_key(|(index, signal)| (signal.from.time, *index));
        found
    }

    /// What a failure of a Job began with, each after the one before; nothing where another than its own pods met it.
    fn after(&self, before: usize, job: &Subject, failure: usize) -> Vec<(usize, usize)> {
        let is_made_by = |pod: Subject| self.topology.pods_named(&pod).any(|one| one.owner.as_ref() == Some(job));
        let of_run = |subject: &Subject| subject == job || subject.its_pod().is_some_and(is_made_by);
        let (mut open, mut seen, mut began) = (vec![failure], BTreeSet::from([failure, before]), Vec::new());
        while let Some(effect) = open.pop() {
            if self.signals.get(effect).is_some_and(|signal| !of_run(&signal.subject)) {
                return Vec::new();
            }
            let causes = self.causes.get(&effect).map(Vec::as_slice).unwrap_or_default();
            if causes.is_empty() {
                began.push((before, effect));
            }
            open.extend(causes.iter().copied().filter(|cause| seen.insert(*cause)));
        }
        began
    }
}
