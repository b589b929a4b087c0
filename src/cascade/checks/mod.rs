//! Contributing factors, in eight classes: never one root. What no record can show is asked.
//!
//! Each is a check: which roles it needs, what it finds in a cascade, what it asks, and what would have to be true for
//! the factor to be gone. One file each; the table lists them.

mod backoff_delay;
mod changed_first;
mod cordon;
mod dependency;
mod first_record;
mod last_end;
mod lasting_pressure;
mod late_alert;
mod liveness_dependency;
mod luck;
mod memory_limit;
mod missing_reference;
mod monitoring_hit;
mod motif;
mod node_back;
mod node_reserve;
mod other_victim;
mod reboot;
mod rollout_again;
mod single_replica;
mod taken_back;
mod webhook_policy;

pub(super) use monitoring_hit::watches;

use super::{Cascade, Edge, Motif, Question, Scene};
use crate::model::{Citation, Severity, Subject, Window};
use crate::signals::{Role, Roles, Signal};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What part a factor played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactorClass {
    Trigger,
    Latent,
    Propagation,
    Amplifier,
    Detection,
    Response,
    Recovery,
    Luck,
}

impl FactorClass {
    pub fn name(self) -> &'static str {
        match self {
            Self::Trigger => "trigger",
            Self::Latent => "latent",
            Self::Propagation => "propagation",
            Self::Amplifier => "amplifier",
            Self::Detection => "detection",
            Self::Response => "response",
            Self::Recovery => "recovery",
            Self::Luck => "luck",
        }
    }
}

/// Something that contributed, as the records show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    /// Index of the cascade it contributed to.
    pub cascade: usize,
    /// The check that found it.
    pub id: &'static str,
    pub class: FactorClass,
    pub statement: String,
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
    /// What is true once the factor is gone, of which object, and how that shows.
    pub remedy: Option<String>,
}

/// A kind of contributing factor.
pub struct Check {
    pub id: &'static str,
    pub class: FactorClass,
    /// It is made where the cascade has a signal with one of these; with none of them named, always.
    roles: &'static [Role],
    find: fn(&Case<'_>) -> Vec<Found>,
    /// What it asks where no record can tell.
    ask: Option<fn(&Case<'_>) -> String>,
}

/// Every check; those of one class in the order in which they are told.
const CHECKS: &[Check] = &[
    changed_first::CHECK,
    first_record::CHECK,
    missing_reference::CHECK,
    memory_limit::CHECK,
    node_reserve::CHECK,
    single_replica::CHECK,
    webhook_policy::CHECK,
    liveness_dependency::CHECK,
    dependency::CHECK,
    other_victim::CHECK,
    motif::TRIGGER,
    motif::LATENT,
    motif::PROPAGATION,
    motif::AMPLIFIER,
    motif::DETECTION,
    motif::RESPONSE,
    motif::RECOVERY,
    backoff_delay::CHECK,
    lasting_pressure::CHECK,
    late_alert::CHECK,
    monitoring_hit::CHECK,
    cordon::CHECK,
    reboot::CHECK,
    rollout_again::CHECK,
    taken_back::CHECK,
    node_back::CHECK,
    last_end::CHECK,
    luck::CHECK,
];

/// What a check found.
#[derive(Default)]
struct Found {
    statement: String,
    signals: Vec<usize>,
    /// The first records of the signals where it is empty.
    evidence: Vec<Citation>,
    remedy: Option<String>,
    /// Its place among those of its class, where the table does not give it.
    order: (usize, usize),
}

/// What checks look at.
struct Case<'a> {
    scene: &'a Scene<'a>,
    window: Window,
    cascade: &'a Cascade,
    edges: Vec<&'a Edge>,
    motifs: Vec<&'a Motif>,
    roles: Roles,
}

/// The factors of every cascade, in their order, by class; and what the checks ask about the largest.
pub fn find(
    scene: &Scene<'_>,
    window: Window,
    (cascades, edges, motifs): (&[Cascade], &[Edge], &[Motif]),
) -> (Vec<Factor>, Vec<Question>) {
    let members = cascades.iter().enumerate().flat_map(|(number, cascade)| {
        let signals = cascade.signals.iter();
        signals.map(move |index| (*index, number))
    });
    let cascade_of: BTreeMap<usize, usize> = members.collect();
    let mut edges_of: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        if let Some(number) = cascade_of.get(&edge.from) {
            edges_of.entry(*number).or_default().push(edge);
        }
    }
    let mut motifs_of: BTreeMap<usize, Vec<&Motif>> = BTreeMap::new();
    for motif in motifs {
        let inside: BTreeSet<Option<&usize>> = motif.signals.iter().map(|index| cascade_of.get(index)).collect();
        if let (Some(Some(number)), 1) = (inside.first(), inside.len()) {
            motifs_of.entry(**number).or_default().push(motif);
        }
    }
    let (mut factors, mut questions) = (Vec::new(), Vec::new());
    for (number, cascade) in cascades.iter().enumerate() {
        let roles = cascade.signals.iter().filter_map(|index| scene.signals.get(*index));
        let case = Case {
            scene,
            window,
            cascade,
            edges: edges_of.remove(&number).unwrap_or_default(),
            motifs: motifs_of.remove(&number).unwrap_or_default(),
            roles: roles.flat_map(|signal| signal.roles.iter()).collect(),
        };
        factors.extend(factors_of(&case, number));
        if number == 0 {
            questions = questions_of(&case);
        }
    }
    (factors, questions)
}

