//! Relations between Services and what they answer for: APIs and webhooks.

use super::{Key, Relation, RelationMatch};
use crate::cascade::{Grade, Scene};
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::Signal;
use chrono::TimeDelta;

/// From a Service to an APIService that it answers for, or to what was refused because a webhook, which the label `webhook`
/// or `webhook_service` (`NAME.NAMESPACE`) names, did not answer.
pub const ANSWERS_FOR: Relation = Relation {
    name: "answers-for",
    joins: |from, _| matches!(from, "Endpoints" | "Service"),
    as_cause: |_, cause| service(cause).into_iter().map(Key::made).collect(),
    causes: |scene, effect| asked(scene, effect).into_iter().map(Key::made).collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From who went on without a webhook, by the label `webhook`, to a pod that was made meanwhile. Only a webhook that
/// changes what it is asked about leaves pods without something; of one that is not known it may be either.
pub const MADE_WITHOUT: Relation = Relation {
    name: "made-without",
    joins: |_, to| to == "Pod",
    as_cause: |_, cause| cause.label("webhook").map(|_| Key::Any).into_iter().collect(),
    causes: |_, _| vec![Key::Any],
    ties: |scene, from, to| {
        let webhook = from.label("webhook").and_then(|name| scene.topology.webhook(name));
        let only_asks = webhook.is_some_and(|webhook| webhook.configuration.is("ValidatingWebhookConfiguration"));
        let pod = scene.topology.pod_at(&to.subject, to.from.time)?;
        let made = pod.created.or_else(|| pod.arrived())?;
        let (from, to) = (from.from.earliest() - ROUNDED, from.last_seen() + ROUNDED);
        RelationMatch::when(!only_asks && from <= made && made <= to)
    },
    grades_differ: false,
};

/// The API server writes of a webhook as it makes a pod, whose record bears whole seconds.
const ROUNDED: TimeDelta = TimeDelta::seconds(1);

/// From a pod to what names a Service that selects it in the label `service`, as `NAMESPACE/NAME` or with its port.
pub const BACKEND_OF_NAMED: Relation = Relation {
    name: "backend-of-named",
    joins: |from, _| from == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let named = effect.values("service").filter_map(|name| name.split(':').next()?.split_once('/'));
        let services = named.map(|(namespace, name)| Subject::namespaced("Service", namespace, name));
        services.flat_map(|service| behind(scene, &service)).map(|pod| Key::made(pod.subject())).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From an APIService to what names its group in the label `api_group`.
pub const API_NAMED: Relation = Relation {
    name: "api-named",
    joins: |from, _| from == "APIService",
    // VERSION.GROUP (Kubernetes API reference, APIService).
    as_cause: |_, cause| cause.subject.name().split_once('.').map(|(_, group)| Key::name(group)).into_iter().collect(),
    causes: |_, effect| effect.label("api_group").map(Key::name).into_iter().collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a pod that the Service of an APIService selects to that APIService, where its condition says that the Service has
/// no endpoints.
pub const BEHIND_API: Relation = Relation {
    name: "behind-api",
    joins: |from, to| from == "Pod" && to == "APIService",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let service = scene.topology.serves(&effect.subject).into_iter();
        service.flat_map(|service| behind(scene, service)).map(|pod| Key::made(pod.subject())).collect()
    },
    ties: |scene, from, to| {
        if to.label("reason") != Some("MissingEndpoints") {
            return None;
        }
        let is_selected =
            scene.topology.serves(&to.subject).is_some_and(|one| scene.topology.is_selected(&from.subject, one));
        if is_selected { RelationMatch::plain() } else { RelationMatch::graded(Grade::Order, Vec::new()) }
    },
    grades_differ: false,
};

/// The pods that a Service selects; where it was not collected, those called by its name, as its maker's manifests call
/// both (kubernetes-sigs/metrics-server, manifests/base).
fn behind<'a>(scene: &Scene<'a>, service: &Subject) -> Vec<&'a Pod> {
    let topology = scene.topology;
    if topology.services().any(|(known, _)| known == service) {
        return topology.pods_of_service(service).collect();
    }
    let namespace = service.namespace().unwrap_or_default();
    let workload = Subject::namespaced("Deployment", namespace, service.name());
    let called_so = |pod: &&Pod| {
        let rest = pod.name.strip_prefix(service.name()).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| rest.matches('-').count() == 1)
    };
    let alone = topology.pods_of_no_controller(namespace).filter(called_so);
    topology.pods_of_workload(&workload).chain(alone).collect()
}

/// From one record to another that names the same webhook's Service in the label `webhook_service`.
pub const SAME_WEBHOOK: Relation = Relation {
    name: "same-webhook",
    joins: |_, _| true,
    as_cause: |_, cause| cause.label("webhook_service").map(Key::name).into_iter().collect(),
    causes: |_, effect| effect.label("webhook_service").map(Key::name).into_iter().collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

fn service(signal: &Signal) -> Option<Subject> {
    Some(Subject::namespaced("Service", signal.subject.namespace()?, signal.subject.name()))
}

fn asked(scene: &Scene<'_>, effect: &Signal) -> Option<Subject> {
    let named = effect.label("webhook_service").and_then(|name| name.split_once('.'));
    let named = named.map(|(name, namespace)| Subject::namespaced("Service", namespace, name));
    let of_webhook = || scene.topology.webhook(effect.label("webhook")?)?.service.clone();
    named.or_else(of_webhook).or_else(|| scene.topology.serves(&effect.subject).cloned())
}
