//! How one thing led to another: the best chain of claimed edges between them, or that there is none.

use super::whom::Whom;
use super::{Graph, Tie};
use crate::cascade::Grade;
use crate::report::schema::{EdgeRow, SignalRow};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

/// What is answered to `path`.
#[derive(Debug, Serialize)]
pub struct Path<'a> {
    pub from: String,
    pub to: String,
    /// From the one to the other; empty where no chain leads there.
    pub signals: Vec<&'a SignalRow>,
    /// What ties each to the next.
    pub edges: Vec<&'a EdgeRow>,
    /// The chain leads from `to` to `from`.
    pub reversed: bool,
    /// Where there is no chain: what both come from, the nearest to both first.
    pub shared: Vec<&'a SignalRow>,
    /// Where there is no chain: the cascades of either, in order.
    pub cascades: [Vec<&'a str>; 2],
}

/// As many shared causes as are told.
const MOST_SHARED: usize = 3;

/// Finds the way from one to the other. A way over fewer and surer edges is better.
pub fn path<'a>(graph: &Graph<'a>, from: &Whom, to: &Whom) -> Path<'a> {
    let forward = best(graph, &from.signals, &to.signals);
    let backward = || best(graph, &to.signals, &from.signals);
    let reversed = forward.is_none();
    let found = forward.or_else(backward);
    let (shared, cascades) = match found {
        Some(_) => (Vec::new(), [Vec::new(), Vec::new()]),
        None => (shared(graph, from, to), [cascades(graph, from), cascades(graph, to)]),
    };
    let reversed = reversed && found.is_some();
    let (signals, edges) = found.unwrap_or_default();
    Path { from: from.subject.clone(), to: to.subject.clone(), signals, edges, reversed, shared, cascades }
}

/// The signals of a chain, and the edges between them.
type Chain<'a> = (Vec<&'a SignalRow>, Vec<&'a EdgeRow>);

/// How far each signal is, and over which edge from which other it was reached.
type Reached<'a> = BTreeMap<usize, (u64, Option<(usize, &'a EdgeRow)>)>;

fn cost(edge: &EdgeRow) -> u64 {
    match Grade::named(&edge.grade) {
        Grade::Mechanism => 2,
        Grade::Known => 3,
        Grade::Order => 8,
    }
}

/// Dijkstra's way from any of some signals to any of others.
fn best<'a>(graph: &Graph<'a>, from: &[usize], to: &[usize]) -> Option<Chain<'a>> {
    let goals: BTreeSet<usize> = to.iter().copied().collect();
    let mut reached: Reached<'a> = BTreeMap::new();
    let mut open: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    for start in from {
        reached.insert(*start, (0, None));
        open.push(Reverse((0, *start)));
    }
    while let Some(Reverse((length, at))) = open.pop() {
        if goals.contains(&at) && length > 0 {
            return Some(chain(graph, &reached, at));
        }
        if reached.get(&at).is_some_and(|(known, _)| *known < length) {
            continue;
        }
        for Tie { other, edge } in graph.effects(at) {
            let longer = length + cost(edge);
            if reached.get(other).is_none_or(|(known, _)| longer < *known) {
                reached.insert(*other, (longer, Some((at, edge))));
                open.push(Reverse((longer, *other)));
            }
        }
    }
    None
}

fn chain<'a>(graph: &Graph<'a>, reached: &Reached<'a>, end: usize) -> Chain<'a> {
    let (mut signals, mut edges, mut at) = (Vec::new(), Vec::new(), end);
    signals.extend(graph.signal(at));
    while let Some((_, Some((before, edge)))) = reached.get(&at) {
        edges.push(*edge);
        at = *before;
        signals.extend(graph.signal(at));
    }
    signals.reverse();
    edges.reverse();
    (signals, edges)
}

/// All that led to a signal.
pub(super) fn above(graph: &Graph<'_>, index: usize) -> BTreeSet<usize> {
    distances(graph, &[index]).into_keys().filter(|one| *one != index).collect()
}

/// All that led to some signals, and over how many edges at least.
fn distances(graph: &Graph<'_>, of: &[usize]) -> BTreeMap<usize, usize> {
    let mut found: BTreeMap<usize, usize> = of.iter().map(|index| (*index, 0)).collect();
    let mut open: std::collections::VecDeque<usize> = of.iter().copied().collect();
    while let Some(at) = open.pop_front() {
        let distance = found.get(&at).copied().unwrap_or_default();
        for tie in graph.causes(at) {
            found.entry(tie.other).or_insert_with(|| {
                open.push_back(tie.other);
                distance + 1
            });
        }
    }
    found
}

fn shared<'a>(graph: &Graph<'a>, from: &Whom, to: &Whom) -> Vec<&'a SignalRow> {
    let (one, other) = (distances(graph, &from.signals), distances(graph, &to.signals));
    let both = one.iter().filter_map(|(index, length)| Some((length + other.get(index)?, *index)));
    let mut both: Vec<(usize, usize)> = both.collect();
    both.sort_unstable();
    both.into_iter().take(MOST_SHARED).filter_map(|(_, index)| graph.signal(index)).collect()
}

fn cascades<'a>(graph: &Graph<'a>, whom: &Whom) -> Vec<&'a str> {
    let of = |index: &usize| graph.signal(*index)?.cascade.as_deref();
    let found: BTreeSet<&str> = whom.signals.iter().filter_map(of).collect();
    found.into_iter().collect()
}
