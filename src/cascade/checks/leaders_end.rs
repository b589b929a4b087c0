//! Controllers that lost their lease end, and are missing longer than what they waited for.
//!
//! A leader that cannot renew exits; another takes over once the lease has run out (client-go v0.34,
//! tools/leaderelection).

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "leaders-end", class: FactorClass::Amplifier, roles: &[Role::LeaseLost, Role::ControlPlane], find };

/// A controller that ends is noticed within this of the cascade.
const NEAR: TimeDelta = TimeDelta::minutes(2);
const MOST: usize = 64;

fn find(case: &Case<'_>) -> Vec<Found> {
    let (from, to) = (case.cascade.from - NEAR, case.cascade.to + NEAR);
    let lost: BTreeSet<usize> =
        case.scene.index.all(Role::LeaseLost).into_iter().flat_map(|lost| lost.between(from, to)).take(MOST).collect();
    let mut said: BTreeSet<&Subject> = BTreeSet::new();
    let told = |index: usize| {
        let signal: &Signal = case.signal(index).filter(|one| one.subject.is("Lease"))?;
        if !said.insert(&signal.subject) {
            return None;
        }
        let (subject, at) = (&signal.subject, rfc3339(signal.from.time));
        let lasted = signal
            .until()
            .map(|until| length(until - signal.from.time))
            .map(|lasted| format!(" for {lasted}"))
            .unwrap_or_default();
        let statement = format!(
            "{subject} had no holder from {at}{lasted}: who held it ended when it could not renew it, and nothing did its work meanwhile"
        );
        let remedy =
            format!("{subject} has a second candidate that takes it over within its duration, shown by a drill");
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    lost.into_iter().filter_map(told).collect()
}
