//! From an object to a record that names it as its reason: what is not there, the quota that was exceeded.

use super::{Key, Relation, RelationMatch};
use crate::model::Subject;
use crate::signals::{NAMES, Signal};

/// From an object to whatever names it: in the labels `missing_kind` and `missing`, in `quota`, a pod in `holder`, or any
/// object in `named_kind` and `named`, of the namespace in `named_namespace` or of its own; and whatever its message
/// names.
pub const NAMED: Relation = Relation {
    name: "named-by",
    joins: |_, _| true,
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| named(effect).into_iter().map(Key::made).collect(),
    ties: |_, from, to| {
        // Two that name each other have one trouble, and neither led to the other.
        let is_mutual = from.subject != to.subject && named(from).contains(&to.subject);
        if is_mutual { None } else { RelationMatch::named_by(to) }
    },
    grades_differ: false,
};

/// From an object to one that refers to it: by its specification, or as its owner.
pub const REFERRED_TO_BY: Relation = Relation {
    name: "referred-to-by",
    joins: |_, _| true,
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| scene.topology.referred_to_by(&effect.subject).map(Key::subject).collect(),
    ties: |_, from, to| RelationMatch::when(from.subject != to.subject),
    grades_differ: false,
};

/// From an object to another of its namespace that is called after it, as controllers call what they make: `NAME-…`
/// (apimachinery, pkg/apis/meta/v1/types.go, generateName).
pub const NAMED_AFTER: Relation = Relation {
    name: "named-after",
    joins: |from, to| from != to,
    as_cause: |_, cause| called(&cause.subject),
    causes: |_, effect| called_after(&effect.subject),
    ties: |_, from, to| RelationMatch::when(is_called_after(&to.subject, &from.subject)),
    grades_differ: false,
};

/// The other way: from what is called after an object to that.
pub const CALLED_AFTER: Relation = Relation {
    name: "called-after",
    joins: |_, _| true,
    as_cause: |_, cause| called_after(&cause.subject),
    causes: |_, effect| called(&effect.subject),
    ties: |_, from, to| RelationMatch::when(is_called_after(&from.subject, &to.subject)),
    grades_differ: false,
};

/// From what a Secret is made of, which is called as it is unless it says otherwise, to what misses that Secret
/// (external-secrets v0.10, spec.target.name; sealed-secrets v0.27; cert-manager v1.16, spec.secretName).
pub const MAKES_SECRET: Relation = Relation {
    name: "makes-secret",
    joins: |from, _| matches!(from, "Certificate" | "ExternalSecret" | "SealedSecret"),
    as_cause: |_, cause| {
        let namespace = cause.subject.namespace().into_iter();
        namespace.map(|namespace| Key::made(Subject::namespaced("Secret", namespace, cause.subject.name()))).collect()
    },
    causes: |_, effect| named(effect).into_iter().map(Key::made).collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a node to a pod that waits for what a pod of that node has, which its record names in the label `holder`.
pub const HOLDER_ON: Relation = Relation {
    name: "holder-on",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: |_, cause| vec![Key::name(cause.subject.name())],
    causes: |scene, effect| {
        let namespace = effect.subject.namespace().unwrap_or_default();
        let holders = effect.values("holder").map(|name| Subject::pod(namespace, name));
        holders.filter_map(|holder| scene.topology.node_of(&holder)).map(Key::name).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a host outside of the cluster to whatever names it in the label `cause_whom` as who did not answer.
pub const HOST_NAMED: Relation = Relation {
    name: "host-named",
    joins: |from, _| from == "Host",
    as_cause: |_, cause| if cause.subject.is("Host") { vec![Key::name(cause.subject.name())] } else { Vec::new() },
    causes: |_, effect| effect.values("cause_whom").flat_map(|whom| whom.split(['/', ':'])).map(Key::name).collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// An object's own name.
fn called<'a>(subject: &'a Subject) -> Vec<Key<'a>> {
    subject.namespace().map(|namespace| Key::Pair(namespace, subject.name())).into_iter().collect()
}

/// What an object may be called after.
fn called_after<'a>(subject: &'a Subject) -> Vec<Key<'a>> {
    let Some(namespace) = subject.namespace() else { return Vec::new() };
    let cuts = subject.name().match_indices('-').filter_map(|(at, _)| subject.name().get(..at));
    cuts.filter(|word| !word.is_empty()).map(|word| Key::Pair(namespace, word)).collect()
}

fn is_called_after(one: &Subject, other: &Subject) -> bool {
    let is_longer = one.name().strip_prefix(other.name()).is_some_and(|rest| rest.starts_with('-'));
    is_longer && one.kind() != other.kind() && one.namespace() == other.namespace()
}

/// What programs call kinds when they miss an object: the resource or its singular, with its group or without
/// (apimachinery, pkg/api/errors, `NewNotFound`).
const WORDS: [(&str, &str); 10] = [
    ("configmap", "ConfigMap"),
    ("configmaps", "ConfigMap"),
    ("persistentvolumeclaim", "PersistentVolumeClaim"),
    ("PriorityClass", "PriorityClass"),
    ("RuntimeClass", "RuntimeClass"),
    ("secret", "Secret"),
    ("secrets", "Secret"),
    ("serviceaccount", "ServiceAccount"),
    ("storageclass.storage.k8s.io", "StorageClass"),
    ("runtimeclasses.node.k8s.io", "RuntimeClass"),
];

/// Kinds without namespaces.
const OF_CLUSTER: [&str; 3] = ["PriorityClass", "RuntimeClass", "StorageClass"];

/// What a record says was not there.
pub fn missing(effect: &Signal) -> Option<Subject> {
    let (word, name) = effect.label("missing_kind").zip(effect.label("missing"))?;
    let (_, kind) = WORDS.iter().find(|(known, _)| *known == word)?;
    let namespace = effect.subject.namespace().filter(|_| !OF_CLUSTER.contains(kind));
    Some(Subject::of_object(kind, namespace.unwrap_or_default(), name))
}

/// The ConfigMap or Secret that a record names as the one that was not there, or that lacks a key.
pub fn configuration(effect: &Signal) -> Option<Subject> {
    let namespace = effect.subject.namespace()?;
    let lacking = effect.label("lacking_kind").zip(effect.label("lacking"));
    let lacking = lacking.map(|(kind, name)| Subject::namespaced(kind, namespace, name));
    lacking.or_else(|| missing(effect)).filter(|one| one.is("ConfigMap") || one.is("Secret"))
}

fn named(effect: &Signal) -> Vec<Subject> {
    let namespace = effect.subject.namespace().unwrap_or_default();
    let quota = effect.label("quota").map(|name| Subject::of_object("ResourceQuota", namespace, name));
    let holder = effect.label("holder").map(|name| Subject::pod(namespace, name));
    let of = effect.label("named_namespace").unwrap_or(namespace);
    let object = effect.label("named_kind").zip(effect.label("named"));
    let object = object.map(|(kind, name)| Subject::of_object(kind, of, name));
    // As `[shop/web shop/other]`, one of which may be its own subject.
    let scalers =
        effect.values("autoscalers").flat_map(|names| names.split(' ')).filter_map(|name| name.split_once('/'));
    let scalers = scalers.map(|(namespace, name)| Subject::namespaced("HorizontalPodAutoscaler", namespace, name));
    let mentioned = effect.values(NAMES).filter_map(|object| object.parse().ok());
    missing(effect).into_iter().chain(quota).chain(holder).chain(object).chain(scalers).chain(mentioned).collect()
}
