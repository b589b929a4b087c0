//! A rolling update kept old pods until new ones were ready, and those never came.
//!
//! maxUnavailable of a Deployment (Kubernetes documentation, Deployments, Rolling Update Deployment).

use super::case::{is_harm, names};
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::Role;
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "old-pods-kept",
    class: FactorClass::Luck,
    roles: &[
        Role::Unready,
        Role::MountFailure,
        Role::ImagePull,
        Role::RestartBackoff,
        Role::Rollout,
        Role::RolloutStuck,
    ],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let mut hurt: BTreeSet<&Subject> =
        case.of(&case.cascade.signals).filter(|one| is_harm(one)).map(|one| &one.subject).collect();
    // What only waits is no harm by itself, and holds its rollout all the same.
    let stuck = case.edges.iter().filter_map(|edge| case.ends(edge)).filter(|(_, to)| to.has(Role::RolloutStuck));
    hurt.extend(stuck.map(|(waits, _)| &waits.subject));
    let told = |workload: &Subject| {
        let known = topology.workload(workload).filter(|known| known.max_unavailable.is_some())?;
        let own = case.of(case.subjects.hurt_pods(workload)).map(|one| one.from.time).min();
        let harm = own.unwrap_or_else(|| case.first_harm());
        let rollouts = case.recorded(Role::Rollout, [workload].into_iter());
        let (index, rollout) = rollouts
            .into_iter()
            .rfind(|(_, signal)| signal.from.time <= harm || signal.from.time <= case.cascade.from)?;
        let new = rollout.label("replicaset")?;
        let pods = || topology.last_pods_of(workload, case.cascade.to);
        let is_new = |pod: &Pod| pod.owner.as_ref().is_some_and(|owner| owner.name() == new);
        // Only where the new ones are those that failed.
        if !pods().any(|pod| is_new(pod) && hurt.contains(&pod.subject())) {
            return None;
        }
        let kept =
            pods().filter(|pod| !is_new(pod) && !hurt.contains(&pod.subject()) && came_before(pod, rollout.from.time));
        // A pod that was told to end may take its grace period for it, and is not kept.
        let is_kept = |pod: &&Pod| pod.stopping.is_none_or(|at| at > harm);
        let kept: Vec<&Pod> = kept
            .filter(is_kept)
            .filter(|pod| {
                pod.last_seen.or(pod.object.as_ref().map(|_| case.cascade.to)).is_some_and(|last| last > harm)
            })
            .collect();
        if kept.is_empty() {
            return None;
        }
        let most = known.max_unavailable.unwrap_or_default();
        let statement = format!(
            "The rollout of {workload} may take away {most} of its pods before new ones are ready, so {} old {} stayed: {}",
            kept.len(),
            if kept.len() == 1 { "one" } else { "ones" },
            names(kept.iter().map(|pod| pod.subject()))
        );
        Some(Found::new(statement, vec![index]).by(case, known.citation))
    };
    case.workloads.iter().filter_map(told).collect()
}

fn came_before(pod: &Pod, at: DateTime<Utc>) -> bool {
    pod.created.or(pod.arrived()).is_some_and(|come| come < at)
}
