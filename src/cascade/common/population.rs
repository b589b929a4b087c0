//! Who failed, in which way, and with whom they are compared.
//!
//! A group are the cascades in which pods of one workload failed by the same signal: one trouble is not told apart into
//! as many as it has pods. In a group, pods that failed in different ways are different questions: those that were only
//! not ready may fail for others they depend on, those that wait for a node never ran, those that were killed did; one
//! that waited first and was killed later is part of both. To wait for a moment and be served is no failure.
//! What failed in the same way in several groups is asked for all of them once more (`alike.rs`), and those that failed
//! for no trouble of others are asked apart from those that did (`followers.rs`).
//! Healthy ones are pods of the same workload (its name without numbers, so that releases of a test are one), where any
//! of them was well and all that failed are of it. Where that is not so, or tells nothing, they are those of the
//! namespaces of the failing. Nobody counts who had gone before the first of them failed, or had no node by the last, or
//! was in any trouble at that time; nor who was replaced meanwhile, as the one in its place is asked instead.

use super::super::Cascade;
use super::alike;
use crate::evidence::{Pod, Topology};
use crate::model::{Severity, Subject, starred};
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
        if signal.severity < Severity::Warning || is_seen_only || signal.subject.its_pod().is_none() {
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

/// When several failed.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// When the first of them began to.
    from: DateTime<Utc>,
    /// When the last of them did.
    to: DateTime<Utc>,
    /// The last sign that one of them did.
    end: DateTime<Utc>,
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
    /// Of each of the failing is told that it could not start.
    pub could_not_start: bool,
}

/// Pods in trouble, and when they were.
pub struct Troubles<'a> {
    topology: &'a Topology,
    signals: &'a [Signal],
    by_pod: BTreeMap<Subject, Vec<usize>>,
    /// Pods by namespace.
    namespaces: BTreeMap<&'a str, Vec<&'a Pod>>,
    /// When pods of each workload came, in order.
    arrivals: BTreeMap<Subject, BTreeSet<DateTime<Utc>>>,
    /// The signals that trouble of others led to.
    followers: BTreeSet<usize>,
}

impl<'a> Troubles<'a> {
    pub fn new(topology: &'a Topology, signals: &'a [Signal], followers: BTreeSet<usize>) -> Self {
        let mut by_pod: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
        for (index, signal) in signals.iter().enumerate() {
            if let (Some(_), Some(pod)) = (Way::of(signal), signal.subject.its_pod()) {
                by_pod.entry(pod).or_default().push(index);
            }
        }
        let mut namespaces: BTreeMap<&str, Vec<&Pod>> = BTreeMap::new();
        let mut arrivals: BTreeMap<Subject, BTreeSet<DateTime<Utc>>> = BTreeMap::new();
        for pod in topology.pods() {
            namespaces.entry(&pod.namespace).or_default().push(pod);
            if let (Some(workload), Some(came)) = (topology.workload_of_pod(pod), pod.created.or(pod.arrived())) {
                arrivals.entry(workload).or_default().insert(came);
            }
        }
        Self { topology, signals, by_pod, namespaces, arrivals, followers }
    }

