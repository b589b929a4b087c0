//! What was to replace lost pods found no node.
//!
//! A controller makes the replacement at once; the scheduler keeps it pending until a node fits (Kubernetes
//! documentation, Kubernetes Scheduler).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "no-room", class: FactorClass::Amplifier, roles: &[Role::SchedulingFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let lost = [Role::Gone, Role::Drained, Role::Preempted].into_iter().flat_map(|role| case.around(role));
    let lost: Vec<(usize, &Signal)> = lost.collect();
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for (index, signal) in case.each(&[Role::SchedulingFailure]) {
        let workload = case.workload(&signal.subject);
        let of_it = |(_, gone): &&(usize, &Signal)| {
            gone.subject != signal.subject
                && is_alike(case, &gone.subject, &signal.subject)
                && gone.from.earliest() <= signal.from.time
        };
        let Some((gone, lost)) = lost.iter().find(of_it) else { continue };
        if said.insert(workload) {
            let why = signal.label("obstacle").map(|why| format!(" ({why})")).unwrap_or_default();
            let statement = format!(
                "{} was made after {} of the same workload was lost, and no node took it{why}",
                signal.subject, lost.subject
            );
            let remedy = format!(
                "One node fewer still has room for a pod of {}, shown by a drill",
                case.workload(&signal.subject)
            );
            found.push(Found::new(statement, vec![*gone, index]).mended(remedy));
        }
    }
    found
}

/// Whether two pods are of one workload.
fn is_alike(case: &Case<'_>, one: &Subject, other: &Subject) -> bool {
    let workload = case.workload(one);
    workload != *one && workload == case.workload(other)
}
