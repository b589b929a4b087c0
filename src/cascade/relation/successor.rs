//! Relations between a pod that left and what came of it: the pod in its place, and the node that took one that waited.

use super::succession::{ROUNDING, made, owners};
use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};

/// From a pod that was ended to the one that its controller made in its place: of the same controller and version, and
/// made since.
pub const REPLACED_BY: Relation = Relation {
    name: "replaced-by",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: owners,
    causes: owners,
    ties: replaced_by,
    grades_differ: false,
};

/// From a node to a pod that it took, or runs, which no node had taken before.
pub const LETS_IN: Relation = Relation {
    name: "lets-in",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: |_, cause| vec![Key::name(cause.subject.name())],
    causes: |_, effect| effect.node.as_deref().map(Key::name).into_iter().collect(),
    ties: lets_in,
    grades_differ: false,
};

/// From a pod that was ended to the one of the same name that was made since: a StatefulSet gives its pods their names
/// again (documentation, StatefulSets, Stable Network ID).
pub const NAMESAKE: Relation = Relation {
    name: "namesake",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |scene, from, to| {
        let of_name = from.subject == to.subject;
        let new = scene.topology.pod_at(&to.subject, to.from.time).and_then(made).filter(|_| of_name)?;
        RelationMatch::when(new > from.from.time && new <= to.from.latest())
    },
    grades_differ: false,
};

/// A controller that waits longer waits for something else, or replaces another that came in between.
const AT_ONCE: TimeDelta = TimeDelta::seconds(10);

fn replaced_by(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    if from.subject == to.subject {
        return None;
    }
    let came = |subject: &Subject| scene.topology.pods_named(subject).filter_map(made).max();
    let (old, new) = (came(&from.subject), came(&to.subject)?);
    let gap = new - from.from.time;
    RelationMatch::when(gap >= -ROUNDING && gap <= AT_ONCE && old.is_none_or(|old| old < new))
}

fn lets_in(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let is_there = to.node.as_deref() == Some(from.subject.name());
    if is_there { had_waited(scene, &to.subject, from.from.time) } else { None }
}

/// The record that says that a pod had found no node by then.
fn had_waited(scene: &Scene<'_>, pod: &Subject, at: DateTime<Utc>) -> Option<RelationMatch> {
    let waited = scene.index.of(Role::SchedulingFailure, pod)?;
    let first = scene.signals.get(waited.all().next()?)?;
    let evidence = first.evidence.first().copied().into_iter().collect();
    (first.from.time < at).then_some(RelationMatch { grade: None, evidence })
}
