//! Relations by what programs wrote on a pod.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::{PodObject, is_own_kind};
use crate::model::Subject;
use crate::signals::Signal;

/// From an object of somebody's own kind to a pod that came since, on which a label or an annotation names it: operators
/// and policies write there what a pod belongs to, and what they changed of it.
pub const WRITTEN_ON: Relation = Relation {
    name: "written-on",
    joins: |from, to| to == "Pod" && is_own_kind(from),
    as_cause: |_, cause| {
        let own = Some(&cause.subject).filter(|subject| is_own_kind(subject.kind()));
        own.map(|subject| Key::name(subject.name())).into_iter().collect()
    },
    causes: |scene, effect| {
        objects(scene, &effect.subject).flat_map(|pod| &pod.marks).map(|word| Key::name(word)).collect()
    },
    ties: came_since,
    grades_differ: false,
};

fn objects<'a>(scene: &Scene<'a>, pod: &'a Subject) -> impl Iterator<Item = &'a PodObject> + use<'a> {
    scene.topology.pods_named(pod).filter_map(|pod| pod.object.as_ref())
}

fn came_since(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let is_at_home = from.subject.namespace().is_none_or(|namespace| to.subject.namespace() == Some(namespace));
    let came = scene.topology.pods_named(&to.subject).filter_map(|pod| pod.arrived().zip(pod.object.as_ref()));
    let since = came.filter(|(came, _)| *came >= from.from.time).last().filter(|_| is_at_home);
    since.map(|(_, pod)| RelationMatch { grade: None, evidence: vec![pod.citation] })
}
