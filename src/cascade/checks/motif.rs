//! A motif played a part: which one says its kind.

use super::super::motifs;
use super::{Case, Check, FactorClass, Found};

const fn check(class: FactorClass, find: fn(&Case<'_>) -> Vec<Found>) -> Check {
    Check { id: "motif", class, roles: &[], find }
}

pub const TRIGGER: Check = check(FactorClass::Trigger, |case| find(case, FactorClass::Trigger));
pub const LATENT: Check = check(FactorClass::Latent, |case| find(case, FactorClass::Latent));
pub const PROPAGATION: Check = check(FactorClass::Propagation, |case| find(case, FactorClass::Propagation));
pub const AMPLIFIER: Check = check(FactorClass::Amplifier, |case| find(case, FactorClass::Amplifier));
pub const DETECTION: Check = check(FactorClass::Detection, |case| find(case, FactorClass::Detection));
pub const RESPONSE: Check = check(FactorClass::Response, |case| find(case, FactorClass::Response));
pub const RECOVERY: Check = check(FactorClass::Recovery, |case| find(case, FactorClass::Recovery));

fn find(case: &Case<'_>, class: FactorClass) -> Vec<Found> {
    let found = case.motifs.iter().filter(|motif| motifs::class(motif) == class).map(|motif| Found {
        statement: motif.statement.clone(),
        signals: motif.signals.clone(),
        evidence: motif.evidence.clone(),
        ..Found::default()
    });
    found.collect()
}
