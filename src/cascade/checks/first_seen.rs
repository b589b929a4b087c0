//! How soon the kubelet's probes saw what had been changed.
//!
//! A probe sees a fault within its period (Kubernetes documentation, Configure Probes).

use super::{Case, Check, FactorClass, Found};
use crate::model::{Severity, length};
use crate::signals::Role;
use chrono::TimeDelta;

pub const CHECK: Check = Check { id: "first-seen", class: FactorClass::Detection, roles: &[Role::ProbeFailure], find };

/// What is seen later was not seen by its beginning.
const SOON: TimeDelta = TimeDelta::seconds(60);

fn find(case: &Case<'_>) -> Vec<Found> {
    let change =
        case.of(&case.cascade.first).filter(|signal| signal.has(Role::Change)).min_by_key(|signal| signal.from.time);
    let seen = case.each(&[Role::ProbeFailure]).into_iter().min_by_key(|(_, signal)| signal.from.time);
    let harm = case.first_harm();
    // Where nothing more came of it, the probe is the record itself.
    let more = case.has(&[Role::ProbeKill, Role::ServiceLost]);
    let other = case.of(&case.cascade.signals).any(|signal| {
        let is_harm = signal.severity >= Severity::Warning && !signal.has(Role::Alert);
        is_harm && !signal.has(Role::ProbeFailure) && signal.from.time <= harm
    });
    let told = seen
        .filter(|_| (change.is_some() || more) && !other)
        .filter(|(_, seen)| seen.from.time == harm)
        .and_then(|(index, seen)| {
            let probe = seen.variant().unwrap_or("own");
            let statement = match change {
                Some(change) => {
                    let after = seen.from.time - change.from.time;
                    (after >= TimeDelta::zero() && after <= SOON).then_some(())?;
                    format!(
                        "The {probe} probe of {} saw it first, {} after the change of {}",
                        seen.subject,
                        length(after),
                        change.subject
                    )
                }
                None => format!("The {probe} probe of {} was the first record of it", seen.subject),
            };
            Some(Found::new(statement, vec![index]))
        });
    told.into_iter().collect()
}
