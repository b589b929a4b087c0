//! A kubelet could not free disk space: what it may remove was in use or gone already.
//!
//! Image garbage collection removes images that no container uses (Kubernetes documentation, Garbage Collection).

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "reclaim", class: FactorClass::Latent, roles: &[Role::ReclaimFailed], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let node = signal.node.as_deref()?;
        let statement = format!(
            "The kubelet of Node/{node} could not free as much as it wanted by removing images, so pods were what was left to take"
        );
        let remedy = format!(
            "What fills the disk of Node/{node} is bounded, and its images take less than the lower threshold of its garbage collection"
        );
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    case.each(&[Role::ReclaimFailed]).into_iter().filter_map(told).take(1).collect()
}
