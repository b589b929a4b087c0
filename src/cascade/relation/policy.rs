//! From a NetworkPolicy to the pods that it may cut off.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::Signal;
use std::collections::BTreeSet;

/// From a NetworkPolicy to a pod whose answers it may keep back, or that is configured to call a Service of pods which it
/// may keep callers from. What comes from a pod's own node, as its probes do, no policy keeps back (documentation,
/// Network Policies), so one that rules ingress alone is none for the pod itself.
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
    let called = called.flat_map(|pod| topology.policies_about(pod)).filter(|(_, policy)| policy.ingress);
    let own = topology.pods_named(&effect.subject).last();
    let own = own.into_iter().flat_map(|pod| topology.policies_about(pod)).filter(|(_, policy)| policy.egress);
    called.chain(own).map(|(policy, _)| policy.clone()).collect()
}
