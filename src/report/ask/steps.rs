//! From a signal to all that led to it, or to all that it led to, step by step.

use super::whom::Whom;
use super::{Graph, Tie};
use crate::cascade::Grade;
use crate::model::Subject;
use crate::report::against;
use crate::report::names;
use crate::report::schema::{AlternativeRow, ChecklistRow, EdgeRow, SignalRow};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Which way to go from a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// To what led to it.
    Causes,
    /// To what it led to.
    Effects,
}

/// What is answered to `why` and `after`.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    pub direction: Direction,
    /// Whom the question was understood to be about.
    pub about: String,
    /// The first is the signal that was asked for, at depth 0; each other follows the one it is tied to.
    pub steps: Vec<Step<'a>>,
    /// Steps that were left out, beyond what was asked for.
    pub more: usize,
    /// The other signals of the same subject, in order of time.
    pub others: Vec<&'a SignalRow>,
    /// Where it is a node that was not ready: what was looked at.
    pub checklists: Vec<&'a ChecklistRow>,
}

/// A signal, and how it is tied to the one it stands under.
#[derive(Debug, Serialize)]
pub struct Step<'a> {
    pub depth: usize,
    pub signal: &'a SignalRow,
    /// None for the signal that was asked for.
    pub edge: Option<&'a EdgeRow>,
    /// Ids of signals that are tied to the same one by the same link and differ only in which pod of a workload they are of.
    pub alike: Vec<&'a str>,
    /// It stands further up with all that is behind it.
    pub again: bool,
    /// Nothing that is known led to it, or came of it.
    pub is_end: bool,
    /// What speaks against the edge, in sentences.
    pub against: Vec<String>,
    /// Other explanations of this signal, which are not claimed, the best first.
    pub alternatives: Vec<Other<'a>>,
}

/// A cause that is not claimed.
#[derive(Debug, Serialize)]
pub struct Other<'a> {
    pub signal: &'a SignalRow,
    pub edge: &'a AlternativeRow,
}

/// Answers for the first of the signals that are meant that matters most, in at most `most` steps.
pub fn ask<'a>(graph: &Graph<'a>, whom: &Whom, direction: Direction, most: usize) -> Answer<'a> {
    let checklists: Vec<&ChecklistRow> = match direction {
        Direction::Causes => checklists(graph, whom),
        Direction::Effects => Vec::new(),
    };
    let focus = focus(graph, whom, direction, &checklists);
    let others = whom.signals.iter().filter(|index| Some(**index) != focus).filter_map(|index| graph.signal(*index));
    let mut walk = Walk { graph, direction, most, steps: Vec::new(), more: 0, seen: BTreeSet::new() };
    if let Some(focus) = focus {
        walk.go(focus);
    }
    let Walk { steps, more, .. } = walk;
    Answer { direction, about: whom.subject.clone(), steps, more, others: others.collect(), checklists }
}

/// Those of the subject; of one signal, the one that it is part of.
fn checklists<'a>(graph: &Graph<'a>, whom: &Whom) -> Vec<&'a ChecklistRow> {
    let ids: BTreeSet<&str> = whom.signals.iter().filter_map(|index| Some(graph.signal(*index)?.id.as_str())).collect();
    let all = graph.kept.checklists.iter();
    all.filter(|one| one.subject == whom.subject || one.signals.iter().any(|id| ids.contains(id.as_str()))).collect()
}

/// The signal to begin with: that of the checklist, else the worst that something is tied to, the earliest of these.
fn focus(graph: &Graph<'_>, whom: &Whom, direction: Direction, checklists: &[&ChecklistRow]) -> Option<usize> {
    let ties = |index: usize| match direction {
        Direction::Causes => graph.causes(index).len() + graph.others(index).len(),
        Direction::Effects => graph.effects(index).len(),
    };
    let listed: Vec<usize> = checklists.iter().flat_map(|one| &one.signals).filter_map(|id| graph.place(id)).collect();
    let from = if listed.iter().any(|index| whom.signals.contains(index)) { &listed } else { &whom.signals };
    let key = |index: &usize| {
        let severity = graph.signal(*index).map_or(0, |one| severity(&one.severity));
        (ties(*index) > 0, severity, std::cmp::Reverse(*index))
    };
    from.iter().copied().max_by_key(|index| key(index))
}

