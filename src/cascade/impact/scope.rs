//! Which signals count for somebody's harm, and what ties them to the cascade.

use super::super::{Cascade, Edge, Grade};
use crate::model::Severity;
use crate::signals::{Role, Signal};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

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
    /// Something led to it, by more than order in time.
    pub is_effect: bool,
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
        let by_more = edges.iter().filter(|edge| edge.grade > Grade::Order);
        let effects: BTreeSet<usize> = by_more.map(|edge| edge.to).collect();
        let begin = cascades.first().map(|main| main.from);
        let mut ties = vec![None; signals.len()];
        for (number, cascade) in cascades.iter().enumerate() {
            if number > 0 && was_over(cascade, begin) {
                continue;
            }
            for index in &cascade.signals {
                let by_order = surest.get(*index).copied().flatten() == Some(Grade::Order);
                if let Some(place) = ties.get_mut(*index) {
                    *place = Some(Tie {
                        cascade: number,
                        linked: number == 0 && !by_order,
                        is_effect: effects.contains(index),
                    });
                }
            }
        }
        Self { signals, ties }
    }

    /// Those of a cascade, in order of onset.
    fn tied(&self) -> impl Iterator<Item = Counted<'a>> {
        let all = self.signals.iter().enumerate().zip(&self.ties);
        all.filter_map(|((index, signal), tie)| Some(Counted { index, signal, tie: (*tie)? }))
    }

    /// What programs of pods logged for what failed elsewhere, in the largest cascade, in order of onset.
    pub fn errors(&self) -> impl Iterator<Item = Counted<'a>> {
        let is_error = |signal: &Signal| {
            let says = [Role::OwnWords, Role::LookupFailed, Role::ErrorLine].iter().any(|role| signal.has(*role));
            says && !signal.has(Role::LeaderLost) && signal.subject.its_pod().is_some()
        };
        self.tied().filter(move |one| one.tie.linked && one.tie.is_effect && is_error(one.signal))
    }

    /// Those that tell of harm, in order of onset.
    pub fn counted(&self) -> impl Iterator<Item = Counted<'a>> {
        // How it was seen is not what was hurt, and runs are told one check at a time.
        let seen = |signal: &Signal| {
            [Role::Detection, Role::OutsideCheck, Role::Client, Role::Note].iter().any(|role| signal.has(*role))
        };
        self.tied().filter(move |one| !seen(one.signal) && is_harm(one))
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
