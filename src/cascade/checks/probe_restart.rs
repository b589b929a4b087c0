//! A liveness probe ended containers for what ailed their node: what was well was restarted.
//!
//! Kubernetes documentation, Liveness Probes: a probe over the network fails for whatever drops its packets.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::Edge;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "probe-restart", class: FactorClass::Amplifier, roles: &[Role::ProbeKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let of_node = |edge: &&&Edge| {
        case.ends(edge).is_some_and(|(from, to)| {
            let ails = from.has(Role::NodeDistress) && from.subject.is("Node") && !from.has(Role::Shortage);
            ails && to.has(Role::ProbeFailure) && to.variant() == Some("liveness")
        })
    };
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for edge in case.edges.iter().filter(of_node) {
        let Some((from, to)) = case.ends(edge) else { continue };
        let killed = case.scene.index.of(Role::ProbeKill, &to.subject);
        let killed = killed.into_iter().flat_map(|kills| kills.between(to.from.time, case.cascade.to)).next();
        if let Some(killed) = killed.filter(|_| said.insert(&to.subject)) {
            let pod = &to.subject;
            let statement = format!(
                "{pod} was restarted for what ailed {}: its liveness probe failed, and ending its container could not mend that",
                from.subject
            );
            let remedy = format!("The liveness probe of {} fails only for what a restart mends", case.workload(pod));
            found.push(
                Found::new(statement, vec![edge.from, edge.to, killed])
                    .by(case, edge.evidence.iter().copied())
                    .mended(remedy),
            );
        }
    }
    found
}