    /// All that can be compared, in order of cascade and way. Of each, those to try in turn until one tells something.
    /// At most so many are asked; of a pod that failed alone there is nothing to ask but of its own workload.
    pub fn populations(&self, cascades: &[Cascade], most: usize) -> Vec<Vec<Population<'a>>> {
        let mut found = Vec::new();
        let groups = self.groups(cascades);
        for (cascade, members) in &groups {
            if found.len() >= most {
                break;
            }
            for (way, failing) in self.by_way(members) {
                found.extend(self.first((*cascade, way), &failing).map(|one| vec![one]));
                found.extend(self.of_way((*cascade, way), failing));
            }
            found.extend(self.not_started(*cascade, members).map(|one| vec![one]));
        }
        for (cascade, members) in alike::groups(self.signals, &groups).into_iter().take(MOST_ALIKE) {
            for (way, failing) in self.by_way(&members) {
                found.extend((failing.len() > 1).then(|| vec![self.compared((cascade, way), &failing, None)]));
            }
        }
        found.truncate(most);
        found.sort_by_key(|alternatives| alternatives.first().map(|one| (one.cascade, one.way)));
        found
    }

    /// The pods that some signals are about, by the ways in which they failed.
    fn by_way(&self, members: &BTreeSet<usize>) -> BTreeMap<Way, Vec<(&'a Pod, Vec<usize>)>> {
        let mut ways: BTreeMap<Way, Vec<(&'a Pod, Vec<usize>)>> = BTreeMap::new();
        for (pod, indexes) in self.failing(members) {
            let at = indexes.iter().filter_map(|index| self.signals.get(*index)).map(|signal| signal.from.time).min();
            let Some(pod) = self.topology.pod_at(&pod, at.unwrap_or_default()) else { continue };
            for (way, indexes) in self.ways(pod, indexes) {
                ways.entry(way).or_default().push((pod, indexes));
            }
        }
        ways
    }

    /// In which ways a pod failed, with the signals of each. Whatever is said of one before a node took it is that it
    /// waits.
    fn ways(&self, pod: &Pod, indexes: Vec<usize>) -> BTreeMap<Way, Vec<usize>> {
        let of = |index: &usize| self.signals.get(*index);
        let has_waited = indexes.iter().filter_map(of).any(|signal| Way::of(signal) == Some(Way::Waiting));
        let (waiting, later): (Vec<usize>, Vec<usize>) = indexes.into_iter().partition(|index| {
            let is_early = |signal: &Signal| pod.scheduled_at.is_none_or(|taken| signal.from.time < taken);
            has_waited && of(index).is_some_and(|one| Way::of(one) == Some(Way::Waiting) || is_early(one))
        });
        let mut ways = BTreeMap::new();
        if waiting.iter().filter_map(of).any(|signal| !is_brief(pod, signal)) {
            ways.insert(Way::Waiting, waiting);
        }
        let most = later.iter().filter_map(of).filter_map(Way::of).max();
        if let Some(most) = most.filter(|most| ways.is_empty() || *most != Way::Unready) {
            ways.insert(most, later);
        }
        ways
    }

    /// Cascades that tell the same trouble, by the first of them.
    fn groups(&self, cascades: &[Cascade]) -> BTreeMap<usize, BTreeSet<usize>> {
        let mut same = UnionFind::<usize>::new(cascades.len());
        let mut first: BTreeMap<(Subject, &str), usize> = BTreeMap::new();
        for (number, cascade) in cascades.iter().enumerate() {
            for signal in cascade.signals.iter().filter_map(|index| self.signals.get(*index)) {
                let Some(pod) = signal.subject.its_pod().filter(|_| Way::of(signal).is_some()) else { continue };
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
            signal.subject.its_pod().into_iter().for_each(|pod| failing.entry(pod).or_default().push(*index));
        }
        failing
    }

    fn of_way(&self, (cascade, way): (usize, Way), failing: Vec<(&'a Pod, Vec<usize>)>) -> Vec<Vec<Population<'a>>> {
        let mut families: BTreeMap<String, Vec<(&'a Pod, Vec<usize>)>> = BTreeMap::new();
        for one in &failing {
            families.entry(self.family(one.0)).or_default().push(one.clone());
        }
        let wide = (failing.len() > 1).then(|| self.compared((cascade, way), &failing, None));
        // Each looks at all pods of its namespace, so of very many the largest are asked.
        let mut largest: Vec<_> = families.iter().collect();
        largest.sort_by_key(|(_, failing)| std::cmp::Reverse(failing.len()));
        let apart = largest.into_iter().take(MOST_FAMILIES).filter_map(|(family, failing)| {
            let within = self.compared((cascade, way), failing, Some(family));
            (!within.healthy.is_empty()).then_some(within)
        });
        let apart: Vec<Population<'a>> = apart.collect();
        if families.len() == 1 {
            let alternatives: Vec<Population<'a>> = apart.into_iter().chain(wide).collect();
            return (!alternatives.is_empty()).then_some(alternatives).into_iter().collect();
        }
        // Of workloads apart only what their own others tell: their namespace was asked for all of them.
        wide.into_iter().chain(apart).map(|one| vec![one]).collect()
    }

    /// Those that failed for no trouble of others, where several did and not all. That pods of several workloads are not
    /// ready, and no link leads to that from others, counts as a failure of their own.
    fn first(&self, (cascade, way): (usize, Way), failing: &[(&'a Pod, Vec<usize>)]) -> Option<Population<'a>> {
        let is_first = |(_, indexes): &&(&Pod, Vec<usize>)| indexes.iter().all(|one| !self.followers.contains(one));
        let first: Vec<(&'a Pod, Vec<usize>)> = failing.iter().filter(is_first).cloned().collect();
        let families: BTreeSet<String> = first.iter().map(|(pod, _)| self.family(pod)).collect();
        let way = if families.len() > 1 { way.max(Way::Broken) } else { way };
        (first.len() > 1 && first.len() < failing.len()).then(|| self.compared((cascade, way), &first, None))
    }

    /// These beside those of a family, or beside all of their namespaces.
    fn compared(
        &self,
        (cascade, way): (usize, Way),
        failing: &[(&'a Pod, Vec<usize>)],
        family: Option<&str>,
    ) -> Population<'a> {
        let mut signals: Vec<usize> = failing.iter().flat_map(|(_, indexes)| indexes.iter().copied()).collect();
        signals.sort_unstable();
        let onsets = failing.iter().filter_map(|(_, indexes)| {
            let own = indexes.iter().filter_map(|index| self.signals.get(*index));
            own.filter(|signal| Way::of(signal).is_some()).map(|signal| signal.from.time).min()
        });
        let lasts = signals.iter().filter_map(|index| self.signals.get(*index)).map(Signal::last_seen).max();
        let span = onsets.clone().min().zip(onsets.max());
        let span = span.map(|(from, to)| Span { from, to, end: lasts.map_or(to, |last| last.max(to)) });
        let is_start = |index: &usize| self.signals.get(*index).is_some_and(is_of_start);
        let could_not_start = failing.iter().all(|(_, indexes)| indexes.iter().any(is_start));
        let failing: Vec<&Pod> = failing.iter().map(|(pod, _)| *pod).collect();
        let mut healthy = span.map_or(Vec::new(), |span| self.healthy(&failing, span));
        healthy.retain(|pod| family.is_none_or(|family| self.family(pod) == family));
        Population { cascade, way, failing, healthy, signals, is_workload: family.is_some(), could_not_start }
    }

    /// Those to compare with: of their namespaces, and well meanwhile.
    fn healthy(&self, failing: &[&'a Pod], span: Span) -> Vec<&'a Pod> {
        let ill: BTreeSet<(&str, &str, &str)> = failing.iter().map(|pod| key(pod)).collect();
        let namespaces: BTreeSet<&str> = failing.iter().map(|pod| pod.namespace.as_str()).collect();
        let all = namespaces.iter().filter_map(|namespace| self.namespaces.get(namespace)).flatten().copied();
        all.filter(|pod| !ill.contains(&key(pod)) && self.is_well(pod, span)).collect()
    }

    /// Whether it was there meanwhile, and in no trouble that is known, as long as theirs lasted.
    fn is_well(&self, pod: &Pod, Span { from, to, end }: Span) -> bool {
        let subject = pod.subject();
        let finished = pod.object.as_ref().and_then(|object| object.finished);
        let seen_last = if pod.object.is_none() { pod.last_seen } else { None };
        let left = [finished, seen_last, pod.stopping].into_iter().flatten().min();
        let was_there = has_come(pod, to) && left.is_none_or(|at| at > from);
        let own = self.by_pod.get(&subject).into_iter().flatten().filter_map(|index| self.signals.get(*index));
        let is_ill =
            |signal: &Signal| signal.from.time <= end && signal.last_seen() >= from || signal.until().is_none();
        let is_late = is_not_started(pod) && arrived_by(pod, to);
        let is_replaced = || pod.stopping.is_some_and(|at| at <= to && self.is_replaced(pod, at));
        was_there && !is_late && !own.into_iter().any(|one| !is_brief(pod, one) && is_ill(one)) && !is_replaced()
    }

    /// Whether its workload made another when it was told to end.
    fn is_replaced(&self, pod: &Pod, told: DateTime<Utc>) -> bool {
        let arrivals = self.topology.workload_of_pod(pod).and_then(|workload| self.arrivals.get(&workload));
        let own = pod.created.or(pod.arrived());
        arrivals.into_iter().flat_map(|all| all.range(told - LATE..=told + LATE)).any(|came| Some(*came) != own)
    }

    /// Pods that a node took and that had no start, where a node did not serve in the same cascade.
    fn not_started(&self, cascade: usize, members: &BTreeSet<usize>) -> Option<Population<'a>> {
        let unready = members.iter().filter_map(|index| Some((*index, self.signals.get(*index)?)));
        let unready: Vec<(usize, &Signal)> =
            unready.filter(|(_, signal)| signal.subject.is("Node") && signal.has(Role::NodeUnready)).collect();
        let ended = unready.iter().map(|(_, signal)| signal.last_seen()).max()?;
        let others = members.iter().filter_map(|index| self.signals.get(*index)?.subject.its_pod());
        let mut namespaces: BTreeSet<String> = others.filter_map(|pod| pod.namespace().map(str::to_owned)).collect();
        namespaces.extend(self.late_before(ended).map(|pod| pod.namespace.clone()));
        let failing: Vec<&Pod> = self.late_before(ended).filter(|pod| namespaces.contains(&pod.namespace)).collect();
        let came = failing.iter().filter_map(|pod| pod.arrived());
        let span = came.clone().min().zip(came.max())?;
        let families: BTreeSet<String> = failing.iter().map(|pod| self.family(pod)).collect();
        let mut healthy = self.healthy(&failing, Span { from: span.0, to: span.1, end: span.1 });
        let own: Vec<&Pod> = healthy.iter().copied().filter(|pod| families.contains(&self.family(pod))).collect();
        let is_workload = families.len() == 1 && !own.is_empty();
        if is_workload {
            healthy = own;
        }
        // A pod that came earlier had its start behind it.
        healthy.retain(|pod| pod.arrived().is_some_and(|at| at >= span.0 - A_MOMENT));
        let signals = unready.into_iter().map(|(index, _)| index).collect();
        Some(Population {
            cascade,
            way: Way::NotStarted,
            failing,
            healthy,
            signals,
            is_workload,
            could_not_start: false,
        })
    }

    fn late_before(&self, ended: DateTime<Utc>) -> impl Iterator<Item = &'a Pod> {
        self.topology.pods().iter().filter(move |pod| is_not_started(pod) && arrived_by(pod, ended))
    }

    /// Namespace and workload without numbers.
    fn family(&self, pod: &Pod) -> String {
        let workload = self.topology.workload_of_pod(pod).map_or_else(|| pod.name.clone(), |one| one.name().to_owned());
        format!("{}/{}", pod.namespace, starred(&workload))
    }
}

/// Whether it tells that a pod which had a node could not start there.
fn is_of_start(signal: &Signal) -> bool {
    [Role::NotStarted, Role::ImagePull, Role::PodRefused].iter().any(|role| signal.has(*role))
}

fn key(pod: &Pod) -> (&str, &str, &str) {
    (&pod.namespace, &pod.name, &pod.uid)
}

/// Whether it had come by then, and had a node as soon as usual.
fn has_come(pod: &Pod, by: DateTime<Utc>) -> bool {
    let is_placed = pod.node.is_some() || pod.object.is_none();
    let seen = [pod.first_seen, pod.scheduled_at].into_iter().flatten().min();
    let made = pod.created.or(seen).filter(|at| *at <= by);
    is_placed && made.is_some_and(|made| pod.arrived().is_none_or(|came| came <= by || came - made < LATE))
}

fn arrived_by(pod: &Pod, at: DateTime<Utc>) -> bool {
    pod.arrived().is_some_and(|came| came <= at)
}

/// The most troubles that several workloads had alike and that are asked for all of them.
const MOST_ALIKE: usize = 8;

/// The most workloads of one cascade that are asked by themselves.
const MOST_FAMILIES: usize = 16;

/// Pods of one release come within this.
const A_MOMENT: TimeDelta = TimeDelta::seconds(1);

/// Twice what 99 of 100 pods take whose images are there (Kubernetes scalability SLOs, pod startup latency: 5 s).
const LATE: TimeDelta = TimeDelta::seconds(10);

/// Whether a pod waited for a node, and had one as soon as usual: as one does for whom others make room.
fn is_brief(pod: &Pod, signal: &Signal) -> bool {
    let taken = pod.scheduled_at.or(pod.started.times().min());
    Way::of(signal) == Some(Way::Waiting) && taken.is_some_and(|at| at - signal.from.time < LATE)
}

/// A node took it, and its first container started long after, or it was told to end long after and none had.
fn is_not_started(pod: &Pod) -> bool {
    let (Some(_), Some(taken)) = (&pod.node, pod.scheduled_at) else { return false };
    pod.started.times().min().or(pod.stopping).is_some_and(|at| at - taken >= LATE)
}

/// Whether its first container started as soon as usual.
pub fn has_started_in_time(pod: &Pod) -> bool {
    pod.started.times().next().is_some() && !is_not_started(pod)
}
