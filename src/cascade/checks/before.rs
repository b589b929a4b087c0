//! The same had happened before to a pod of the same workload.
//!
//! Published incidents: the first of a kind is often not the first; restart counters and old pods show it.

use super::{Case, Check, FactorClass, Found};
use crate::model::rfc3339;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "before",
    class: FactorClass::Detection,
    roles: &[Role::Evicted, Role::MemoryKill, Role::RestartBackoff],
    find,
};

/// What came sooner before is the same time of it.
const EARLIER: TimeDelta = TimeDelta::minutes(10);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let told = |(index, signal): (usize, &Signal)| {
        let workload = case.workload(&signal.subject);
        if workload == signal.subject || said.contains(&workload) {
            return None;
        }
        let pods = case.scene.topology.last_pods_of(&workload, case.cascade.to).map(|pod| pod.subject());
        let others: Vec<_> = pods.filter(|pod| *pod != signal.subject).collect();
        let roles = [Role::Evicted, Role::MemoryKill, Role::RestartBackoff];
        let role = roles.into_iter().find(|role| signal.has(*role))?;
        let known = others.iter().filter_map(|pod| case.scene.index.of(role, pod)).flat_map(|onsets| onsets.all());
        let is_earlier = |one: &Signal| one.name == signal.name && one.from.earliest() < signal.from.time - EARLIER;
        let (earlier, one) =
            known.filter_map(|index| Some((index, case.signal(index)?))).find(|(_, one)| is_earlier(one))?;
        said.insert(workload.clone());
        let when = if one.from.earlier_ms > 60_000 {
            format!("at {} or before", rfc3339(one.from.time))
        } else {
            format!("at {}", rfc3339(one.from.time))
        };
        let statement = format!("It was not the first time for {workload}: {}, {when}", one.title);
        let remedy = format!("The first such record of {workload} reaches whoever owns it");
        Some(Found::new(statement, vec![earlier, index]).mended(remedy))
    };
    case.each(&[Role::Evicted, Role::MemoryKill, Role::RestartBackoff]).into_iter().filter_map(told).collect()
}
