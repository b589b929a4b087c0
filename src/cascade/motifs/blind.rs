//! Blind during the incident: what should watch and tell was hurt by the same cascade, while others were hurt.
//!
//! Its parts: a pod or Service of a monitoring program was hurt, and in the time until it was well again another
//! workload or node was hurt in the same cascade.
//!
//! Source: analysis of published reports (monitoring or access was itself hit in at least 9 of 51).

use super::super::watches;
use super::Motif;
use super::sight::{One, Sight, clock, counted, listed};
use crate::model::{Severity, Subject};
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "blind-during-the-incident";

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut by_cascade: BTreeMap<usize, Vec<One<'_>>> = BTreeMap::new();
    for (index, signal) in sight.scene.signals.iter().enumerate() {
        if let Some(cascade) = sight.cascade(index).filter(|_| signal.is_harm()) {
            by_cascade.entry(cascade).or_default().push((index, signal));
        }
    }
    by_cascade.values().filter_map(|harm| motif(sight, harm)).collect()
}

/// Whether a signal takes away who watches: a pod that is not ready or gone. A pod that was only marked for its node may run on.
fn blinds(signal: &Signal) -> bool {
    let takes = [Role::Unready, Role::Gone, Role::ServiceLost].iter().any(|role| signal.has(*role));
    takes
        && !signal.subject.is("Endpoints")
        && !signal.has(Role::NodeUnready)
        && signal.severity >= Severity::Error
        && watches(signal.subject.name())
}

fn motif(sight: &Sight<'_>, harm: &[One<'_>]) -> Option<Motif> {
    let hit: Vec<One<'_>> = harm.iter().copied().filter(|(_, one)| blinds(one)).collect();
    let (_, first) = hit.first()?;
    let last = hit.iter().map(|(_, one)| one.last_seen()).max()?;
    let is_meanwhile = |(_, one): &One<'_>| {
        !watches(one.subject.name())
            && one.from.time <= last
            && one.last_seen() >= first.from.time
            && !one.subject.is("Endpoints")
    };
    let meanwhile: Vec<One<'_>> = harm.iter().copied().filter(is_meanwhile).collect();
    let others: BTreeSet<Subject> = meanwhile.iter().map(|(_, one)| sight.workload(&one.subject)).collect();
    if others.is_empty() {
        return None;
    }
    let own: BTreeSet<String> = hit.iter().map(|(_, one)| sight.workload(&one.subject).to_string()).collect();
    let statement = format!(
        "The cascade hurt what should tell of it: {} ({} at {}), while it hurt {}",
        listed(own.iter().map(String::as_str)),
        first.title,
        clock(first.from.time),
        counted(others.len(), "other"),
    );
    let all: Vec<One<'_>> = hit.into_iter().chain(meanwhile.into_iter().take(MOST_NAMED)).collect();
    Some(sight.motif(NAME, statement, &all, &[]))
}

/// So many signals of others are cited beside.
const MOST_NAMED: usize = 4;
