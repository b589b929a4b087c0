//! Edges to cascades: no cycles, no loose ends, and what hangs together.

use super::connect::is_later_end;
use super::order::Order;
use super::{Cascade, Edge, Grade, recurrence};
use crate::evidence::Topology;
use crate::model::{End, Severity, Subject, rfc3339};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use petgraph::unionfind::UnionFind;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// Drops the edges that would make a signal lead to itself.
///
/// Edges forward in time cannot; each backward one (an effect noticed before its cause) is checked, the surest first.
/// Only what lies on a cycle is looked at: edges between signals that do not lead to each other both ways stay.
pub fn without_cycles(signals: &[Signal], mut edges: Vec<Edge>) -> Vec<Edge> {
    let knots = Knots::new(signals, &edges);
    let onset = |index: usize| signals.get(index).map(|signal| (signal.from.time, index));
    let is_backward = |edge: &Edge| onset(edge.from) >= onset(edge.to);
    edges.sort_by_key(|edge| {
        let is_backward = is_backward(edge);
        let late = is_backward.then(|| (std::cmp::Reverse(edge.grade), edge.lag_ms.abs(), edge.from, edge.to));
        (is_backward, late)
    });
    let mut order = Order::new(knots.nodes.len());
    edges.retain(|edge| match knots.ends(edge) {
        Some((from, to)) => order.add(from, to),
        None => true,
    });
    edges.sort_by(|a, b| (a.from, a.to, &a.link).cmp(&(b.from, b.to, &b.link)));
    edges
}

/// Drops the edges that say no more than two others do together: what led to something by way of a third signal, each
/// step as sure as the edge, is told by those steps. What was seen only after the effect may be why that lasts; it does not
/// stand for what led to it at once.
pub fn without_shortcuts(mut edges: Vec<Edge>) -> Vec<Edge> {
    let mut causes: BTreeMap<usize, BTreeMap<usize, (Grade, bool)>> = BTreeMap::new();
    for edge in &edges {
        let is_forward = edge.lag_ms >= 0;
        let known = causes.entry(edge.to).or_default().entry(edge.from).or_insert((edge.grade, is_forward));
        *known = (edge.grade.max(known.0), is_forward || known.1);
    }
    let step = |from: usize, to: usize| causes.get(&to).and_then(|of| of.get(&from)).map(|(grade, _)| *grade);
    let is_told = |edge: &Edge| {
        let ways = causes.get(&edge.to).into_iter().flatten();
        let is_apt = |is_forward: bool| is_forward || !AT_ONCE.contains(&edge.lag_ms);
        let mut ways = ways
            .filter(|(by_way, (last, is_forward))| **by_way != edge.from && *last >= edge.grade && is_apt(*is_forward));
        ways.any(|(by_way, _)| step(edge.from, *by_way).is_some_and(|first| first >= edge.grade))
    };
    let told: BTreeSet<usize> = edges.iter().enumerate().filter(|(_, edge)| is_told(edge)).map(|(at, _)| at).collect();
    let mut place = 0..;
    edges.retain(|_| place.next().is_none_or(|at| !told.contains(&at)));
    edges
}

/// Lags in milliseconds of what follows at once, where records bear whole seconds.
const AT_ONCE: RangeInclusive<i64> = 0..=1000;

/// The signals that lead to themselves by way of others.
struct Knots {
    /// Which knot each of them is part of, and its place among them all in order of onset.
    nodes: BTreeMap<usize, (usize, usize)>,
}

impl Knots {
    fn new(signals: &[Signal], edges: &[Edge]) -> Self {
        let mut graph: DiGraph<(), (), usize> = DiGraph::default();
        for _ in signals {
            graph.add_node(());
        }
        for edge in edges {
            graph.add_edge(edge.from.into(), edge.to.into(), ());
        }
        let knots = kosaraju_scc(&graph).into_iter().filter(|knot| knot.len() > 1).enumerate();
        let mut members: Vec<(usize, usize)> =
            knots.flat_map(|(knot, members)| members.into_iter().map(move |node| (node.index(), knot))).collect();
        members.sort_by_key(|(index, _)| (signals.get(*index).map(|signal| signal.from.time), *index));
        let placed = members.into_iter().enumerate().map(|(place, (index, knot))| (index, (knot, place)));
        Self { nodes: placed.collect() }
    }

