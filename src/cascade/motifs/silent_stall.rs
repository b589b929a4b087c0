//! Silent stall: work waits, nothing shows that it goes on, and no failure is recorded of who should do it; those who
//! only look for errors see nothing.
//!
//! Its parts: a signal that says from which record to which the work waited, and of the cascade no failure that holds
//! the same object up by a link.
//!
//! Source: analysis of published reports, rows 37 and 38; what each kind of work waits for stands with the signal.

use super::Motif;
use super::sight::{One, Sight, clock, counted, is_harm, listed};
use crate::model::length;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const NAME: &str = "silent-stall";

const MOST_STEPS: usize = 3;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut by_name: BTreeMap<&str, Vec<One<'_>>> = BTreeMap::new();
    for one in sight.with(&[Role::Stalled]) {
        let is_explained = sight.before(one.0, MOST_STEPS).iter().any(|(_, cause)| is_harm(cause));
        if !is_explained && sight.cascade(one.0).is_some() {
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
        "Work waits in silence: {}, from {} to {} at least ({}){more}; nothing that was recorded says why",
        one.title,
        clock(one.from.time),
        clock(one.last),
        length(one.last - one.from.time),
    );
    Some(sight.motif(NAME, statement, stalls, &[]))
}
