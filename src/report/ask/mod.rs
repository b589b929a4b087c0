//! Questions to a report that is kept: what led to this, what came of it, how two things hang together.
//!
//! All of it is read from [`Kept`], which may be anybody's: ids that lead nowhere are passed over, loops end, and every
//! text is made harmless where it is shown.

mod compare;
mod path;
mod steps;
mod whom;
pub mod words;

pub use compare::{SignalDifference, signals as compare_signals};
pub use path::{Path, path};
pub use steps::{Answer, Direction, Step, ask};
pub use whom::{NotFound, Whom, find};

use super::kept::Kept;
use super::schema::{AlternativeRow, ChecklistRow, EdgeRow, SignalRow};
use crate::cascade::Grade;
use std::collections::BTreeMap;

/// A report with its signals and edges by id.
pub struct Graph<'a> {
    pub kept: &'a Kept,
    by_id: BTreeMap<&'a str, usize>,
    /// The edges to each signal, the best first.
    causes: BTreeMap<usize, Vec<Tie<'a>>>,
    /// The edges from each signal, the nearest effect first.
    effects: BTreeMap<usize, Vec<Tie<'a>>>,
    others: BTreeMap<usize, Vec<(usize, &'a AlternativeRow)>>,
}

/// An edge, and the signal at its other end.
#[derive(Clone, Copy)]
pub(super) struct Tie<'a> {
    pub other: usize,
    pub edge: &'a EdgeRow,
}

impl<'a> Graph<'a> {
    pub fn new(kept: &'a Kept) -> Self {
        let by_id: BTreeMap<&str, usize> =
            kept.signals.iter().enumerate().map(|(index, signal)| (signal.id.as_str(), index)).collect();
        let mut causes: BTreeMap<usize, Vec<Tie>> = BTreeMap::new();
        let mut effects: BTreeMap<usize, Vec<Tie>> = BTreeMap::new();
        for edge in &kept.edges {
            let ends = by_id.get(edge.from.as_str()).zip(by_id.get(edge.to.as_str()));
            let Some((from, to)) = ends.filter(|(from, to)| from != to) else { continue };
            causes.entry(*to).or_default().push(Tie { other: *from, edge });
            effects.entry(*from).or_default().push(Tie { other: *to, edge });
        }
        causes.values_mut().for_each(|ties| ties.sort_by_key(|tie| rank(tie)));
        effects.values_mut().for_each(|ties| ties.sort_by_key(|tie| tie.other));
        let mut others: BTreeMap<usize, Vec<(usize, &AlternativeRow)>> = BTreeMap::new();
        for one in &kept.alternatives {
            if let Some((from, to)) = by_id.get(one.from.as_str()).zip(by_id.get(one.to.as_str())) {
                others.entry(*to).or_default().push((*from, one));
            }
        }
        Self { kept, by_id, causes, effects, others }
    }

    pub fn signal(&self, index: usize) -> Option<&'a SignalRow> {
        self.kept.signals.get(index)
    }

    /// The place of the signal with this id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    pub(super) fn causes(&self, index: usize) -> &[Tie<'a>] {
        self.causes.get(&index).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn effects(&self, index: usize) -> &[Tie<'a>] {
        self.effects.get(&index).map(Vec::as_slice).unwrap_or_default()
    }

    /// Causes of a signal that are not claimed.
    pub(super) fn others(&self, index: usize) -> &[(usize, &'a AlternativeRow)] {
        self.others.get(&index).map(Vec::as_slice).unwrap_or_default()
    }

    /// The checklists of a subject.
    pub fn checklists(&self, subject: &str) -> impl Iterator<Item = &'a ChecklistRow> {
        self.kept.checklists.iter().filter(move |one| one.subject == subject)
    }

    /// How many planned items did not come.
    pub fn missing(&self) -> usize {
        let came = ["collected", "empty", "not-read", "skipped", "absent"];
        self.kept.coverage.iter().filter(|one| !came.contains(&one.status.as_str())).count()
    }
}

/// The surest first, then what came before, then the nearest.
fn rank(tie: &Tie<'_>) -> (std::cmp::Reverse<Grade>, bool, u64, usize) {
    let lag = tie.edge.lag_ms;
    (std::cmp::Reverse(Grade::named(&tie.edge.grade)), lag < 0, lag.unsigned_abs(), tie.other)
}

#[cfg(test)]
mod tests;
