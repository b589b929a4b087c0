//! A rule that spreads pods left none of the remaining nodes for the next one.
//!
//! whenUnsatisfiable: DoNotSchedule keeps a pod pending rather than uneven (Kubernetes documentation, Pod Topology Spread
//! Constraints).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "spread-rule", class: FactorClass::Latent, roles: &[Role::SchedulingFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::SchedulingFailure]) {
        // pkg/scheduler/framework/plugins/podtopologyspread/filtering.go.
        if signal.values("obstacle").any(|one| one.contains("topology spread constraints")) {
            of_workload.entry(case.workload(&signal.subject)).or_default().push(index);
        }
    }
    let found = |(workload, signals): (Subject, Vec<usize>)| {
        let spec = &case.scene.topology.workload(&workload)?.template;
        let mut rules = spec.topology_spread_constraints.iter();
        let rule = rules.find(|rule| rule.when_unsatisfiable != "ScheduleAnyway")?;
        let statement = format!(
            "{workload} spreads its pods over {} or does not schedule them, which left no place for another one",
            rule.topology_key
        );
        let remedy =
            format!("A pod of {workload} is scheduled while one {} is away, shown by a drill", rule.topology_key);
        Some(Found::new(statement, signals).by(case, case.record_of(&workload)).mended(remedy))
    };
    of_workload.into_iter().filter_map(found).collect()
}
