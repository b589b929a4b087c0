//! Who failed, in which way, and with whom they are compared.
//!
//! A group are the cascades in which pods of one workload failed by the same signal: one trouble is not told apart into
//! as many as it has pods. In a group, pods that failed in different ways are different questions: those that were only
//! not ready may fail for others they depend on, those that wait for a node never ran, those that were killed did.
//! Healthy ones are pods of the same workload (its name without numbers, so that releases of a test are one), where any
//! of them was well and all that failed are of it; else those of the namespaces of the failing. Nobody counts who had
//! gone before the first of them failed, or came after the last, or was in any trouble at that time.

use super::super::Cascade;
use crate::evidence::{Pod, Topology};
use crate::model::{Severity, Subject};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, BTreeSet};

/// How a pod failed. The most telling of its signals counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It was not ready, and nothing else is known of it.
    Unready,
    /// No node took it.
    Waiting,
    /// A node took it, and it had not started long after.
    NotStarted,
    /// It was killed, evicted, ended, or kept from starting.
    Broken,
}

impl Way {
    /// What those that failed so are called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Unready => "pods that were not ready",
            Self::Waiting => "pods that waited for a node",
            Self::NotStarted => "pods that did not start in time",
            Self::Broken => "failing pods",
        }
    }

    fn of(signal: &Signal) -> Option<Self> {
        let is_seen_only = signal.has(Role::Detection) || signal.has(Role::OutsideCheck) || signal.has(Role::Client);
        if signal.severity < Severity::Warning || is_seen_only || pod_of(signal).is_none() {
            return None;
        }
        let is_ending = matches!(signal.variant(), Some("starting" | "ending"));
        match signal.has(Role::ProbeFailure) {
            true if is_ending => None,
            true if signal.variant() == Some("readiness") => Some(Self::Unready),
            _ if signal.has(Role::SchedulingFailure) => Some(Self::Waiting),
            _ => Some(Self::Broken),
        }
    }
}

/// The pod that a signal is about, itself or by a container.
pub fn pod_of(signal: &Signal) -> Option<Subject> {
    match signal.subject.kind() {
        "Pod" => Some(signal.subject.clone()),
        "Container" => {
            let (pod, _) = signal.subject.name().split_once('/')?;
            Some(Subject::pod(signal.subject.namespace()?, pod))
        }
        _ => None,
    }
}

/// Pods that failed in one way, and those that did not.
#[derive(Debug)]
pub struct Population<'a> {
    pub cascade: usize,
    pub way: Way,
    pub failing: Vec<&'a Pod>,
    pub healthy: Vec<&'a Pod>,
    /// Those of the failing, in order of onset.
    pub signals: Vec<usize>,
    /// All healthy ones are of the workload of the failing.
    pub is_workload: bool,
}

/// Pods in trouble, and when they were.
pub struct Troubles<'a> {
    topology: &'a Topology,
    signals: &'a [Signal],
    by_pod: BTreeMap<Subject, Vec<usize>>,
    /// Pods by namespace.
    namespaces: BTreeMap<&'a str, Vec<&'a Pod>>,
}

impl<'a> Troubles<'a> {
    pub fn new(topology: &'a Topology, signals: &'a [Signal]) -> Self {
        let mut by_pod: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
        for (index, signal) in signals.iter().enumerate() {
            if let (Some(_), Some(pod)) = (Way::of(signal), pod_of(signal)) {
                by_pod.entry(pod).or_default().push(index);
            }
        }
        let mut namespaces: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
        for pod in topology.pods() {
            namespaces.entry(&pod.namespace).or_default().push(pod);
        }
        Self { topology, signals, by_pod, namespaces }
    }

    /// All that can be compared, in order of cascade and way.
    pub fn populations(&self, cascades: &[Cascade]) -> Vec<Population<'a>> {
        let mut found = Vec::new();
        for (cascade, members) in self.groups(cascades) {
            let mut ways: BTreeMap<Way, Vec<(&'a Pod, Vec<usize>)>> = BTreeMap::new();
            for (pod, indexes) in self.failing(&members) {
                let own = indexes.iter().filter_map(|index| self.signals.get(*index));
                let Some(most) = own.clone().filter_map(Way::of).max() else { continue };
                let at = own.clone().map(|signal| signal.from.time).min().unwrap_or_default();
                let last = own.clone().map(|signal| signal.from.time).max().unwrap_or_default();
                let has_waited = own.clone().any(|signal| Way::of(signal) == Some(Way::Waiting));
                if let Some(pod) = self.topology.pod_at(&pod, at) {
                    // Whatever is said of a pod before a node took it is that it waits.
                    let is_waiting = has_waited && pod.scheduled_at.is_none_or(|taken| last < taken);
                    let way = if is_waiting { Way::Waiting } else { most };
                    ways.entry(way).or_default().push((pod, indexes));
                }
            }
            for (way, failing) in ways {
                found.extend(self.of_way((cascade, way), failing));
            }
            found.extend(self.not_started(cascade, &members));
        }
        found.sort_by_key(|one| (one.cascade, one.way));
        found
    }

