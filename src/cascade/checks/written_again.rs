//! What had been changed at the head of the cascade was written again after the harm, which is not known to have gone on for
//! long after that.
//!
//! What it was and what it became stands in the records of both writes.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::configuration_of;
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "written-again", class: FactorClass::Recovery, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let last = case.of(&case.cascade.first).filter(|signal| signal.from.time <= harm);
    let mut heads: BTreeSet<Subject> =
        last.map(|signal| signal.subject.clone()).filter(|one| !one.is("Node") && !one.is("Pod")).collect();
    // What the workloads read may have been written again, too.
    heads.extend(case.workloads.iter().flat_map(|workload| read_by(case, workload)));
    let causes = case.led_to_harm();
    let mut found = Vec::new();
    for subject in &heads {
        let changes = case.scene.index.of(Role::Change, subject).into_iter().flat_map(|all| all.all());
        let changes: Vec<(usize, &Signal)> = changes.filter_map(|index| Some((index, case.signal(index)?))).collect();
        let before = changes.iter().rfind(|(_, one)| one.from.time <= harm && one.from.time >= case.window.from);
        let is_one = |index: &usize, one: &Signal| {
            let is_in_time = one.from.time > harm && case.may_have_helped(one.from.time);
            is_in_time && !one.has(Role::Rollout) && !causes.contains(index)
        };
        let after = changes.iter().find(|(index, one)| is_one(index, one));
        let Some((index, after)) = after else { continue };
        let was = before
            .map(|(_, one)| format!("; before it: {}, at {}", one.title, rfc3339(one.from.time)))
            .unwrap_or_default();
        let statement = format!("{} at {}, after the harm{was}", after.title, rfc3339(after.from.time));
        let signals = [*index].into_iter().chain(before.map(|(index, _)| *index)).collect();
        found.push(Found { order: (*index, 0), ..Found::new(statement, signals) });
    }
    found
}

fn read_by(case: &Case<'_>, workload: &Subject) -> BTreeSet<Subject> {
    let known = case.scene.topology.workload(workload);
    let namespace = workload.namespace().unwrap_or_default();
    known.map(|known| configuration_of(&known.template, namespace)).unwrap_or_default()
}
