//! Contributing factors, in eight classes: never one root. What no record can show is left to the questions.

mod course;
mod latent;
mod spread;
mod trigger;

use super::{Cascade, Edge, Motif, Scene};
use crate::model::{Citation, Severity};
use crate::signals::Signal;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

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
    pub class: FactorClass,
    pub statement: String,
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
}

/// What a factor is found in.
struct Inquiry<'a> {
    scene: &'a Scene<'a>,
    number: usize,
    cascade: &'a Cascade,
    edges: Vec<&'a Edge>,
    motifs: &'a [Motif],
    /// Signals of any cascade or none that a cascade may have begun or ended with: changes, and nodes that are back.
    notable: &'a [usize],
    found: Vec<Factor>,
}

/// The factors of every cascade, in their order, by class.
pub fn find(scene: &Scene<'_>, cascades: &[Cascade], edges: &[Edge], motifs: &[Motif]) -> Vec<Factor> {
    let numbered = cascades.iter().enumerate();
    let cascade_of: BTreeMap<usize, usize> = numbered
        .clone()
        .flat_map(|(number, cascade)| cascade.signals.iter().map(move |index| (*index, number)))
        .collect();
    let mut edges_of: BTreeMap<usize, Vec<&Edge>> = BTreeMap::new();
    for edge in edges {
        if let Some(number) = cascade_of.get(&edge.from) {
            edges_of.entry(*number).or_default().push(edge);
        }
    }
    let is_notable = |signal: &Signal| signal.layer == "change" || signal.name == "NodeReady";
    let notable: Vec<usize> =
        scene.signals.iter().enumerate().filter(|(_, signal)| is_notable(signal)).map(|(index, _)| index).collect();
    let inquiry = |(number, cascade)| {
        let edges = edges_of.get(&number).cloned().unwrap_or_default();
        Inquiry { scene, number, cascade, edges, motifs, notable: &notable, found: Vec::new() }
    };
    numbered.flat_map(|one| of_one(inquiry(one))).collect()
}

fn of_one(mut inquiry: Inquiry<'_>) -> Vec<Factor> {
    inquiry.triggers();
    inquiry.latent_limits();
    inquiry.latent_replicas();
    inquiry.latent_probes();
    inquiry.propagation();
    inquiry.amplifiers();
    inquiry.detection();
    inquiry.response();
    inquiry.recovery();
    let mut found = inquiry.found;
    found.sort_by_key(|factor| factor.class);
    found
}

impl<'a> Inquiry<'a> {
    fn add(&mut self, class: FactorClass, statement: String, signals: Vec<usize>, evidence: Vec<Citation>) {
        let evidence = if evidence.is_empty() {
            signals.iter().filter_map(|index| self.signal(*index)?.evidence.first().cloned()).take(4).collect()
        } else {
            evidence
        };
        if !evidence.is_empty() {
            self.found.push(Factor { cascade: self.number, class, statement, signals, evidence });
        }
    }

    fn signal(&self, index: usize) -> Option<&'a Signal> {
        self.scene.signals.get(index)
    }

    /// Signals of the cascade with one of these names (without their qualifiers).
    fn named(&self, names: &[&str]) -> Vec<usize> {
        let wanted = |index: &&usize| self.signal(**index).is_some_and(|signal| names.contains(&signal.base_name()));
        self.cascade.signals.iter().filter(wanted).copied().collect()
    }

    fn first_harm(&self) -> DateTime<Utc> {
        let hurts = self.cascade.signals.iter().filter_map(|index| self.signal(*index));
        let harm = hurts.filter(|signal| signal.severity >= Severity::Warning).map(|signal| signal.from.time).min();
        harm.unwrap_or(self.cascade.from)
    }
}
