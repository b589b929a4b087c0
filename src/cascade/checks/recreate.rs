//! A rollout ends the old pods before it makes new ones, so that new ones which do not come leave none.
//!
//! Kubernetes documentation, Deployments, Recreate Deployment.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Turnover;
use crate::model::Subject;
use crate::signals::Role;

pub const CHECK: Check = Check { id: "recreate", class: FactorClass::Latent, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let recreated =
        |workload: &&Subject| topology.workload(workload).is_some_and(|known| known.turnover == Turnover::Recreate);
    let found = |workload: &Subject| {
        let rollouts = case.recorded(Role::Rollout, [workload].into_iter());
        let of_it = rollouts.into_iter().map(|(index, _)| index);
        let signals: Vec<usize> = of_it.filter(|index| case.cascade.signals.contains(index)).collect();
        if signals.is_empty() {
            return None;
        }
        let replicas = topology.workload(workload).and_then(|known| known.replicas).unwrap_or(1);
        let statement = format!(
            "{workload} ({replicas} replica{}) has strategy Recreate: its old pods end before new ones are made",
            if replicas == 1 { "" } else { "s" }
        );
        let remedy =
            format!("{workload} keeps its old pods until new ones are ready, as its strategy RollingUpdate shows");
        Some(Found::new(statement, signals).by(case, case.record_of(workload)).mended(remedy))
    };
    case.workloads.iter().filter(recreated).filter_map(found).collect()
}
