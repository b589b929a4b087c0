//! The monitoring was among what was hurt.

use super::{Case, Check, FactorClass, Found};
use crate::model::Severity;

pub const CHECK: Check = Check { id: "monitoring-hit", class: FactorClass::Detection, roles: &[], find };

/// How the names of programs begin that watch a cluster.
const MONITORING: [&str; 3] = ["prometheus", "alertmanager", "grafana"];

/// Whether a program of this name watches a cluster.
pub fn watches(name: &str) -> bool {
    MONITORING.iter().any(|one| name.starts_with(one))
}

fn find(case: &Case<'_>) -> Vec<Found> {
    let signals = case.those(|signal| signal.severity >= Severity::Error && watches(signal.subject.name()));
    let Some(first) = case.of(&signals).next() else { return Vec::new() };
    let workload = case.workload(&first.subject);
    let statement = format!("The monitoring was hit itself: {}", first.title);
    let remedy =
        format!("{workload} has samples of the whole time in which one of its nodes is down, shown by a drill");
    vec![Found { statement, signals, remedy: Some(remedy), ..Found::default() }]
}
