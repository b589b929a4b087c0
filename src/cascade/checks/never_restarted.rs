//! A pod failed that nothing starts again: it restarts no container, and no controller owns it.
//!
//! Kubernetes documentation, Pod Lifecycle, restartPolicy; Pods, Pods and controllers.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "never-restarted", class: FactorClass::Latent, roles: &[Role::PodFailed], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let pod = case.scene.topology.pod_at(&signal.subject, signal.from.time)?;
        let object = pod.object.as_ref().filter(|object| object.spec.restart_policy == "Never")?;
        if pod.owner.is_some() {
            return None;
        }
        let subject = &signal.subject;
        let statement = format!("{subject} has restartPolicy Never and no owner, so nothing starts it again");
        let remedy = format!("A Job or another controller owns what {subject} does");
        Some(Found::new(statement, vec![index]).by(case, [object.citation]).mended(remedy))
    };
    case.each(&[Role::PodFailed]).into_iter().filter_map(told).collect()
}
