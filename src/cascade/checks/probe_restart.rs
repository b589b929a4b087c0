//! A liveness probe ended containers for what ailed their node, or again and again: what a restart does not mend.
//!
//! Kubernetes documentation, Liveness Probes: a probe over the network fails for whatever drops its packets, and one that
//! ends what is only busy leaves more work to those that are left.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::Edge;
use crate::model::Subject;
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "probe-restart", class: FactorClass::Amplifier, roles: &[Role::ProbeKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut found = for_their_node(case);
    found.extend(again_and_again(case, &found));
    found
}

/// Restarts for what ailed their node.
fn for_their_node(case: &Case<'_>) -> Vec<Found> {
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

/// Fewer in a row may have been one and the same slow moment.
const AGAIN: u64 = 3;

/// A workload whose containers were ended by their liveness probes again and again.
fn again_and_again(case: &Case<'_>, told: &[Found]) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    let kills = case.each(&[Role::ProbeKill]).into_iter().filter(|(_, kill)| kill.label("probe") != Some("startup"));
    for (index, kill) in kills.filter(|(index, _)| !told.iter().any(|one| one.signals.contains(index))) {
        of_workload.entry(case.workload(&kill.subject)).or_default().push(index);
    }
    let found = of_workload.into_iter().filter_map(|(workload, signals)| {
        let count: u64 = case.of(&signals).map(|kill| kill.count).sum();
        let statement = format!(
            "Containers of {workload} were ended {count} times because their liveness probe failed, and it failed again after that: a restart did not mend it, and left their work to others meanwhile"
        );
        let remedy = format!("The liveness probe of {workload} fails only for what a restart mends");
        (count >= AGAIN).then(|| Found::new(statement, signals).mended(remedy))
    });
    found.collect()
}
