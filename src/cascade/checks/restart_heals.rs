//! A restart of the container ended it.
//!
//! A container starts from its image anew: what had been changed inside it is gone.

use super::case::is_harm;
use super::{Case, Check, FactorClass, Found};
use crate::model::{End, Subject, length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "restart-heals", class: FactorClass::Recovery, roles: &[Role::Restart, Role::ProbeKill], find };

/// A pod that was mended by a restart is well within this.
const SOON: TimeDelta = TimeDelta::seconds(120);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut last: BTreeMap<&Subject, (usize, &Signal)> = BTreeMap::new();
    for (index, signal) in case.around(Role::Restart) {
        last.insert(&signal.subject, (index, signal));
    }
    let told = |(pod, (index, restart)): (&Subject, (usize, &Signal))| {
        let at = restart.from.time;
        let harm = || case.of(case.subjects.signals(pod)).filter(|one| is_harm(one));
        let none_later = harm().all(|one| {
            one.from.time <= at && matches!(one.end, End::At(_) | End::Unknown) && one.last_seen() <= at + SOON
        });
        let end = harm().map(Signal::last_seen).max()?;
        if !none_later || at - end > SOON {
            return None;
        }
        let statement = format!(
            "A restart of {pod} at {} ended it: its last sign of trouble was {}",
            rfc3339(at),
            told_of(end - at)
        );
        Some(Found::new(statement, vec![index]))
    };
    last.into_iter().filter_map(told).collect()
}

fn told_of(after: TimeDelta) -> String {
    if after > TimeDelta::zero() { format!("{} after that", length(after)) } else { "before that".to_owned() }
}
