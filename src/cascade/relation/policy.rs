//! From a NetworkPolicy to the pods that it may cut off.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::Signal;
use std::collections::BTreeSet;

/// From a NetworkPolicy to a pod that it is about, or that is configured to call a Service of such pods.
pub const GOVERNS: Relation = Relation {
    name: "governs",
    joins: |from, to| from == "NetworkPolicy" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| governing(scene, effect).into_iter().map(Key::made).collect(),
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

fn governing(scene: &Scene<'_>, effect: &Signal) -> BTreeSet<Subject> {
    let topology = scene.topology;
    let namespace = effect.subject.namespace().unwrap_or_default();
    let named = effect.label("address").and_then(|address| topology.service_named(address, namespace));
    let services: BTreeSet<&Subject> = topology.calls(&effect.subject).into_iter().chain(named).collect();
    // The pods of a Service are alike: one stands for all.
    let called = services.into_iter().filter_map(|service| topology.pods_of_service(service).next());
    let own = topology.pods_named(&effect.subject).last();
    called.chain(own).flat_map(|pod| topology.policies_about(pod)).cloned().collect()
}
