//! Relations between Services and what they answer for: APIs and webhooks.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::Signal;

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
        service
            .flat_map(|service| scene.topology.pods_of_service(service))
            .map(|pod| Key::made(pod.subject()))
            .collect()
    },
    ties: |_, _, to| RelationMatch::when(to.label("reason") == Some("MissingEndpoints")),
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
