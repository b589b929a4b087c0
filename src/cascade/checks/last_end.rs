//! When the last state of the cascade was over.

use super::{Case, Check, FactorClass, Found};
use crate::model::{End, Severity, length, rfc3339};

pub const CHECK: Check = Check { id: "last-end", class: FactorClass::Recovery, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let latest = |least: Severity| {
        let bad = case.of(&case.cascade.signals).filter(|signal| signal.severity >= least);
        bad.map(|signal| signal.from.time).max()
    };
    let last_harm = latest(Severity::Error).or_else(|| latest(Severity::Warning)).unwrap_or_else(|| case.first_harm());
    let End::At(at) = case.cascade.end else { return Vec::new() };
    // What ended with its last harm, as a Job that gave up, did not recover.
    if at <= last_harm {
        return Vec::new();
    }
    // What was over at once, as a restart or a removal, has no end to tell.
    let signals = case.those(|signal| signal.until() == Some(at) && signal.from.time < at);
    if signals.is_empty() {
        return Vec::new();
    }
    let statement = format!(
        "The last state of the cascade ended at {}, {} after the last new harm",
        rfc3339(at),
        length(at - last_harm)
    );
    let evidence = case.of(&signals).filter_map(|signal| signal.ended_by).take(2).collect();
    vec![Found { statement, signals, evidence, order: (usize::MAX, 0), ..Found::default() }]
}