    /// The places of the two ends of an edge within one knot.
    fn ends(&self, edge: &Edge) -> Option<(usize, usize)> {
        let ((from_knot, from), (to_knot, to)) = (*self.nodes.get(&edge.from)?, *self.nodes.get(&edge.to)?);
        (from_knot == to_knot).then_some((from, to))
    }
}

/// The cascades, the largest first, and of those alike in size the worst; and the edges within them.
pub fn cascades(topology: &Topology, signals: &[Signal], edges: Vec<Edge>) -> (Vec<Cascade>, Vec<Edge>) {
    let edges = without_loose_ends(signals, edges);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let again = recurrence::find(topology, signals, &edges);
    let root = components(signals.len(), &edges, &[siblings(signals), again.clone()].concat());
    for (index, root) in root.iter().enumerate() {
        groups.entry(*root).or_default().push(index);
    }
    // A failure that led to nothing is a cascade of one.
    let linked: BTreeSet<usize> = edges.iter().flat_map(|edge| [edge.from, edge.to]).collect();
    let is_known = |index: usize, signal: &Signal| linked.contains(&index) || !signal.has(Role::Unrecognised);
    let is_harm = |(index, signal): &(usize, &Signal)| signal.severity >= Severity::Warning && is_known(*index, signal);
    let times = (0..).zip(signals).filter(is_harm).map(|(_, signal)| (signal.from.time, signal.last_seen()));
    let incident = times.reduce(|(from, to), (first, last)| (from.min(first), to.max(last)));
    // What no rule knows is a failure only as part of something, or while something else failed: each cluster has
    // controllers that warn of this and that.
    let is_meanwhile = |at: DateTime<Utc>| incident.is_some_and(|(from, to)| from <= at && at <= to);
    let hurts = |index: &usize| {
        let is_told = |signal: &&Signal| is_known(*index, signal) || is_meanwhile(signal.from.time);
        signals.get(*index).filter(is_told).is_some_and(|signal| signal.severity >= Severity::Warning)
    };
    let ends = Ends::new(signals, &edges, &again);
    let mut cascades: Vec<Cascade> = groups
        .into_values()
        .filter(|members| members.iter().any(hurts))
        .filter_map(|members| cascade(signals, &ends, members))
        .collect();
    let worst =
        |cascade: &Cascade| cascade.signals.iter().filter_map(|index| signals.get(*index)?.severity.into()).max();
    cascades.sort_by_key(|cascade| {
        (std::cmp::Reverse((cascade.signals.len(), worst(cascade))), cascade.from, cascade.signals.first().copied())
    });
    let inside: BTreeSet<usize> = cascades.iter().flat_map(|cascade| cascade.signals.iter().copied()).collect();
    let edges = edges.into_iter().filter(|edge| inside.contains(&edge.from)).collect();
    (cascades, edges)
}

/// A signal that is only worth mentioning for what it led to (a pod scheduled, a rollout of what was changed) goes when it
/// led to no harm.
fn without_loose_ends(signals: &[Signal], edges: Vec<Edge>) -> Vec<Edge> {
    let harmful = leading_to_harm(signals, &edges);
    let edges: Vec<Edge> = edges.into_iter().filter(|edge| !edge.bridge || harmful.contains(&edge.to)).collect();
    let mut leads: BTreeMap<usize, usize> = BTreeMap::new();
    let mut bridges: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, edge) in edges.iter().enumerate() {
        *leads.entry(edge.from).or_default() += 1;
        if edge.bridge {
            bridges.entry(edge.to).or_default().push(place);
        }
    }
    let mut loose: Vec<usize> = bridges.keys().copied().filter(|to| !leads.contains_key(to)).collect();
    let mut dropped: BTreeSet<usize> = BTreeSet::new();
    while let Some(to) = loose.pop() {
        for place in bridges.remove(&to).into_iter().flatten() {
            dropped.insert(place);
            let Some(from) = edges.get(place).map(|edge| edge.from) else { continue };
            let left = leads.entry(from).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                loose.push(from);
            }
        }
    }
    edges.into_iter().enumerate().filter(|(place, _)| !dropped.contains(place)).map(|(_, edge)| edge).collect()
}

