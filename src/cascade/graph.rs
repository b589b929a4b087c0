//! Edges to cascades: no cycles, no loose ends, and what hangs together.

use super::{Cascade, Edge};
use crate::model::{Severity, Subject, rfc3339};
use crate::signals::{Over, Signal};
use std::collections::{BTreeMap, BTreeSet};

/// Drops the edges that would make a signal lead to itself.
///
/// Edges forward in time cannot; each backward one (an effect noticed before its cause) is checked, the surest first.
pub fn without_cycles(signals: &[Signal], mut edges: Vec<Edge>) -> Vec<Edge> {
    let onset = |index: usize| signals.get(index).map(|signal| (signal.from.time, index));
    let (mut kept, mut backward): (Vec<Edge>, Vec<Edge>) =
        edges.drain(..).partition(|edge| onset(edge.from) < onset(edge.to));
    backward.sort_by_key(|edge| (std::cmp::Reverse(edge.grade), edge.lag_ms.abs(), edge.from, edge.to));
    for edge in backward {
        if !reaches(&kept, edge.to, edge.from) {
            kept.push(edge);
        }
    }
    kept.sort_by(|a, b| (a.from, a.to, &a.link).cmp(&(b.from, b.to, &b.link)));
    kept
}

fn reaches(edges: &[Edge], start: usize, goal: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut pending = vec![start];
    while let Some(at) = pending.pop() {
        if at == goal {
            return true;
        }
        if seen.insert(at) {
            pending.extend(edges.iter().filter(|edge| edge.from == at).map(|edge| edge.to));
        }
    }
    false
}

/// The cascades, the largest first, and of those alike in size the worst; and the edges within them.
pub fn cascades(signals: &[Signal], edges: Vec<Edge>) -> (Vec<Cascade>, Vec<Edge>) {
    let edges = without_loose_ends(edges);
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let root = components(signals.len(), &edges, &siblings(signals));
    for (index, root) in root.iter().enumerate() {
        groups.entry(*root).or_default().push(index);
    }
    let hurts = |index: &usize| signals.get(*index).is_some_and(|signal| signal.severity >= Severity::Warning);
    // A failure that led to nothing is a cascade of one.
    let ends = Ends::new(&edges);
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

/// A signal that is only worth mentioning for what it led to (a pod scheduled) goes when it led to nothing.
fn without_loose_ends(mut edges: Vec<Edge>) -> Vec<Edge> {
    loop {
        let leads_on: BTreeSet<usize> = edges.iter().map(|edge| edge.from).collect();
        let before = edges.len();
        edges.retain(|edge| !edge.bridge || leads_on.contains(&edge.to));
        if edges.len() == before {
            return edges;
        }
    }
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
    found
}

fn is_probe(signal: &Signal) -> bool {
    signal.base_name() == "Unhealthy" && signal.severity >= Severity::Warning
}

/// For each signal the smallest index it hangs together with.
fn components(count: usize, edges: &[Edge], siblings: &[(usize, usize)]) -> Vec<usize> {
    let mut root: Vec<usize> = (0..count).collect();
    fn find(root: &mut [usize], mut at: usize) -> usize {
        while let Some(&above) = root.get(at) {
            if above == at {
                break;
            }
            at = above;
        }
        at
    }
    for (from, to) in edges.iter().map(|edge| (edge.from, edge.to)).chain(siblings.iter().copied()) {
        let (a, b) = (find(&mut root, from), find(&mut root, to));
        if let Some(slot) = root.get_mut(a.max(b)) {
            *slot = a.min(b);
        }
    }
    (0..count).map(|index| find(&mut root, index)).collect()
}

/// The signals that anything leads to, and those that lead to anything.
struct Ends {
    led_to: BTreeSet<usize>,
    leads: BTreeSet<usize>,
}

impl Ends {
    fn new(edges: &[Edge]) -> Self {
        Self { led_to: edges.iter().map(|edge| edge.to).collect(), leads: edges.iter().map(|edge| edge.from).collect() }
    }
}

fn cascade(signals: &[Signal], ends: &Ends, members: Vec<usize>) -> Option<Cascade> {
    let mut first: Vec<usize> = members.iter().copied().filter(|index| !ends.led_to.contains(index)).collect();
    // What led to nothing is no beginning of the rest, unless nothing here led to anything.
    if first.iter().any(|index| ends.leads.contains(index)) {
        first.retain(|index| ends.leads.contains(index));
    }
    let of = |index: &usize| signals.get(*index);
    let from = members.iter().filter_map(of).map(|signal| signal.from.time).min()?;
    let to = members.iter().filter_map(of).map(Signal::last_seen).max()?;
    let bad = || members.iter().filter_map(of).filter(|signal| signal.severity >= Severity::Warning);
    let goes_on = bad().any(|signal| signal.to.is_none() || signal.over == Over::GoesOn);
    let ended = bad().all(|signal| signal.to.is_some() && signal.over == Over::Ended);
    let mut affected: Vec<Subject> = Vec::new();
    for signal in members.iter().filter_map(of).filter(|signal| signal.severity >= Severity::Warning) {
        if !signal.subject.is("Alert") && !affected.contains(&signal.subject) {
            affected.push(signal.subject.clone());
        }
    }
    let headline = headline(first.iter().find_map(of)?, &affected, members.len());
    let recovered_at = ended.then_some(to);
    Some(Cascade { headline, first, signals: members, from, to, recovered_at, goes_on, affected })
}

fn headline(first: &Signal, affected: &[Subject], count: usize) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for subject in affected {
        *kinds.entry(subject.kind()).or_default() += 1;
    }
    let counted: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {}", noun(kind, *count))).collect();
    // What was first seen in a snapshot had begun by then.
    let by = if first.from.earlier_ms > LONG_BEFORE { "by " } else { "" };
    let at = format!("{by}{}", rfc3339(first.from.time));
    if count == 1 {
        return format!("{at}: {}", first.title);
    }
    let followed = match count.saturating_sub(1) {
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
