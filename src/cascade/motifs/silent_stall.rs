//! Silent stall: work waits, nothing shows that it goes on, and no failure is recorded of who should do it; those who
//! only look for errors see nothing.
//!
//! Its parts: a signal that says from which record to which the work waited; no failure that a link ties to it as a
//! cause; and no other failure of the same object meanwhile.
//!
//! Source: analysis of published reports, rows 37 and 38; what each kind of work waits for stands with the signal.

use super::Motif;
use super::sight::{One, Sight, clock, counted, listed};
use crate::model::{Subject, length};
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "silent-stall";

const MOST_STEPS: usize = 3;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut by_name: BTreeMap<&str, Vec<One<'_>>> = BTreeMap::new();
    let failed = sight.scene.signals.iter().filter(|one| one.is_harm() && !one.has(Role::Stalled));
    let failed: BTreeSet<&Subject> = failed.map(|one| &one.subject).collect();
    for one in sight.with(&[Role::Stalled]) {
        let is_explained = sight.before(one.0, MOST_STEPS).iter().any(|(_, cause)| cause.is_harm());
        if !is_explained && !failed.contains(&one.1.subject) {
            by_name.entry(one.1.name.as_str()).or_default().push(one);
        }
    }
    by_name.values().filter_map(|stalls| motif(sight, stalls)).collect()
}

fn motif(sight: &Sight<'_>, stalls: &[One<'_>]) -> Option<Motif> {
    let longest = stalls.iter().max_by_key(|(_, one)| one.last_seen().max(one.last) - one.from.time)?;
    let (_, one) = longest;
    let names: Vec<String> = stalls.iter().map(|(_, one)| one.subject.to_string()).collect();
    let more = match stalls.len() {
        1 => String::new(),
        all => format!(" ({} wait so: {})", counted(all, "object"), listed(names.iter().map(String::as_str))),
    };
    let statement = format!(
        "Work waits in silence: {}, from {} to {} at least ({}){more}; no failure of it is recorded",
        one.title,
        clock(one.from.time),
        clock(one.last),
        length(one.last - one.from.time),
    );
    Some(sight.motif(NAME, statement, stalls, &[]))
}
