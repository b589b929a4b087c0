//! How little a node had left when its kubelet evicted, beside the threshold.
//!
//! pkg/kubelet/eviction/helpers.go: the message has both since 1.26.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "little-left", class: FactorClass::Latent, roles: &[Role::Evicted], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let told = |(index, signal): (usize, &Signal)| {
        let ((available, threshold), resource) =
            signal.label("available").zip(signal.label("threshold")).zip(signal.label("resource"))?;
        let node = signal.node.as_deref()?;
        if !said.insert(node.to_owned()) {
            return None;
        }
        let pod = &signal.subject;
        let statement = format!(
            "Node/{node} had {available} of {resource} left, below the threshold of {threshold}, when {pod} was evicted"
        );
        let remedy = format!("An alert on what is left of {resource} fires before Node/{node} comes to {threshold}");
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    case.each(&[Role::Evicted]).into_iter().filter_map(told).collect()
}
