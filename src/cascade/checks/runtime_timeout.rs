//! The kubelet waits long for its container runtime before it gives a call up.
//!
//! runtimeRequestTimeout, two minutes by default (KubeletConfiguration v1beta1); PLEG counts as unhealthy after three
//! (pkg/kubelet/pleg/generic.go).

use super::{Case, Check, FactorClass, Found};
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "runtime-timeout", class: FactorClass::Latent, roles: &[Role::RuntimeHung], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_node: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::RuntimeHung]) {
        signal.node.as_deref().into_iter().for_each(|node| of_node.entry(node).or_default().push(index));
    }
    let found = |(node, signals): (&str, Vec<usize>)| {
        let config = case.scene.topology.kubelet(node)?;
        let timeout = config.runtime_timeout.as_ref()?;
        let statement = format!(
            "The kubelet of Node/{node} waits up to {timeout} for an answer of its container runtime (runtimeRequestTimeout), so it says nothing of it that long"
        );
        let remedy = format!(
            "An alert fires within a minute of Node/{node}'s container runtime not answering, shown by a trial"
        );
        Some(Found::new(statement, signals).by(case, [config.citation]).mended(remedy))
    };
    of_node.into_iter().filter_map(found).collect()
}
