//! A setting was written while pods ran, and only those that started after it failed: it is read at start only.
//!
//! Environment variables and subPath mounts are never updated, and a mounted file is only as fresh as the program that
//! reads it (Kubernetes documentation, ConfigMaps).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Pod, configuration_of};
use crate::model::{Subject, length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;

pub const CHECK: Check = Check { id: "read-at-start", class: FactorClass::Latent, roles: &[], find };

/// A change that shows sooner did not wait for a start.
const LONG: TimeDelta = TimeDelta::seconds(60);

fn find(case: &Case<'_>) -> Vec<Found> {
    let found = |dormant: Dormant<'_>| {
        let Dormant { workload, index, change, waited } = dormant;
        let (setting, at) = (&change.subject, rfc3339(change.from.time));
        let statement = format!(
            "{workload} reads {setting} at its start only: it was written at {at}, and its pods failed only once they started anew, {} later",
            length(waited)
        );
        let remedy =
            format!("A change of {setting} rolls {workload} out at once, as a hash of it in the template does");
        Found::new(statement, vec![index]).by(case, case.record_of(&workload)).mended(remedy)
    };
    dormant(case).into_iter().map(found).collect()
}

/// A change that waited for a start.
pub struct Dormant<'a> {
    pub workload: Subject,
    pub index: usize,
    pub change: &'a Signal,
    /// From the change to the first harm of the workload.
    pub waited: TimeDelta,
}

/// The last change before the harm of what each workload reads, where it is a change that waited.
pub fn dormant<'a>(case: &Case<'a>) -> Vec<Dormant<'a>> {
    case.workloads.iter().filter_map(|workload| of(case, workload)).collect()
}

fn of<'a>(case: &Case<'a>, workload: &Subject) -> Option<Dormant<'a>> {
    let topology = case.scene.topology;
    let hurt = case.subjects.hurt_pods(workload);
    let harm = case.of(hurt).min_by_key(|signal| signal.from.time)?.from.time;
    let read = configuration_of(&topology.workload(workload)?.template, workload.namespace().unwrap_or_default());
    let written = read.iter().filter_map(|setting| case.scene.index.of(Role::ConfigChange, setting));
    let written = written
        .flat_map(|onsets| onsets.between(case.window.from, harm - LONG))
        .max_by_key(|index| case.signal(*index).map(|one| one.from.time));
    let (index, change) = written.and_then(|index| Some((index, case.signal(index)?)))?;
    let came = |pod: &Pod| pod.created.or(pod.arrived());
    let sick: Vec<&Pod> =
        case.of(hurt).filter_map(|signal| topology.pod_at(&signal.subject, signal.from.time)).collect();
    let all_new = !sick.is_empty() && sick.iter().all(|pod| came(pod).is_some_and(|at| at > change.from.time));
    // Some ran beside the change, and no record of harm is about them.
    let ran =
        topology.last_pods_of(workload, case.cascade.to).any(|pod| came(pod).is_some_and(|at| at < change.from.time));
    (all_new && ran).then(|| Dormant { workload: workload.clone(), index, change, waited: harm - change.from.time })
}
