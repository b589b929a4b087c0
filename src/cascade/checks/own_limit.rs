//! A container reached its own limit of memory: nothing else was short.
//!
//! The kernel kills within the cgroup that is full (Linux v6.8, mm/oom_kill.c, `constraint=CONSTRAINT_MEMCG`).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::cascade::Edge;
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "own-limit", class: FactorClass::Trigger, roles: &[Role::MemoryKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<(Subject, bool), Vec<&Edge>> = BTreeMap::new();
    for edge in &case.edges {
        let Some((kill, victim)) = case.ends(edge) else { continue };
        let is_own = matches!(kill.label("scope"), Some("container" | "pod"));
        let is_kill = kill.has(Role::Shortage) && kill.has(Role::MemoryKill) && victim.has(Role::MemoryKill);
        if is_own && is_kill && victim.subject.is("Pod") {
            let of_pod = kill.label("scope") == Some("pod");
            of_workload.entry((case.workload(&victim.subject), of_pod)).or_default().push(edge);
        }
    }
    let told = |((workload, of_pod), kills): ((Subject, bool), Vec<&Edge>)| of(case, &workload, of_pod, &kills);
    of_workload.into_iter().filter_map(told).collect()
}

fn of(case: &Case<'_>, workload: &Subject, of_pod: bool, kills: &[&Edge]) -> Option<Found> {
    let first = kills.iter().min_by_key(|edge| (edge.from, edge.to))?;
    let (kill, _) = case.ends(first)?;
    let victims = kills.iter().filter_map(|edge| case.signal(edge.to)).map(|victim| &victim.subject);
    let pods: BTreeSet<&Subject> = victims.collect();
    let (their, s) = if pods.len() > 1 { ("their", "s") } else { ("its", "") };
    let whose =
        if of_pod { format!("{their} own memory limit") } else { format!("the memory limit of {their} container{s}") };
    let at = rfc3339(kill.from.time);
    let when = if kills.len() > 1 { format!("{} times, first at {at}", kills.len()) } else { format!("at {at}") };
    let statement = format!(
        "{} reached {whose} {when}; the kernel killed for that limit; how much memory the node had left played no part",
        names(pods)
    );
    let remedy = format!("{workload} stays below its memory limit under its highest load, as its peak of a week shows");
    let signals = kills.iter().flat_map(|edge| [edge.from, edge.to]).collect();
    let found = Found::new(statement, signals).by(case, first.evidence.iter().copied()).mended(remedy);
    Some(Found { order: (first.from, first.to), ..found })
}
