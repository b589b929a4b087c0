//! Relations between a workload and the pods that ask it, or that it asks, and between a route and the pods that go
//! through it. They say who may feel a change of the other, and not that anybody did.

use super::service;
use super::since::was_told_before;
use super::succession::{has_sets, made};
use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::Pod;
use crate::model::{Citation, Subject};
use crate::signals::Signal;
use std::collections::BTreeSet;

/// So many pods of a workload are asked whom they call: they have one template.
const ALIKE: usize = 2;

/// From a workload to a pod of another that is configured to call a Service of it.
pub const ASKED_BY: Relation = Relation {
    name: "asked-by",
    joins: |from, to| is_workload(from) && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let services = service::asked(scene, effect).into_iter();
        services.flat_map(|service| scene.topology.workloads_of_service(service)).map(Key::subject).collect()
    },
    ties: |scene, from, to| {
        let is_other = scene.topology.workload_of(&to.subject).as_ref() != Some(&from.subject);
        let is_new = is_other && !was_told_before(scene, &to.subject, (from, to));
        is_new.then(|| RelationMatch { grade: None, evidence: configuration_of(scene, &to.subject) })
    },
    grades_differ: false,
};

/// The other way: from a workload, whose pods came with or after what happened, to a pod behind a Service that they are
/// configured to call.
pub const ASKS: Relation = Relation {
    name: "asks",
    joins: |from, to| is_workload(from) && to == "Pod",
    as_cause: |scene, cause| {
        let pods: Vec<&Pod> = since(scene, cause);
        let services: BTreeSet<&Subject> = pods.iter().flat_map(|pod| scene.topology.calls(&pod.subject())).collect();
        services
            .into_iter()
            .flat_map(|service| scene.topology.workloads_of_service(service))
            .map(Key::subject)
            .collect()
    },
    causes: |scene, effect| scene.topology.workload_of(&effect.subject).map(Key::made).into_iter().collect(),
    ties: |scene, from, to| {
        let is_other = scene.topology.workload_of(&to.subject).as_ref() != Some(&from.subject);
        let first = since(scene, from)
            .into_iter()
            .next()
            .filter(|_| is_other && !was_told_before(scene, &to.subject, (from, to)))?;
        Some(RelationMatch { grade: None, evidence: configuration_of(scene, &first.subject()) })
    },
    grades_differ: false,
};

/// From an Ingress or a route of the Gateway API to a pod that has a host of it in its configuration, and does not answer
/// for that host itself.
pub const ROUTES: Relation = Relation {
    name: "routes",
    joins: |from, to| matches!(from, "GRPCRoute" | "HTTPRoute" | "Ingress" | "TLSRoute") && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| scene.topology.routes_asked(&effect.subject).into_iter().map(Key::subject).collect(),
    ties: |scene, _, to| Some(RelationMatch { grade: None, evidence: configuration_of(scene, &to.subject) }),
    grades_differ: false,
};

/// From an Ingress or a route to a record that names a Service to which it leads, or a pod behind that, as of who did not
/// answer whatever stands in front.
pub const LEADS_TO_ASKED: Relation = Relation {
    name: "leads-to-asked",
    joins: ROUTES.joins,
    as_cause: ROUTES.as_cause,
    causes: |scene, effect| {
        let services = service::named(scene, effect).into_iter();
        services.flat_map(|service| scene.topology.routes_to(service)).map(Key::subject).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a Service to a pod that has a host in its configuration which an Ingress or a route leads to that Service.
pub const BEHIND_ROUTE: Relation = Relation {
    name: "behind-route",
    joins: |from, to| from == "Endpoints" && to == "Pod",
    as_cause: |_, cause| {
        let namespace = cause.subject.namespace().into_iter();
        namespace.map(|of| Key::made(Subject::namespaced("Service", of, cause.subject.name()))).collect()
    },
    causes: |scene, effect| {
        let routes = scene.topology.routes_asked(&effect.subject).into_iter();
        routes.flat_map(|route| scene.topology.published_by(route)).map(Key::subject).collect()
    },
    ties: |scene, _, to| Some(RelationMatch { grade: None, evidence: configuration_of(scene, &to.subject) }),
    grades_differ: false,
};

fn is_workload(kind: &str) -> bool {
    has_sets(kind) || matches!(kind, "CronJob" | "DaemonSet" | "Job" | "StatefulSet")
}

/// Some pods of a workload that were made with or after what a signal tells of it.
fn since<'a>(scene: &Scene<'a>, cause: &Signal) -> Vec<&'a Pod> {
    let own = scene.topology.pods_of_owner(&cause.subject).chain(scene.topology.pods_of_workload(&cause.subject));
    own.filter(|pod| made(pod).is_none_or(|made| made >= cause.from.time)).take(ALIKE).collect()
}

/// The object of a pod, which says whom it calls.
fn configuration_of(scene: &Scene<'_>, pod: &Subject) -> Vec<Citation> {
    let object = scene.topology.pods_named(pod).filter_map(|pod| pod.object.as_ref()).last();
    object.map(|object| object.citation).into_iter().collect()
}
