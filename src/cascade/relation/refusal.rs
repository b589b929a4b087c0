//! From what says which objects may be made to what it refused: quotas, limit ranges, webhooks and policies.

use super::{Key, Relation, RelationMatch};
use crate::cascade::{Grade, Scene};
use crate::evidence::{Container, containers, quantity};
use crate::model::Subject;
use crate::signals::Signal;

/// From a ResourceQuota to a refusal that names it in the label `quota`. Where more was used than it grants, as `used` and
/// `limited` say, it was put below what was there, as nothing is made beyond one (documentation, Resource Quotas). Where
/// all of it was used, it may have been lowered to that, or have filled up since.
pub const REFUSED_BY_QUOTA: Relation = Relation {
    name: "refused-by-quota",
    joins: |from, to| from == "ResourceQuota" && is_maker(to),
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| {
        let namespace = effect.subject.namespace().unwrap_or_default();
        let quotas = effect.values("quota").map(|name| Subject::of_object("ResourceQuota", namespace, name));
        quotas.map(Key::made).collect()
    },
    ties: |_, from, to| {
        let is_new = || from.label("what").is_some_and(|what| what.starts_with("was created"));
        match to.label("limited").is_none() || is_below_use(to) {
            true => RelationMatch::named_by(to),
            false if is_new() => None,
            false => RelationMatch::graded(Grade::Order, Vec::new()),
        }
    },
    grades_differ: true,
};

/// From a webhook's configuration or a ValidatingAdmissionPolicy to a refusal that names it, in the labels `webhook` or
/// `denied_by`.
pub const REFUSED_BY: Relation = Relation {
    name: "refused-by",
    joins: |from, to| is_policy(from) && is_maker(to),
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| named(scene, effect).into_iter().map(Key::made).collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From an object that an admission policy takes its parameters from to a refusal that names the policy in the label
/// `denied_by` (documentation, Validating Admission Policy, Parameter resources).
pub const PARAMETERS_OF: Relation = Relation {
    name: "parameters-of",
    joins: |_, to| is_maker(to),
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let namespace = effect.subject.namespace().unwrap_or_default();
        let policies = effect.values("denied_by");
        policies.flat_map(|policy| scene.topology.parameters_of(policy, namespace)).map(Key::made).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a LimitRange to what could not be made in its namespace.
pub const RULES_NAMESPACE: Relation = Relation {
    name: "rules-namespace",
    joins: |from, to| from == "LimitRange" && is_maker(to),
    as_cause: |_, cause| {
        let namespace = cause.subject.namespace().filter(|_| cause.subject.is("LimitRange"));
        namespace.map(Key::name).into_iter().collect()
    },
    causes: |_, effect| effect.subject.namespace().map(Key::name).into_iter().collect(),
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From a LimitRange to a pod of its namespace that came since and has a memory limit that its template does not set: what
/// has no limit is given the default at admission (documentation, Limit Ranges).
pub const LIMITS_GIVEN: Relation = Relation {
    name: "limits-given",
    joins: |from, to| from == "LimitRange" && to == "Pod",
    as_cause: |_, cause| {
        let namespace = cause.subject.namespace().filter(|_| cause.subject.is("LimitRange"));
        namespace.map(Key::name).into_iter().collect()
    },
    causes: |_, effect| effect.subject.namespace().map(Key::name).into_iter().collect(),
    ties: |scene, from, to| {
        let pod = scene.topology.pod_at(&to.subject, to.from.time)?;
        let came_since = pod.created.is_none_or(|came| came >= from.from.time);
        let object = pod.object.as_ref().filter(|_| came_since)?;
        let template = &scene.topology.workload(pod.owner.as_ref()?)?.template;
        let is_set = |container: &Container| container.resources.limits.contains_key("memory");
        let given =
            |own: &&Container| is_set(own) && containers(template).any(|one| one.name == own.name && !is_set(one));
        containers(&object.spec).find(given)?;
        Some(RelationMatch { grade: None, evidence: vec![object.citation] })
    },
    grades_differ: false,
};

/// From a pod to what could not be made in its namespace for a quota that counts the objects of pods, as its label
/// `limited` says: failed pods are objects as others are (documentation, Resource Quotas, Object count quota).
pub const USES_UP_QUOTA: Relation = Relation {
    name: "uses-up-quota",
    joins: |from, to| from == "Pod" && is_maker(to),
    as_cause: |_, cause| {
        let namespace = cause.subject.namespace().filter(|_| cause.subject.is("Pod"));
        namespace.map(Key::name).into_iter().collect()
    },
    causes: |_, effect| {
        let counts_pods = effect.values("limited").flat_map(amounts).any(|(resource, _)| resource == "count/pods");
        effect.subject.namespace().filter(|_| counts_pods).map(Key::name).into_iter().collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

fn is_policy(kind: &str) -> bool {
    matches!(kind, "MutatingWebhookConfiguration" | "ValidatingAdmissionPolicy" | "ValidatingWebhookConfiguration")
}

/// Whether objects of a kind make pods.
fn is_maker(kind: &str) -> bool {
    matches!(kind, "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "ReplicationController" | "StatefulSet")
}

fn named(scene: &Scene<'_>, effect: &Signal) -> Vec<Subject> {
    let webhooks = effect.values("webhook").chain(effect.values("denied_by"));
    let webhooks = webhooks.filter_map(|name| scene.topology.webhook(name)).map(|one| one.configuration.clone());
    let policies = effect.values("denied_by").map(|name| Subject::cluster("ValidatingAdmissionPolicy", name));
    webhooks.chain(policies).collect()
}

/// Whether a refusal says that more of a resource was used than is granted.
fn is_below_use(refusal: &Signal) -> bool {
    let used: Vec<(&str, f64)> = refusal.values("used").flat_map(amounts).collect();
    let mut limited = refusal.values("limited").flat_map(amounts);
    limited.any(|(resource, limit)| used.iter().any(|(known, used)| *known == resource && *used > limit))
}

/// The amounts in `pods=7,requests.cpu=2`.
fn amounts(text: &str) -> impl Iterator<Item = (&str, f64)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    pairs.filter_map(|(resource, amount)| Some((resource, quantity(amount)?)))
}
