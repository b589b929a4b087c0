//! What had taken the memory ended, and nothing ran out after that.
//!
//! The memory of a process is free as soon as it has ended (Linux v6.8, mm/oom_kill.c).

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "demand-ended", class: FactorClass::Recovery, roles: &[Role::Shortage, Role::Pressure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let shortages = case.with(&[Role::Shortage]);
    let askers =
        case.of(&shortages).filter_map(|signal| case.scene.demand.on(signal.node.as_deref()?, signal.from.time));
    let askers: BTreeSet<Subject> = askers.map(|consumer| consumer.workload.clone()).collect();
    let told = |workload: Subject| {
        let own = |signal: &Signal| signal.subject == workload || case.workload(&signal.subject) == workload;
        let over = case.recorded(Role::JobOver, [workload.clone()].iter());
        let (index, over) = over.into_iter().rfind(|(_, signal)| own(signal))?;
        let last = case.of(&shortages).map(|signal| signal.last_seen()).max()?;
        if last > over.from.time {
            return None;
        }
        let statement = format!(
            "{workload} came to its end at {}, and no shortage is recorded after that",
            rfc3339(over.from.time)
        );
        Some(Found::new(statement, vec![index]))
    };
    askers.into_iter().filter_map(told).collect()
}
