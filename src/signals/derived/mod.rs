//! Signals that no single record shows: they follow from others and from who stands behind whom.
//!
//! Each is a rule of the catalogue without a `look`, and a file here with the same name.

mod no_ready_endpoints;

use super::{Catalogue, Signal};
use crate::evidence::Evidence;

/// Adds the derived signals.
pub(super) fn add(catalogue: &Catalogue, evidence: &Evidence, signals: &mut Vec<Signal>) {
    if let Some(rule) = catalogue.rule(no_ready_endpoints::NAME) {
        no_ready_endpoints::add(rule, evidence, signals);
    }
}
