//! What every form of report shows, decided once: rows in order, a tree for each cascade, changes, what is missing, who
//! was hit, and how soon it was noticed.
//!
//! All text here is as it came. Each form makes it safe for its own place.

mod absence;
mod causes;
mod changes;
mod checklist_rows;
mod checks;
mod coverage;
mod detection;
mod hypothesis;
mod impact;
mod ladder;
mod means;
mod node_checklist;
mod siblings;
pub mod story;
mod tree;

pub use crate::cascade::Grade;
pub use absence::{Lacks, Proof};
pub use changes::{Change, Part, changes};
pub use checks::{CheckView, checks};
pub use coverage::{CoverageView, lines as coverage_lines};
pub use detection::{Detection, Noticed};
pub use hypothesis::Hypothesis;
pub use impact::{Impact, rows as hurt_rows};
pub use ladder::{Rung, ladders};
pub use means::Means;
pub use node_checklist::{NodeChecklist, Verdict, all as node_checklists};
pub use tree::{Branch, Tree};

use super::times::{self, Clock};
use super::{Analyzed, names, quotes};
use crate::cascade::{Analysis, Cascade, Edge, Factor, FactorClass, Question};
use crate::evidence::Evidence;
use crate::model::Citation;
use crate::signals::{NotUnderstood, Signal};
use absence::Absences;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::ops::Deref;

pub struct View<'a> {
    pub of: &'a Analyzed,
    pub clock: Clock,
    /// One of each signal, in order of time.
    pub rows: Vec<Row<'a>>,
    /// In the order of the cascades.
    pub trees: Vec<Tree<'a>>,
    pub changes: Vec<Change<'a>>,
    pub coverage: CoverageView<'a>,
    /// What outside checks met.
    pub checks: Vec<CheckView<'a>>,
    pub impact: Impact<'a>,
    pub detection: Detection<'a>,
    pub absences: Absences,
    cascade_of: Vec<Option<usize>>,
    factors: BTreeMap<usize, Vec<&'a Factor>>,
    questions: BTreeMap<usize, Vec<&'a Question>>,
}

impl<'a> View<'a> {
    pub fn new(of: &'a Analyzed) -> Self {
        let analysis = &of.analysis;
        let cascade_of = cascade_of(analysis, of.signals.len());
        let rows = rows(of, &cascade_of);
        let window = of.evidence.window;
        let times = rows.iter().map(|row| row.at).chain([window.from, window.to]);
        let clock = Clock::for_times(times);
        let changes = changes(of);
        Self {
            clock,
            trees: tree::all(of, &cascade_of),
            coverage: CoverageView::new(&of.evidence),
            checks: checks(&of.evidence),
            impact: Impact::new(of),
            detection: Detection::new(of, &changes),
            absences: Absences::new(&of.evidence, &of.not_understood),
            factors: grouped(&analysis.factors, |factor| Some(factor.cascade)),
            questions: grouped(&analysis.questions, |question| question.cascade),
            cascade_of,
            changes,
            rows,
            of,
        }
    }

    pub fn evidence(&self) -> &'a Evidence {
        &self.of.evidence
    }

    pub fn analysis(&self) -> &'a Analysis {
        &self.of.analysis
    }

    /// The largest cascade.
    pub fn largest(&self) -> Option<&'a Cascade> {
        self.of.analysis.cascades.first()
    }

    pub fn signal(&self, index: usize) -> Option<Numbered<'a>> {
        Numbered::of(&self.of.signals, index)
    }

    /// Those of the signals that there are.
    pub fn signals(&self, indexes: &[usize]) -> impl Iterator<Item = Numbered<'a>> {
        indexes.iter().filter_map(|index| self.signal(*index))
    }

    /// The cascade that a signal is part of, if any.
    pub fn cascade_of(&self, index: usize) -> Option<usize> {
        self.cascade_of.get(index).copied().flatten()
    }

    /// The signals of the largest cascade.
    pub fn members(&self) -> impl Iterator<Item = Numbered<'a>> {
        self.signals(self.largest().map(|cascade| cascade.signals.as_slice()).unwrap_or_default())
    }

    /// Whether an input says what was to be collected: one that is not of others alone.
    pub fn has_plan(&self) -> bool {
        let inputs = &self.evidence().inputs;
        inputs.is_empty() || inputs.iter().any(|input| !input.is_foreign)
    }

    /// Changes at or before the onset, the nearest first; all of them where nothing failed.
    pub fn changes_before(&self) -> impl ExactSizeIterator<Item = &Change<'a>> {
        self.changes.get(..self.detection.changes_before).unwrap_or_default().iter().rev()
    }

    pub fn changes_after(&self) -> impl Iterator<Item = &Change<'a>> {
        self.changes.get(self.detection.changes_before..).unwrap_or_default().iter()
    }

    /// Factors of a cascade.
    pub fn factors_of(&self, cascade: usize) -> &[&'a Factor] {
        self.factors.get(&cascade).map(Vec::as_slice).unwrap_or_default()
    }

    /// Factors of one class of the largest cascade; those of the others stand with them, under Other findings.
    pub fn factors(&self, class: FactorClass) -> impl Iterator<Item = &'a Factor> {
        self.factors_of(0).iter().copied().filter(move |factor| factor.class == class)
    }

    /// Questions about a cascade.
    pub fn questions_of(&self, cascade: usize) -> &[&'a Question] {
        self.questions.get(&cascade).map(Vec::as_slice).unwrap_or_default()
    }

    /// When records that no rule knows were made. Where none of them says when it began, the time by which it had.
    pub fn when(&self, group: &NotUnderstood) -> String {
        let (from, to) = (self.clock.time(group.from), self.clock.time(group.to));
        match group.is_undated {
            true => format!("by {to}"),
            false if from == to => from,
            false => format!("{from} to {to}"),
        }
    }

    /// The first records behind a list of signals, at most one of each.
    pub fn first_records(&self, indexes: &[usize]) -> Vec<Citation> {
        self.signals(indexes).filter_map(|signal| quotes::first_of(signal.signal)).collect()
    }
}