/// The signals that led to a failure, step by step.
fn leading_to_harm(signals: &[Signal], edges: &[Edge]) -> BTreeSet<usize> {
    let mut causes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for edge in edges {
        causes.entry(edge.to).or_default().push(edge.from);
    }
    let is_harm = |index: &usize| signals.get(*index).is_some_and(|signal| signal.severity >= Severity::Warning);
    let mut open: Vec<usize> = causes.keys().copied().filter(is_harm).collect();
    let mut found = BTreeSet::new();
    while let Some(effect) = open.pop() {
        let new = causes.get(&effect).into_iter().flatten().copied().filter(|cause| found.insert(*cause));
        open.extend(new);
    }
    found
}

/// Probes of one pod that fail at the same time see the same trouble, though neither leads to the other.
fn siblings(signals: &[Signal]) -> Vec<(usize, usize)> {
    let mut unhealthy: BTreeMap<&Subject, Vec<(usize, &Signal)>> = BTreeMap::new();
    for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| is_probe(signal)) {
        unhealthy.entry(&signal.subject).or_default().push((index, signal));
    }
    let overlap = |a: &Signal, b: &Signal| a.from.time <= b.last_seen() && b.from.time <= a.last_seen();
    let mut found = Vec::new();
    for group in unhealthy.values() {
        for ((a, first), (b, second)) in group.iter().zip(group.iter().skip(1)) {
            if overlap(first, second) {
                found.push((*a, *b));
            }
        }
    }
    found.extend(recoveries(signals));
    found
}

/// The end of a node's silence, and the record that it is back, which comes with it.
fn recoveries(signals: &[Signal]) -> Vec<(usize, usize)> {
    let mut back: BTreeMap<&Subject, Vec<(DateTime<Utc>, usize)>> = BTreeMap::new();
    for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| signal.has(Role::NodeBack)) {
        back.entry(&signal.subject).or_default().push((signal.from.time, index));
    }
    back.values_mut().for_each(|times| times.sort_unstable());
    let silent = signals.iter().enumerate().filter(|(_, signal)| signal.has(Role::NodeUnready));
    let with_end = silent.filter_map(|(index, signal)| {
        let End::At(end) = signal.end else { return None };
        let times = back.get(&signal.subject)?;
        let (at, back) = times.get(times.partition_point(|(at, _)| *at < end - ROUNDING))?;
        (*at <= end + ROUNDING).then_some((index, *back))
    });
    with_end.collect()
}

/// Events bear whole seconds.
const ROUNDING: TimeDelta = TimeDelta::seconds(1);

fn is_probe(signal: &Signal) -> bool {
    signal.has(Role::ProbeFailure) && signal.severity >= Severity::Warning
}

/// For each signal one that stands for all it hangs together with.
fn components(count: usize, edges: &[Edge], siblings: &[(usize, usize)]) -> Vec<usize> {
    let mut sets: UnionFind<usize> = UnionFind::new(count);
    for (from, to) in edges.iter().map(|edge| (edge.from, edge.to)).chain(siblings.iter().copied()) {
        sets.union(from, to);
    }
    sets.into_labeling()
}

/// The signals that anything leads to, and those that lead to anything.
struct Ends {
    led_to: BTreeSet<usize>,
    leads: BTreeSet<usize>,
    /// Those that are on record only as they came back, after what they had led to, and what led to them since.
    again: BTreeSet<usize>,
}

impl Ends {
    /// What recurs is no beginning: it goes on from its first time.
    fn new(signals: &[Signal], edges: &[Edge], again: &[(usize, usize)]) -> Self {
        let (later, edges): (Vec<&Edge>, Vec<&Edge>) = edges.iter().partition(|edge| is_later_end(signals, edge));
        let effects = edges.iter().map(|edge| edge.to).chain(again.iter().map(|(_, later)| *later));
        let causes = edges.iter().map(|edge| edge.from).chain(again.iter().map(|(earlier, _)| *earlier));
        Self { led_to: effects.collect(), leads: causes.collect(), again: since(signals, &edges, &later) }
    }
}

