//! Changes made while something failed, of what the failing depend on: what might have led to the trouble by a known
//! mechanism, had it come before, is what people turn to in order to end it.

use super::link::Link;
use super::relation::Key;
use super::{Cascade, Grade, Scene};
use crate::model::Severity;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// What is recorded so long after the last sign of a cascade may have ended it.
pub(super) const AFTER: TimeDelta = TimeDelta::minutes(2);

/// Of more changes the last are looked at.
const MOST_CHANGES: usize = 64;

/// So many failures say of what the failing depend on.
const MOST_HARM: usize = 200;

/// Changes that came after the first harm of a cascade and are no part of it, each of something that a link of a known
/// mechanism leads from to that harm; in order of time.
pub(super) fn find(links: &[Link], scene: &Scene<'_>, cascade: &Cascade) -> Vec<usize> {
    let of = |index: &usize| scene.signals.get(*index);
    let is_harm = |index: &usize| of(index).is_some_and(|signal| signal.severity >= Severity::Warning);
    let harm: BTreeSet<usize> = cascade.signals.iter().copied().filter(is_harm).take(MOST_HARM).collect();
    let Some(first) = harm.iter().filter_map(of).map(|signal| signal.from.time).min() else { return Vec::new() };
    let Some(changes) = scene.index.all(Role::Change) else { return Vec::new() };
    let inside: BTreeSet<usize> = cascade.signals.iter().copied().collect();
    let is_later = |index: &usize| of(index).is_some_and(|signal| signal.from.time > first);
    let others = changes.between(first, cascade.to + AFTER).filter(|index| !inside.contains(index) && is_later(index));
    let others: Vec<usize> = others.collect();
    // What ended it came last.
    let last = others.get(others.len().saturating_sub(MOST_CHANGES)..).unwrap_or_default();
    let harm: Vec<&Signal> = harm.iter().filter_map(of).collect();
    let sure: Vec<&Link> = links.iter().filter(|link| link.grade > Grade::Order).collect();
    let is_touching = |change: &Signal| {
        let mut leading = sure.iter().filter(|link| link.from.take(change));
        leading.any(|link| harm.iter().any(|effect| link.to.take(effect) && is_tied(link, scene, change, effect)))
    };
    last.iter().copied().filter(|index| of(index).is_some_and(is_touching)).collect()
}

/// Whether a link's relation ties the two by more than that they are of one cluster, whatever the time between them.
fn is_tied(link: &Link, scene: &Scene<'_>, change: &Signal, effect: &Signal) -> bool {
    let holds = link.labels.hold_for_cause(change) && link.labels.hold_for_effect(effect);
    if !holds || !link.labels.agree(change, effect) {
        return false;
    }
    let (relation, keys) = (&link.relation, (link.relation.as_cause)(scene, change));
    let shared = || (relation.causes)(scene, effect).into_iter().any(|key| key != Key::Any && keys.contains(&key));
    let is_sure = |grade: Option<Grade>| grade.is_none_or(|grade| grade > Grade::Order);
    (relation.joins)(change.subject.kind(), effect.subject.kind())
        && shared()
        && (relation.ties)(scene, change, effect).is_some_and(|tie| is_sure(tie.grade))
}
