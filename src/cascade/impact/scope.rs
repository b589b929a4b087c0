//! Which signals count for somebody's harm, and what ties them to the cascade.

use super::super::{Cascade, Edge, Grade};
use crate::model::Severity;
use crate::signals::{Role, Signal};
use chrono::{DateTime, Utc};

/// The signals that may tell of harm.
pub(super) struct Scope<'a> {
    pub signals: &'a [Signal],
    /// By signal; none for those that count for nobody's harm.
    ties: Vec<Option<Tie>>,
}

/// What ties a signal to the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tie {
    pub cascade: usize,
    /// It is part of the largest cascade, by more than order in time.
    pub linked: bool,
}

/// A signal that counts.
#[derive(Clone, Copy)]
pub(super) struct Counted<'a> {
    pub index: usize,
    pub signal: &'a Signal,
    pub tie: Tie,
}

impl<'a> Scope<'a> {
    pub fn new(signals: &'a [Signal], cascades: &[Cascade], edges: &[Edge]) -> Self {
        let mut surest: Vec<Option<Grade>> = vec![None; signals.len()];
        for edge in edges {
            for end in [edge.from, edge.to] {
                if let Some(known) = surest.get_mut(end) {
                    *known = (*known).max(Some(edge.grade));
                }
            }
        }
        let begin = cascades.first().map(|main| main.from);
        let mut ties = vec![None; signals.len()];
        for (number, cascade) in cascades.iter().enumerate() {
            if number > 0 && was_over(cascade, begin) {
                continue;
            }
            for index in &cascade.signals {
                let by_order = surest.get(*index).copied().flatten() == Some(Grade::Order);
                if let Some(place) = ties.get_mut(*index) {
                    *place = Some(Tie { cascade: number, linked: number == 0 && !by_order });
                }
            }
        }
        Self { signals, ties }
    }

    /// Those that tell of harm, in order of onset.
    pub fn counted(&self) -> impl Iterator<Item = Counted<'a>> {
        let all = self.signals.iter().enumerate().zip(&self.ties);
        let tied = all.filter_map(|((index, signal), tie)| Some(Counted { index, signal, tie: (*tie)? }));
        // How it was seen is not what was hurt, and runs are told one check at a time.
        let seen = |signal: &Signal| {
            [Role::Detection, Role::OutsideCheck, Role::Client, Role::Note].iter().any(|role| signal.has(*role))
        };
        tied.filter(move |one| !seen(one.signal) && is_harm(one))
    }
}

/// What was wanted is no harm; a drain is, where it was part of something that was not.
fn is_harm(one: &Counted<'_>) -> bool {
    one.signal.severity >= Severity::Warning
        || one.signal.has(Role::JobFailing)
        || one.tie.linked && one.signal.has(Role::Drained)
}

/// Whether the last of a cascade had passed when the largest began: it failed before, for reasons of its own.
fn was_over(cascade: &Cascade, begin: Option<DateTime<Utc>>) -> bool {
    use crate::model::End;
    begin.is_some_and(|begin| cascade.to < begin && cascade.end != End::Ongoing)
}
