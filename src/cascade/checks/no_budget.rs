//! Pods were taken away together, on purpose, and no PodDisruptionBudget held any of them back.
//!
//! An eviction asks the budget (pkg/registry/core/pod/storage/eviction.go), and the scheduler prefers victims of none
//! (pkg/scheduler/framework/preemption). Said only where the list of all budgets came whole.

use super::case::names;
use super::taken::taken_away;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check {
    id: "no-budget",
    class: FactorClass::Latent,
    roles: &[Role::Unready, Role::ServiceLost, Role::Gone, Role::Drained, Role::Preempted, Role::SchedulingFailure],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in taken_away(case) {
        let pod = case.scene.topology.pod_at(&signal.subject, signal.from.time);
        let is_free = pod.and_then(|pod| case.scene.topology.has_no_budget(pod)) == Some(true);
        let workload = case.workload(&signal.subject);
        if is_free && workload != signal.subject {
            of_workload.entry(workload).or_default().push(index);
        }
    }
    let found = |(workload, signals): (Subject, Vec<usize>)| {
        let pods = names(case.of(&signals).map(|signal| &signal.subject).collect::<BTreeSet<_>>());
        let statement = format!(
            "No PodDisruptionBudget selects the pods of {workload}, so nothing bounded how many could be taken away at once: {pods}"
        );
        let remedy = format!(
            "A PodDisruptionBudget selects the pods of {workload}, and its status shows how many disruptions it allows"
        );
        Found::new(statement, signals).by(case, case.record_of(&workload)).mended(remedy)
    };
    of_workload.into_iter().map(found).collect()
}
