//! The revisions of each object that was changed, one above the other: what is known of each, and what it brought.

use super::Change;
use crate::evidence::{DeployedRevision, Known};
use crate::model::{Citation, Subject};
use crate::report::{Analyzed, times};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What is known of an object at a time at which it was changed, or a revision was brought to it.
#[derive(Debug)]
pub struct Rung<'a> {
    pub at: DateTime<Utc>,
    /// Nothing where only the revision is known.
    pub what: Option<&'a str>,
    pub known: Known,
    /// The program that made it, where a record names one.
    pub by: &'a str,
    pub revision: Option<&'a DeployedRevision>,
    pub records: Vec<Citation>,
}

/// The rungs of each object that was changed, in order of time.
pub fn ladders<'a>(of: &'a Analyzed, changes: &'a [Change<'a>]) -> BTreeMap<&'a Subject, Vec<Rung<'a>>> {
    let mut ladders: BTreeMap<&Subject, Vec<Rung<'_>>> = BTreeMap::new();
    let mut told: BTreeSet<*const DeployedRevision> = BTreeSet::new();
    for change in changes {
        told.extend(change.revision.map(std::ptr::from_ref));
        let Change { at, what, known, by, revision, records, .. } = change;
        let rung = Rung { at: *at, what: Some(what), known: *known, by, revision: *revision, records: records.clone() };
        ladders.entry(&change.signal.signal.subject).or_default().push(rung);
    }
    for one in of.evidence.deployed.iter().filter(|one| !told.contains(&std::ptr::from_ref(*one))) {
        let Some(rungs) = ladders.get_mut(&one.subject) else { continue };
        let (at, records) = (times::shown(one.at.time), vec![one.citation]);
        rungs.push(Rung { at, what: None, known: Known::Changed, by: "", revision: Some(one), records });
    }
    ladders.values_mut().for_each(|rungs| rungs.sort_by_key(|rung| rung.at));
    ladders
}
