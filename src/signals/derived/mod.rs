//! Signals that no single record shows: they follow from others and from who stands behind whom.
//!
//! An entry of the catalogue names the kind and its parameters (`derive: {KIND: {…}}`); what it is called, and how bad
//! it is, the entry says. A kind is one file here, a variant of [`Derive`], and a line in each of its methods.

mod all_out;
mod made;
mod no_ready_endpoints;
mod silence;

use super::{Catalogue, Rule, Signal};
use crate::evidence::Evidence;
use serde::Deserialize;

/// How a signal follows from others.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Derive {
    NoReadyEndpoints(no_ready_endpoints::Parameters),
    Silence(silence::Parameters),
}

impl Derive {
    /// The labels that it gives.
    pub fn labels(&self) -> &'static [&'static str] {
        match self {
            Self::NoReadyEndpoints(_) => &[no_ready_endpoints::PODS],
            Self::Silence(_) => &silence::LABELS,
        }
    }

    /// The rules that its parameters name.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::NoReadyEndpoints(_) => Vec::new(),
            Self::Silence(parameters) => parameters.names(),
        }
    }

    fn add(&self, rule: &Rule, evidence: &Evidence, signals: &mut Vec<Signal>) {
        match self {
            Self::NoReadyEndpoints(parameters) => no_ready_endpoints::add(rule, parameters, evidence, signals),
            Self::Silence(parameters) => silence::add(rule, parameters, evidence, signals),
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
