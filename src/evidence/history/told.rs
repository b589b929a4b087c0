//! What versions tell beside the objects: what was changed, made or removed.

use super::TOLD_AFTER;
use crate::evidence::Known;
use crate::evidence::changes::{self, Span, Told};
use crate::evidence::findings::{Findings, Place};
use crate::evidence::known_pods::Pods;
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A pod that is gone.
#[derive(Debug)]
pub struct Gone {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) uid: String,
    pub(super) at: DateTime<Utc>,
    pub(super) citation: Citation,
}

/// What was changed, made or removed.
#[derive(Debug)]
pub struct Change {
    pub(super) place: Place,
    pub(super) subject: Subject,
    pub(super) at: Moment,
    pub(super) what: String,
    pub(super) by: String,
    pub(super) quote: String,
}

/// When objects were deleted that are not there any more.
pub type Deleted = BTreeMap<Subject, (DateTime<Utc>, Citation)>;

/// What all versions told beside the objects.
#[derive(Debug, Default)]
pub struct AllTold {
    pub gone: Vec<Gone>,
    /// When objects of other kinds were deleted that were not made anew, and the record that tells it.
    pub deleted: Deleted,
    pub(super) changes: Vec<Change>,
}

impl Gone {
    /// Ends the life of the pod.
    pub fn end(self, pods: &mut Pods) {
        let pod = pods.entry(&self.namespace, &self.name, &self.uid);
        pod.told_to_stop(self.at);
        pod.seen_in(self.at, self.citation);
        if let Some(object) = &mut pod.object {
            object.finished.get_or_insert(self.at);
            object.is_well = None;
        }
    }
}

impl AllTold {
    pub fn absorb(&mut self, other: Self) {
        self.gone.extend(other.gone);
        self.deleted.extend(other.deleted);
        self.changes.extend(other.changes);
    }
}

/// Tells the changes, each once: what objects and revisions say of them is dropped, as they have not the version before.
/// Gives what was deleted.
pub fn tell(told: AllTold, found: &mut Findings) -> Deleted {
    let mut changes = told.changes;
    let key = |change: &Change| (change.subject.clone(), change.at.time, change.what.clone());
    changes.sort_by_key(key);
    changes.dedup_by_key(|change| key(change));
    let mut known: BTreeMap<&Subject, Vec<Span>> = BTreeMap::new();
    for change in &changes {
        known.entry(&change.subject).or_default().push((change.at.time - TOLD_AFTER, change.place.fetched));
    }
    changes::drop_told(known, &mut found.facts);
    for Change { place, subject, at, what, by, quote } in &changes {
        let change = Told { at: *at, last: *at, what, by, known: Known::Fields, quote };
        changes::tell(*place, subject, change, found);
    }
    told.deleted
}
