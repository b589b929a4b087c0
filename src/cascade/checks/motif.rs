//! A motif made it worse.

use super::{Case, Check, FactorClass, Found};

pub const CHECK: Check = Check { id: "motif", class: FactorClass::Amplifier, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let found = case.motifs.iter().map(|motif| Found {
        statement: motif.statement.clone(),
        signals: motif.signals.clone(),
        evidence: motif.evidence.clone(),
        ..Found::default()
    });
    found.collect()
}
