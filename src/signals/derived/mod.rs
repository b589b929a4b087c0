//! Signals that no single record shows: they follow from others and from who stands behind whom.
//!
//! An entry of the catalogue names the kind and its parameters (`derive: {KIND: {…}}`); what it is called, and how bad
//! it is, the entry says. A kind is one file here, a variant of [`Derive`], and a line in each of its methods.

mod all_out;
mod churn;
mod expired;
mod fell_silent;
mod flapping;
mod held_up;
mod image_moved;
mod made;
mod never_in;
mod no_ready_endpoints;
mod not_started;
mod outlived;
mod shared;
mod silence;
mod wave;

use super::{Catalogue, Rule, Signal};
use crate::evidence::Evidence;
use serde::Deserialize;

/// How a signal follows from others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Derive {
    NoReadyEndpoints(no_ready_endpoints::Parameters),
    Silence(Box<silence::Parameters>),
    FellSilent(fell_silent::Parameters),
    NotStarted(not_started::Parameters),
    HeldUp(held_up::Parameters),
    Outlived(outlived::Parameters),
    Wave(wave::Parameters),
    Shared(shared::Parameters),
    Churn(churn::Parameters),
    Flapping(flapping::Parameters),
    Expired(expired::Parameters),
    ImageMoved(image_moved::Parameters),
}

impl Derive {
    /// The labels that it gives.
    pub fn labels(&self) -> &'static [&'static str] {
        match self {
            Self::NoReadyEndpoints(_) => &[no_ready_endpoints::PODS, no_ready_endpoints::NEVER_READY],
            Self::Silence(_) => &silence::LABELS,
            Self::FellSilent(_) => &fell_silent::LABELS,
            Self::NotStarted(_) => &not_started::LABELS,
            Self::HeldUp(_) => &held_up::LABELS,
            Self::Outlived(_) => &outlived::LABELS,
            Self::Wave(_) => &wave::LABELS,
            Self::Shared(_) => &shared::LABELS,
            Self::Churn(_) => &churn::LABELS,
            Self::Flapping(_) => &flapping::LABELS,
            Self::Expired(_) => &expired::LABELS,
            Self::ImageMoved(_) => &image_moved::LABELS,
        }
    }

    /// The kinds of subject that its signals are about.
    pub fn kinds(&self) -> Vec<&str> {
        match self {
            Self::NoReadyEndpoints(_) => vec!["Endpoints"],
            Self::Silence(_) | Self::Wave(_) => vec!["Node"],
            Self::FellSilent(_) | Self::NotStarted(_) | Self::Outlived(_) | Self::ImageMoved(_) => vec!["Pod"],
            Self::HeldUp(_) => vec![held_up::KIND],
            Self::Shared(parameters) => vec![parameters.kind()],
            Self::Churn(parameters) => parameters.kinds(),
            Self::Flapping(parameters) => parameters.kinds(),
            Self::Expired(_) => expired::KINDS.to_vec(),
        }
    }

    /// The rules that its parameters name.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::HeldUp(parameters) => parameters.names(),
            Self::Silence(parameters) => parameters.names(),
            Self::NoReadyEndpoints(parameters) => parameters.names(),
            Self::Wave(parameters) => parameters.names(),
            Self::Shared(parameters) => parameters.names(),
            Self::Expired(parameters) => parameters.names(),
            _ => Vec::new(),
        }
    }

    fn add(&self, rule: &Rule, evidence: &Evidence, signals: &mut Vec<Signal>) {
        match self {
            Self::NoReadyEndpoints(parameters) => no_ready_endpoints::add(rule, parameters, evidence, signals),
            Self::Silence(parameters) => silence::add(rule, parameters, evidence, signals),
            Self::FellSilent(parameters) => fell_silent::add(rule, parameters, evidence, signals),
            Self::NotStarted(parameters) => not_started::add(rule, parameters, evidence, signals),
            Self::HeldUp(parameters) => held_up::add(rule, parameters, evidence, signals),
            Self::Outlived(parameters) => outlived::add(rule, parameters, evidence, signals),
            Self::Shared(parameters) => shared::add(rule, parameters, evidence, signals),
            Self::Wave(parameters) => wave::add(rule, parameters, evidence, signals),
            Self::Churn(parameters) => churn::add(rule, parameters, evidence, signals),
            Self::Flapping(parameters) => flapping::add(rule, parameters, evidence, signals),
            Self::Expired(parameters) => expired::add(rule, parameters, evidence, signals),
            Self::ImageMoved(parameters) => image_moved::add(rule, parameters, evidence, signals),
        }
    }
}

/// Adds the derived signals, in the order of the catalogue: each may rest on those before it.
pub(super) fn add(catalogue: &Catalogue, evidence: &Evidence, signals: &mut Vec<Signal>) {
    for rule in &catalogue.rules {
        if let Some(derive) = &rule.derive {
            derive.add(rule, evidence, signals);
        }
    }
}