/// The causes of these edges, and what led to them after their effects had begun.
fn since(signals: &[Signal], edges: &[&Edge], later: &[&Edge]) -> BTreeSet<usize> {
    let mut causes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    edges.iter().for_each(|edge| causes.entry(edge.to).or_default().push(edge.from));
    let began = |index: usize| signals.get(index).map(|signal| signal.from.time);
    let mut found = BTreeSet::new();
    for edge in later {
        let mut open = vec![edge.from];
        while let Some(index) = open.pop() {
            if began(index) > began(edge.to) && found.insert(index) {
                open.extend(causes.get(&index).into_iter().flatten());
            }
        }
    }
    found
}

fn cascade(signals: &[Signal], ends: &Ends, members: Vec<usize>) -> Option<Cascade> {
    let mut first: Vec<usize> = members.iter().copied().filter(|index| !ends.led_to.contains(index)).collect();
    if !first.iter().all(|index| ends.again.contains(index)) {
        first.retain(|index| !ends.again.contains(index));
    }
    // What led to nothing is no beginning of the rest, unless nothing here led to anything.
    if first.iter().any(|index| ends.leads.contains(index)) {
        first.retain(|index| ends.leads.contains(index));
    }
    // Nor is the recovery that ended some of it, whatever that let others do.
    let is_recovery = |index: &usize| signals.get(*index).is_some_and(|signal| signal.has(Role::NodeBack));
    if !first.iter().all(is_recovery) {
        first.retain(|index| !is_recovery(index));
    }
    let of = |index: &usize| signals.get(*index);
    let from = members.iter().filter_map(of).map(|signal| signal.from.time).min()?;
    let to = members.iter().filter_map(of).map(Signal::last_seen).max()?;
    let bad = || members.iter().filter_map(of).filter(|signal| signal.severity >= Severity::Warning);
    let end = match () {
        () if bad().any(|signal| signal.end == End::Ongoing) => End::Ongoing,
        () if bad().any(|signal| signal.end == End::Unknown) => End::Unknown,
        () => End::At(bad().map(Signal::last_seen).max().unwrap_or(to)),
    };
    let mut seen: BTreeSet<&Subject> = BTreeSet::new();
    let hurt = bad().map(|signal| &signal.subject).filter(|subject| !subject.is("Alert") && seen.insert(*subject));
    let affected: Vec<Subject> = hurt.cloned().collect();
    let beginning = first.iter().copied().find(|index| signals.get(*index).is_some())?;
    let followed: Vec<&Signal> = members.iter().filter(|index| **index != beginning).filter_map(of).collect();
    let headline = headline(of(&beginning)?, &followed);
    Some(Cascade { headline, first, signals: members, from, to, end, affected })
}

/// The first signal, and how many others there are and on how many subjects.
fn headline(first: &Signal, followed: &[&Signal]) -> String {
    let subjects: BTreeSet<&Subject> = followed.iter().map(|signal| &signal.subject).collect();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for subject in subjects {
        *kinds.entry(subject.kind()).or_default() += 1;
    }
    let counted: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {}", noun(kind, *count))).collect();
    // What was first seen in a snapshot had begun by then.
    let by = if first.from.earlier_ms > LONG_BEFORE { "by " } else { "" };
    let at = format!("{by}{}", rfc3339(first.from.time));
    let followed = match followed.len() {
        0 => return format!("{at}: {}", first.title),
        1 => "1 signal".to_owned(),
        more => format!("{more} signals"),
    };
    format!("{at}: {}; {followed} on {} followed", first.title, counted.join(", "))
}

/// More than anything is noticed late: it is a bound, not a time.
const LONG_BEFORE: u32 = 5 * 60 * 1000;

fn noun(kind: &str, count: usize) -> String {
    let singular = if kind == "Endpoints" { "Service" } else { kind };
    if count == 1 { singular.to_owned() } else { format!("{singular}s") }
}
