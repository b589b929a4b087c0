//! Objects of other kinds in trouble, as Ingresses, claims, routes and autoscalers, beside others of their kind that were
//! not: of which class, owner, namespace or annotation they are, and what their specifications say.
//!
//! What went wrong alike is asked together, whether or not a link joins it: routes of several namespaces that name the
//! same listener have nothing else to do with each other.

use super::attributes::{self, Attribute};
use super::question::{Kind, Member, Question, Table};
use crate::cascade::Cascade;
use crate::evidence::{ObjectTraits, Topology};
use crate::model::{Severity, Subject};
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

/// Objects of one kind, and how they went wrong.
type Alike<'a> = (&'a str, &'a str);

/// A question for each kind and signal that several objects have, where others of their kind were well.
pub fn ask(topology: &Topology, signals: &[Signal], cascades: &[Cascade], table: &mut Table) -> Vec<Question> {
    let mut alike: BTreeMap<Alike<'_>, Vec<usize>> = BTreeMap::new();
    for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| is_trouble(signal)) {
        if topology.object_traits(&signal.subject).is_some() {
            alike.entry((signal.subject.kind(), &signal.name)).or_default().push(index);
        }
    }
    let mut asked = BTreeSet::new();
    let questions = alike.into_iter().filter_map(|((kind, _), told)| {
        let failing: BTreeSet<&Subject> =
            told.iter().filter_map(|index| signals.get(*index)).map(|one| &one.subject).collect();
        (failing.len() > 1 && asked.insert(failing.clone()))
            .then(|| question((topology, signals), cascades, (kind, &failing, told), table))
            .flatten()
    });
    questions.collect()
}

fn is_trouble(signal: &Signal) -> bool {
    let is_seen_only = signal.has(Role::Detection) || signal.has(Role::OutsideCheck) || signal.has(Role::Client);
    signal.severity >= Severity::Warning && !is_seen_only
}

fn question(
    (topology, signals): (&Topology, &[Signal]),
    cascades: &[Cascade],
    (kind, failing, told): (&str, &BTreeSet<&Subject>, Vec<usize>),
    table: &mut Table,
) -> Option<Question> {
    let cascade = cascades.iter().position(|one| told.iter().any(|index| one.signals.contains(index)))?;
    let all = || told.iter().filter_map(|index| signals.get(*index));
    let (from, to) = (all().map(|one| one.from.time).min()?, all().map(Signal::last_seen).max()?);
    let is_then = |one: &&Signal| one.from.time <= to && one.until().is_none_or(|_| one.last_seen() >= from);
    let in_trouble: BTreeSet<&Subject> = signals
        .iter()
        .filter(|one| is_trouble(one) && one.subject.is(kind))
        .filter(is_then)
        .map(|one| &one.subject)
        .collect();
    let mut member = |traits: &ObjectTraits| Member {
        has: table.numbers(of_object(traits, topology)),
        record: Some(traits.citation),
    };
    let known = || topology.all_object_traits(kind);
    let was_there = |traits: &ObjectTraits| traits.created.is_none_or(|at| at <= to);
    let healthy = known().filter(|(object, traits)| !in_trouble.contains(object) && was_there(traits));
    let healthy: Vec<Member> = healthy.map(|(_, traits)| member(traits)).collect();
    let failing: Vec<Member> =
        known().filter(|(object, _)| failing.contains(object)).map(|(_, traits)| member(traits)).collect();
    (!healthy.is_empty()).then_some(Question {
        cascade: Some(cascade),
        kind: Kind::Objects(kind.to_owned()),
        failing,
        healthy,
        others: "others that were well",
        is_workload: false,
        has_run: true,
        since: None,
        signals: told,
    })
}

/// What it says of itself, and the labels of its namespace.
fn of_object(traits: &ObjectTraits, topology: &Topology) -> BTreeSet<Attribute> {
    let namespace = traits.attributes.iter().find(|(attribute, _)| attribute == "namespace");
    let labels = namespace.into_iter().flat_map(|(_, namespace)| attributes::of_namespace(namespace, topology));
    labels.chain(traits.attributes.iter().cloned()).collect()
}