fn grouped<T>(all: &[T], cascade: impl Fn(&T) -> Option<usize>) -> BTreeMap<usize, Vec<&T>> {
    let mut groups: BTreeMap<usize, Vec<&T>> = BTreeMap::new();
    for one in all {
        if let Some(cascade) = cascade(one) {
            groups.entry(cascade).or_default().push(one);
        }
    }
    groups
}

/// A signal and its index in the analysis.
#[derive(Clone, Copy, Debug)]
pub struct Numbered<'a> {
    pub index: usize,
    pub signal: &'a Signal,
}

impl<'a> Numbered<'a> {
    pub fn of(signals: &'a [Signal], index: usize) -> Option<Self> {
        signals.get(index).map(|signal| Self { index, signal })
    }

    pub fn all(signals: &'a [Signal]) -> impl Iterator<Item = Self> {
        signals.iter().enumerate().map(|(index, signal)| Self { index, signal })
    }

    pub fn id(self) -> String {
        names::signal_id(self.index)
    }

    pub fn began(self) -> DateTime<Utc> {
        times::shown(self.signal.from.time)
    }

    /// How long it went on, in words; `to the end` while it does. None for what happened at one moment.
    pub fn lasted(self) -> Option<String> {
        let Some(to) = self.signal.until() else { return Some("to the end".to_owned()) };
        Some(times::between(self.signal.from.time, to)).filter(|delta| delta.num_seconds() >= 1).map(times::length)
    }

    /// How far the onset is from its time: `±20 s`, or `or up to 1 min earlier` for what was noticed late.
    pub fn uncertainty(self) -> Option<String> {
        let from = self.signal.from;
        match from.earlier_ms {
            0 => times::uncertainty(from.uncertainty_ms()).map(|bound| format!("±{bound}")),
            u32::MAX => Some("or at any time before".to_owned()),
            earlier => times::uncertainty(earlier).map(|bound| format!("or up to {bound} earlier")),
        }
    }
}

impl Deref for Numbered<'_> {
    type Target = Signal;

    fn deref(&self) -> &Signal {
        self.signal
    }
}

/// The cascade that each signal is part of, if any.
pub fn cascade_of(analysis: &Analysis, signals: usize) -> Vec<Option<usize>> {
    let mut found = vec![None; signals];
    for (number, cascade) in analysis.cascades.iter().enumerate() {
        for index in &cascade.signals {
            if let Some(place) = found.get_mut(*index) {
                *place = Some(number);
            }
        }
    }
    found
}

/// One line of the timeline.
pub struct Row<'a> {
    pub signal: Numbered<'a>,
    pub at: DateTime<Utc>,
    pub cascade: Option<usize>,
    /// Nothing in its cascade led to it.
    pub begins: bool,
}

fn rows<'a>(of: &'a Analyzed, cascade_of: &[Option<usize>]) -> Vec<Row<'a>> {
    let mut rows: Vec<Row> = Numbered::all(&of.signals)
        .zip(cascade_of)
        .map(|(signal, cascade)| Row { signal, at: signal.began(), cascade: *cascade, begins: false })
        .collect();
    for first in of.analysis.cascades.iter().flat_map(|cascade| &cascade.first) {
        if let Some(row) = rows.get_mut(*first) {
            row.begins = true;
        }
    }
    rows.sort_by_key(|row| row.at);
    rows
}

/// The edges of each cascade.
fn edges_of<'a>(analysis: &'a Analysis, cascade_of: &[Option<usize>]) -> Vec<Vec<&'a Edge>> {
    let mut found = vec![Vec::new(); analysis.cascades.len()];
    for edge in &analysis.edges {
        let cascade = cascade_of.get(edge.to).copied().flatten();
        if let Some(edges) = cascade.and_then(|cascade| found.get_mut(cascade)) {
            edges.push(edge);
        }
    }
    found
}
