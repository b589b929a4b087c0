//! A rollout took good pods away for new ones that only seemed available.
//!
//! The Deployment controller scales the old ReplicaSet down as new pods become available
//! (pkg/controller/deployment/rolling.go).

use super::no_readiness::crashing;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "crash-counts", class: FactorClass::Propagation, roles: &[Role::RestartBackoff], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(workload, crashes): (Subject, Vec<usize>)| {
        let topology = case.scene.topology;
        let pod = topology.pods_named(&case.of(&crashes).next()?.subject).last()?;
        let (new, since) = (pod.owner.as_ref()?, pod.created.or(pod.arrived())?);
        let old = topology.last_pods_of(&workload, case.cascade.to).filter_map(|pod| pod.owner.clone());
        let old: BTreeSet<Subject> = old.filter(|owner| owner != new).collect();
        let mut removed = case.recorded(Role::PodRemoved, old.iter()).into_iter();
        let (index, signal) = removed.find(|(_, signal)| signal.from.time >= since)?;
        let statement = format!(
            "{} gave up a pod that was well for {}, whose containers end again and again and counted as available between",
            signal.subject,
            pod.subject()
        );
        let remedy =
            format!("A rollout of {workload} to a version that ends at once keeps all its old pods, shown by a trial");
        Some(Found::new(statement, [index].into_iter().chain(crashes).collect()).mended(remedy))
    };
    crashing(case).into_iter().filter_map(told).collect()
}
