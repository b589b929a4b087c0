//! A pod had to make room for one of higher priority.
//!
//! The scheduler preempts pods of lower priority where a pending pod fits nowhere else (Kubernetes documentation, Pod
//! Priority and Preemption).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "low-priority", class: FactorClass::Latent, roles: &[Role::Preempted], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::Preempted]) {
        of_workload.entry(case.workload(&signal.subject)).or_default().push(index);
    }
    let found = |(workload, signals): (Subject, Vec<usize>)| {
        let topology = case.scene.topology;
        let pod = topology.pods_named(&case.of(&signals).next()?.subject).last()?;
        let spec = topology.spec_of(pod).or_else(|| topology.workload(&workload).map(|known| &known.template))?;
        let class = spec.priority_class_name.as_str();
        let priority = topology.priority(class);
        let statement = match (class, priority) {
            ("", _) => {
                format!("{workload} names no PriorityClass, so any pod with a higher priority may take its place")
            }
            (_, Some(known)) => {
                format!(
                    "{workload} has PriorityClass/{class} ({}), so pods of a higher one take its place",
                    known.value
                )
            }
            (_, None) => format!("{workload} has PriorityClass/{class}, so pods of a higher one take its place"),
        };
        let remedy = format!("{workload} has a priority that says what depends on it, or room of its own");
        let records = case.record_of(&workload).into_iter().chain(priority.map(|known| known.citation));
        Some(Found::new(statement, signals).by(case, records).mended(remedy))
    };
    of_workload.into_iter().filter_map(found).collect()
}
