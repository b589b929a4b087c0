//! A rollout may take so many pods away before new ones are ready that too few were left.
//!
//! maxUnavailable of a Deployment (Kubernetes documentation, Deployments, Rolling Update Deployment).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Turnover;
use crate::model::Subject;
use crate::signals::Role;

pub const CHECK: Check = Check { id: "rollout-takes", class: FactorClass::Latent, roles: &[Role::Rollout], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    case.workloads.iter().filter_map(|workload| told(case, workload)).collect()
}

fn told(case: &Case<'_>, workload: &Subject) -> Option<Found> {
    let known = case.scene.topology.workload(workload)?;
    let (wanted, most) = (known.replicas?, known.max_unavailable?);
    // Half of them is more than most are made to do without.
    if wanted < 2 || most * 2 < wanted || known.turnover == Turnover::Recreate {
        return None;
    }
    let (index, _) = case.each(&[Role::Rollout]).into_iter().find(|(_, one)| one.subject == *workload)?;
    // Only where its new pods did not come up in time.
    let hurt = case.subjects.hurt_pods(workload);
    if hurt.is_empty() {
        return None;
    }
    let statement = format!(
        "A rollout of {workload} may take {most} of its {wanted} pods away before new ones are ready (maxUnavailable), so there were few left, or none, while those failed"
    );
    let remedy = format!(
        "A rollout of {workload} whose new pods do not become ready leaves as many ready as it needs, shown by a trial"
    );
    let signals = [index].into_iter().chain(hurt.iter().copied()).collect();
    Some(Found::new(statement, signals).by(case, known.citation).mended(remedy))
}