fn severity(name: &str) -> u8 {
    ["info", "warning", "error", "fatal"].iter().zip(0..).find(|(one, _)| **one == name).map_or(0, |(_, rank)| rank)
}

struct Walk<'g, 'a> {
    graph: &'g Graph<'a>,
    direction: Direction,
    most: usize,
    steps: Vec<Step<'a>>,
    more: usize,
    seen: BTreeSet<usize>,
}

/// Ties to the same signal that share a line, and how deep they stand.
struct Open<'a> {
    depth: usize,
    ties: Vec<Tie<'a>>,
}

impl<'a> Walk<'_, 'a> {
    fn go(&mut self, start: usize) {
        self.step(start, None, 0);
        let mut open = self.behind(start, 1);
        while let Some(Open { depth, ties }) = open.pop() {
            let Some((first, alike)) = ties.split_first() else { continue };
            if self.steps.len() >= self.most {
                self.more += 1;
                continue;
            }
            let again = self.step(first.other, Some((first.edge, alike)), depth);
            if !again {
                open.extend(self.behind(first.other, depth + 1));
            }
        }
    }

    /// What is tied to a signal, the best last, as it is taken from the end.
    fn behind(&self, index: usize, depth: usize) -> Vec<Open<'a>> {
        let ties = match self.direction {
            Direction::Causes => self.graph.causes(index),
            Direction::Effects => self.graph.effects(index),
        };
        let mut groups: Vec<Open> = Vec::new();
        let mut places: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
        for tie in ties {
            let Some(signal) = self.graph.signal(tie.other) else { continue };
            let workload = signal.subject.parse::<Subject>().map(|subject| names::workload_of(&subject));
            let key = (tie.edge.link.as_str(), signal.signal.as_str(), workload.unwrap_or_default());
            let place = *places.entry(key).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.ties.push(*tie),
                None => groups.push(Open { depth, ties: vec![*tie] }),
            }
        }
        groups.reverse();
        groups
    }

    /// Adds a step. Gives whether its signal was there already.
    fn step(&mut self, index: usize, tie: Option<(&'a EdgeRow, &[Tie<'a>])>, depth: usize) -> bool {
        let Some(signal) = self.graph.signal(index) else { return true };
        let again = !self.seen.insert(index);
        let edge = tie.map(|(edge, _)| edge);
        let alike: Vec<usize> = tie.map(|(_, alike)| alike.iter().map(|one| one.other).collect()).unwrap_or_default();
        let is_asked = self.direction == Direction::Causes && !again;
        let alternatives = if is_asked { self.alternatives(index) } else { Vec::new() };
        self.seen.extend(&alike);
        let id = |index: usize| self.graph.signal(index).map(|one| one.id.as_str());
        let alike = alike.into_iter().filter_map(id).collect();
        let against = edge.map(|edge| against(edge, self.graph)).unwrap_or_default();
        let is_end = match self.direction {
            Direction::Causes => self.graph.causes(index).is_empty(),
            Direction::Effects => self.graph.effects(index).is_empty(),
        };
        self.steps.push(Step { depth, signal, edge, alike, again, is_end, against, alternatives });
        again
    }

    /// Other explanations of a signal; what leads to it anyhow is none.
    fn alternatives(&self, index: usize) -> Vec<Other<'a>> {
        let all = self.graph.others(index);
        if all.is_empty() {
            return Vec::new();
        }
        let above = super::path::above(self.graph, index);
        let others = all.iter().filter(|(from, _)| !above.contains(from));
        others.filter_map(|(from, edge)| Some(Other { signal: self.graph.signal(*from)?, edge })).collect()
    }
}

/// What speaks against an edge, as far as the report tells.
pub(super) fn against(edge: &EdgeRow, graph: &Graph<'_>) -> Vec<String> {
    let doubt = |id: &str| graph.place(id).and_then(|index| graph.signal(index)).map_or(0, |one| one.uncertainty_ms);
    against::of_step(Grade::named(&edge.grade), edge.lag_ms, doubt(&edge.from).max(doubt(&edge.to)))
}
