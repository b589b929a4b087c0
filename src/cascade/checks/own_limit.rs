//! A container reached its own limit of memory: nothing else was short.
//!
//! The kernel kills within the cgroup that is full (Linux v6.8, mm/oom_kill.c, `constraint=CONSTRAINT_MEMCG`).

use super::{Case, Check, FactorClass, Found};
use crate::model::rfc3339;
use crate::signals::Role;

pub const CHECK: Check = Check { id: "own-limit", class: FactorClass::Trigger, roles: &[Role::MemoryKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for edge in &case.edges {
        let Some((kill, victim)) = case.ends(edge) else { continue };
        let is_own = matches!(kill.label("scope"), Some("container" | "pod"));
        let is_kill = kill.has(Role::Shortage) && kill.has(Role::MemoryKill) && victim.has(Role::MemoryKill);
        if !is_own || !is_kill || !victim.subject.is("Pod") {
            continue;
        }
        let (pod, at) = (&victim.subject, rfc3339(kill.from.time));
        let whose = if kill.label("scope") == Some("pod") { "its own limit" } else { "the limit of its container" };
        let statement = format!("{pod} reached {whose} of memory at {at}; its node was not short of any");
        let remedy = format!(
            "{} stays below its limit of memory under its highest load, as its peak of a week shows",
            case.workload(pod)
        );
        let one =
            Found::new(statement, vec![edge.from, edge.to]).by(case, edge.evidence.iter().copied()).mended(remedy);
        found.push(Found { order: (edge.from, edge.to), ..one });
    }
    found
}
