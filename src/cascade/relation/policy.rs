//! From what rules traffic to whom it may keep back: a NetworkPolicy, a mesh, the API server's own rules for requests.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::containers;
use crate::model::Subject;
use crate::signals::{Role, Signal};
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

/// From a NetworkPolicy that rules ingress to a pod that it is about. No policy keeps back what comes from a pod's own node
/// (documentation, Network Policies), but some plugins do (kubernetes-sigs/kind issue 3875, k3s-io/k3s issue 10030).
pub const GUARDS: Relation = Relation {
    name: "guards",
    joins: |from, to| from == "NetworkPolicy" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let pod = scene.topology.pods_named(&effect.subject).last();
        let about = pod.into_iter().flat_map(|pod| scene.topology.policies_about(pod));
        about.filter(|(_, policy)| policy.ingress).map(|(policy, _)| Key::made(policy.clone())).collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From what tells a mesh, a gateway or a network plugin how traffic of its namespace goes, to a pod of that namespace or
/// one that calls a Service there; from what tells a mesh of a host outside of it, to any pod of the mesh. What it says is
/// not read, so a link by it can be no surer than order.
pub const RULES_TRAFFIC: Relation = Relation {
    name: "rules-traffic",
    joins: |from, to| TRAFFIC.binary_search(&from).is_ok() && to == "Pod",
    as_cause: |_, cause| {
        // What is outside of the mesh is so for all of it, unless it says for whom (Istio 1.24, ServiceEntry, exportTo).
        let of_all = cause.subject.is("ServiceEntry").then_some(Key::Any);
        cause.subject.namespace().map(Key::name).into_iter().chain(of_all).collect()
    },
    causes: |scene, effect| {
        let of_mesh = has_proxy(scene, &effect.subject).then_some(Key::Any);
        let own = effect.subject.namespace();
        let named = effect.label("address").and_then(|address| {
            let service = scene.topology.service_named(address, own.unwrap_or_default())?;
            service.namespace()
        });
        let called = scene.topology.calls(&effect.subject).into_iter().filter_map(Subject::namespace);
        let all: BTreeSet<&str> = own.into_iter().chain(named).chain(called).collect();
        all.into_iter().map(Key::name).chain(of_mesh).collect()
    },
    ties: |_, from, _| RelationMatch::when(TRAFFIC.binary_search(&from.subject.kind()).is_ok()),
    grades_differ: false,
};

/// From what says how much the API server takes from whom to whatever it told to come back later (documentation, API
/// Priority and Fairness). Which of them a request met is in none of the records that are read, so a link by it rests on
/// time alone.
pub const LIMITS_REQUESTS: Relation = Relation {
    name: "limits-requests",
    joins: |from, _| is_flow_control(from),
    as_cause: |_, cause| if is_flow_control(cause.subject.kind()) { vec![Key::Any] } else { Vec::new() },
    causes: |_, effect| {
        let is_told = effect.has(Role::Throttled) || effect.values("cause").any(|cause| cause == "too-many-requests");
        if is_told { vec![Key::Any] } else { Vec::new() }
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

fn is_flow_control(kind: &str) -> bool {
    matches!(kind, "FlowSchema" | "PriorityLevelConfiguration")
}

/// Kinds of objects that say how traffic goes, in alphabetical order (Istio 1.24, networking and security; Gateway API 1.2;
/// Cilium 1.16; Calico 3.29).
const TRAFFIC: [&str; 11] = [
    "AuthorizationPolicy",
    "CiliumNetworkPolicy",
    "DestinationRule",
    "EnvoyFilter",
    "GRPCRoute",
    "HTTPRoute",
    "PeerAuthentication",
    "RequestAuthentication",
    "ServiceEntry",
    "Sidecar",
    "VirtualService",
];

/// Whether a pod of this name has the proxy of a mesh beside it (Istio 1.24, Installing the Sidecar).
fn has_proxy(scene: &Scene<'_>, pod: &Subject) -> bool {
    let specs = scene.topology.pods_named(pod).filter_map(|pod| scene.topology.spec_of(pod));
    specs.flat_map(containers).any(|container| container.name == "istio-proxy")
}

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
