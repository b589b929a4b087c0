//! Relations within one subject, and the one of all subjects.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::signals::Signal;

/// Whatever happens in the same cluster.
pub const CLUSTER: Relation = Relation {
    name: "cluster",
    joins: |_, _| true,
    as_cause: any,
    causes: any,
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From whatever happens in the same cluster to a node.
pub const CLUSTER_TO_NODE: Relation = Relation {
    name: "cluster-to-node",
    joins: |_, to| to == "Node",
    as_cause: any,
    causes: nodes_any,
    ties: |_, _, to| RelationMatch::when(to.subject.is("Node")),
    grades_differ: false,
};

pub const SAME_SUBJECT: Relation = Relation {
    name: "same-subject",
    joins: |from, to| from == to,
    as_cause: own,
    causes: own,
    ties: |_, from, to| RelationMatch::when(from.subject == to.subject),
    grades_differ: false,
};

/// Within one container, as far as both say which; the kernel's reports do not always.
pub const SAME_CONTAINER: Relation = Relation {
    name: "same-container",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: own,
    causes: own,
    ties: same_container,
    grades_differ: false,
};

/// From whatever is in a namespace to the namespace.
pub const IN_NAMESPACE: Relation = Relation {
    name: "in-namespace",
    joins: |from, to| from != "Namespace" && to == "Namespace",
    as_cause: |_, cause| cause.subject.namespace().map(Key::name).into_iter().collect(),
    causes: |_, effect| {
        Some(effect)
            .filter(|one| one.subject.is("Namespace"))
            .map(|one| Key::name(one.subject.name()))
            .into_iter()
            .collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From a namespace to whatever is in it.
pub const OF_NAMESPACE: Relation = Relation {
    name: "of-namespace",
    joins: |from, to| from == "Namespace" && to != "Namespace",
    as_cause: |_, cause| vec![Key::name(cause.subject.name())],
    causes: |_, effect| effect.subject.namespace().map(Key::name).into_iter().collect(),
    ties: |_, from, _| RelationMatch::when(from.subject.is("Namespace")),
    grades_differ: false,
};

fn any<'a>(_: &Scene<'a>, _: &'a Signal) -> Vec<Key<'a>> {
    vec![Key::Any]
}

fn nodes_any<'a>(_: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    if effect.subject.is("Node") { vec![Key::Any] } else { Vec::new() }
}

fn own<'a>(_: &Scene<'a>, signal: &'a Signal) -> Vec<Key<'a>> {
    vec![Key::subject(&signal.subject)]
}

fn same_container(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let apart = from.label("container").zip(to.label("container")).is_some_and(|(a, b)| a != b);
    RelationMatch::when(from.subject == to.subject && !apart)
}