    /// Cascades that tell the same trouble, by the first of them.
    fn groups(&self, cascades: &[Cascade]) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut same = UnionFind::<usize>::new(cascades.len());
        let mut first: BTreeMap<(Subject, &str), usize> = BTreeMap::new();
        for (number, cascade) in cascades.iter().enumerate() {
            for signal in cascade.signals.iter().filter_map(|index| self.signals.get(*index)) {
                let Some(pod) = pod_of(signal).filter(|_| Way::of(signal).is_some()) else { continue };
                let workload = self.topology.workload_of(&pod).unwrap_or(pod);
                let known = *first.entry((workload, &signal.name)).or_insert(number);
                same.union(known, number);
            }
        }
        let mut groups: BTreeMap<usize, (usize, BTreeSet<usize>)> = BTreeMap::new();
        for (number, cascade) in cascades.iter().enumerate() {
            let group = groups.entry(same.find(number)).or_insert((number, BTreeSet::new()));
            group.1.extend(cascade.signals.iter().copied());
        }
        groups.into_values().collect()
    }

    fn failing(&self, members: &BTreeSet<usize>) -> BTreeMap<Subject, Vec<usize>> {
        let mut failing: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
        for index in members {
            let Some(signal) = self.signals.get(*index).filter(|signal| Way::of(signal).is_some()) else { continue };
            pod_of(signal).into_iter().for_each(|pod| failing.entry(pod).or_default().push(*index));
        }
        failing
    }

    fn of_way(&self, (cascade, way): (usize, Way), failing: Vec<(&'a Pod, Vec<usize>)>) -> Vec<Population<'a>> {
        let whole = self.compared((cascade, way), &failing);
        let mut families: BTreeMap<String, Vec<(&'a Pod, Vec<usize>)>> = BTreeMap::new();
        for one in failing {
            families.entry(self.family(one.0)).or_default().push(one);
        }
        let apart = (families.len() > 1).then(|| families.into_values());
        let apart = apart.into_iter().flatten().map(|failing| self.compared((cascade, way), &failing));
        // Of workloads apart only what their own others tell: their namespace was asked for all of them.
        std::iter::once(whole).chain(apart.filter(|one| one.is_workload)).collect()
    }

    fn compared(&self, (cascade, way): (usize, Way), failing: &[(&'a Pod, Vec<usize>)]) -> Population<'a> {
        let mut signals: Vec<usize> = failing.iter().flat_map(|(_, indexes)| indexes.iter().copied()).collect();
        signals.sort_unstable();
        let onsets = failing.iter().filter_map(|(_, indexes)| {
            let own = indexes.iter().filter_map(|index| self.signals.get(*index));
            own.filter(|signal| Way::of(signal).is_some()).map(|signal| signal.from.time).min()
        });
        let span = onsets.clone().min().zip(onsets.max());
        let failing: Vec<&Pod> = failing.iter().map(|(pod, _)| *pod).collect();
        let (healthy, is_workload) = span.map_or((Vec::new(), false), |span| self.healthy(&failing, span));
        Population { cascade, way, failing, healthy, signals, is_workload }
    }

    /// Those to compare with, and whether they are of the same workload.
    fn healthy(&self, failing: &[&'a Pod], span: (DateTime<Utc>, DateTime<Utc>)) -> (Vec<&'a Pod>, bool) {
        let ill: BTreeSet<(&str, &str, &str)> = failing.iter().map(|pod| key(pod)).collect();
        let namespaces: BTreeSet<&str> = failing.iter().map(|pod| pod.namespace.as_str()).collect();
        let all = namespaces.iter().filter_map(|namespace| self.namespaces.get(namespace)).flatten().copied();
        let well: Vec<&Pod> = all.filter(|pod| !ill.contains(&key(pod)) && self.is_well(pod, span)).collect();
        let families: BTreeSet<String> = failing.iter().map(|pod| self.family(pod)).collect();
        let own: Vec<&Pod> = well.iter().copied().filter(|pod| families.contains(&self.family(pod))).collect();
        if families.len() == 1 && !own.is_empty() { (own, true) } else { (well, false) }
    }

    /// Whether it was there meanwhile, and in no trouble that is known.
    fn is_well(&self, pod: &Pod, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> bool {
        let subject = pod.subject();
        let had_come = pod.created.or(pod.arrived()).is_some_and(|at| at <= to);
        let finished = pod.object.as_ref().and_then(|object| object.finished);
        let seen_last = if pod.object.is_none() { pod.last_seen } else { None };
        let left = [finished, seen_last, pod.stopping].into_iter().flatten().min();
        let was_there = had_come && left.is_none_or(|at| at > from);
        let own = self.by_pod.get(&subject).into_iter().flatten().filter_map(|index| self.signals.get(*index));
        let is_ill = |signal: &Signal| signal.from.time <= to && signal.last_seen() >= from || signal.until().is_none();
        let is_late = is_not_started(pod) && arrived_by(pod, to);
        was_there && !is_late && !own.into_iter().any(is_ill)
    }

    /// Pods that a node took and that had no start, where a node did not serve in the same cascade.
    fn not_started(&self, cascade: usize, members: &BTreeSet<usize>) -> Option<Population<'a>> {
        let unready = members.iter().filter_map(|index| Some((*index, self.signals.get(*index)?)));
        let unready: Vec<(usize, &Signal)> =
            unready.filter(|(_, signal)| signal.subject.is("Node") && signal.has(Role::NodeUnready)).collect();
        let ended = unready.iter().map(|(_, signal)| signal.last_seen()).max()?;
        let others = members.iter().filter_map(|index| pod_of(self.signals.get(*index)?));
        let mut namespaces: BTreeSet<String> = others.filter_map(|pod| pod.namespace().map(str::to_owned)).collect();
        namespaces.extend(self.late_before(ended).map(|pod| pod.namespace.clone()));
        let failing: Vec<&Pod> = self.late_before(ended).filter(|pod| namespaces.contains(&pod.namespace)).collect();
        let came = failing.iter().filter_map(|pod| pod.arrived());
        let span = came.clone().min().zip(came.max())?;
        let (mut healthy, is_workload) = self.healthy(&failing, span);
        // A pod that came earlier had its start behind it.
        healthy.retain(|pod| pod.arrived().is_some_and(|at| at >= span.0 - A_MOMENT));
        let signals = unready.into_iter().map(|(index, _)| index).collect();
        Some(Population { cascade, way: Way::NotStarted, failing, healthy, signals, is_workload })
    }

    fn late_before(&self, ended: DateTime<Utc>) -> impl Iterator<Item = &'a Pod> {
        self.topology.pods().iter().filter(move |pod| is_not_started(pod) && arrived_by(pod, ended))
    }

    /// Namespace and workload without numbers.
    fn family(&self, pod: &Pod) -> String {
        let workload = self.topology.workload_of_pod(pod).map_or_else(|| pod.name.clone(), |one| one.name().to_owned());
        let mut family = format!("{}/", pod.namespace);
        for character in workload.chars() {
            match character.is_ascii_digit() {
                true if family.ends_with('*') => {}
                true => family.push('*'),
                false => family.push(character),
            }
        }
        family
    }
}

fn key(pod: &Pod) -> (&str, &str, &str) {
    (&pod.namespace, &pod.name, &pod.uid)
}

fn arrived_by(pod: &Pod, at: DateTime<Utc>) -> bool {
    pod.arrived().is_some_and(|came| came <= at)
}

/// Pods of one release come within this.
const A_MOMENT: TimeDelta = TimeDelta::seconds(1);

/// Twice what 99 of 100 pods take whose images are there (Kubernetes scalability SLOs, pod startup latency: 5 s).
const LATE: TimeDelta = TimeDelta::seconds(10);

/// A node took it, and its first container started long after, or it was told to end long after and none had.
fn is_not_started(pod: &Pod) -> bool {
    let (Some(_), Some(taken)) = (&pod.node, pod.scheduled_at) else { return false };
    pod.started.times().min().or(pod.stopping).is_some_and(|at| at - taken >= LATE)
}

/// Whether its first container started as soon as usual.
pub fn has_started_in_time(pod: &Pod) -> bool {
    pod.started.times().next().is_some() && !is_not_started(pod)
}