fn factors_of(case: &Case<'_>, number: usize) -> Vec<Factor> {
    let mut found: Vec<(&Check, Found)> = Vec::new();
    for check in CHECKS.iter().filter(|check| case.has(check.roles)) {
        found.extend((check.find)(case).into_iter().map(|one| (check, one)));
    }
    found.sort_by_key(|(check, one)| (check.class, one.order));
    let factor = |(check, one): (&Check, Found)| {
        let firsts = || case.of(&one.signals).filter_map(|signal| signal.evidence.first().cloned()).take(4).collect();
        let evidence = if one.evidence.is_empty() { firsts() } else { one.evidence };
        let (id, class) = (check.id, check.class);
        let own = case.of(&one.signals).next().and_then(|first| case.own_remedy(first));
        Factor {
            cascade: number,
            id,
            class,
            statement: one.statement,
            signals: one.signals,
            evidence,
            remedy: one.remedy.or(own),
        }
    };
    found.into_iter().map(factor).filter(|factor| !factor.evidence.is_empty()).collect()
}

fn questions_of(case: &Case<'_>) -> Vec<Question> {
    if case.cascade.affected.is_empty() {
        return Vec::new();
    }
    let asked = CHECKS.iter().filter_map(|check| Some((check.class, check.ask?)));
    let question = |(class, ask): (FactorClass, fn(&Case<'_>) -> String)| Question {
        cascade: Some(0),
        about: class.name().to_owned(),
        question: ask(case),
    };
    asked.map(question).collect()
}

impl<'a> Case<'a> {
    fn has(&self, roles: &[Role]) -> bool {
        roles.is_empty() || roles.iter().any(|role| self.roles.has(*role))
    }

    fn signal(&self, index: usize) -> Option<&'a Signal> {
        self.scene.signals.get(index)
    }

    fn of(&self, indexes: &[usize]) -> impl Iterator<Item = &'a Signal> {
        indexes.iter().filter_map(|index| self.signal(*index))
    }

    /// Its signals that are wanted, in order of time.
    fn those(&self, wanted: impl Fn(&Signal) -> bool) -> Vec<usize> {
        let is_wanted = |index: &&usize| self.signal(**index).is_some_and(&wanted);
        self.cascade.signals.iter().filter(is_wanted).copied().collect()
    }

    /// Its signals with one of these roles.
    fn with(&self, roles: &[Role]) -> Vec<usize> {
        self.those(|signal| roles.iter().any(|role| signal.has(*role)))
    }

    fn first_harm(&self) -> DateTime<Utc> {
        let hurts = self.of(&self.cascade.signals).filter(|signal| signal.severity >= Severity::Warning);
        hurts.map(|signal| signal.from.time).min().unwrap_or(self.cascade.from)
    }

    /// The two signals of an edge.
    fn ends(&self, edge: &Edge) -> Option<(&'a Signal, &'a Signal)> {
        Some((self.signal(edge.from)?, self.signal(edge.to)?))
    }

    /// What the catalogue says would keep a signal from coming again.
    fn own_remedy(&self, signal: &Signal) -> Option<String> {
        let action = self.scene.catalogue.rule(&signal.name)?.actions.first()?;
        signal.fill(action, &self.workload(&signal.subject))
    }

    /// The workload of a pod; anything else itself.
    fn workload(&self, subject: &Subject) -> Subject {
        self.scene.topology.workload_of(subject).unwrap_or_else(|| subject.clone())
    }
}
