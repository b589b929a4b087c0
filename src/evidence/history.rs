//! Versions of objects, as a recorder wrote them down while they came: what each object was last, when it went, and what
//! was changed between two versions.
//!
//! The versions of a kind in a namespace are read through all segments of a recording in order of time. What a segment
//! begins with is what the one before ended with, and tells nothing. A line that tells no version is cited as a record that
//! cannot be read: what the object was from then on is not guessed.

mod endpoints;
mod marks;
mod superseded;
mod told;
mod writers;

use super::changes;
use super::fields::{self, Paths};
use super::findings::{Findings, Place};
use crate::archive::history::{History, HistoryLine, LineType, Version};
use crate::model::{Clock, Moment, Subject, rfc3339};
use chrono::{DateTime, TimeDelta, Utc};
use endpoints::Endpoints;
use marks::{Mark, as_marked, mark};
use serde_json::Value;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use superseded::Step;
pub use told::{AllTold, Deleted, tell};
use told::{Change, Gone};
use writers::{newly_written, writer};

/// Kinds that are made, changed and removed as others want it: their versions tell of no change by themselves.
const AS_OTHERS_WANT: [&str; 8] = [
    "controllerrevisions.apps",
    SLICES,
    "events",
    LEASES,
    "persistentvolumes",
    "pods",
    "replicasets.apps",
    "volumeattachments.storage.k8s.io",
];

const SLICES: &str = "endpointslices.discovery.k8s.io";

/// Each version tells who took the lead.
const LEASES: &str = "leases.coordination.k8s.io";

/// Kinds of which metadata alone are there: what was written shows by who wrote when.
const METADATA: [&str; 2] = ["configmaps", "secrets"];

/// How much later a recorder is told of what was written.
const TOLD_AFTER: TimeDelta = TimeDelta::seconds(2);

/// An object to be read as if it had been fetched then.
#[derive(Debug)]
pub struct Shown {
    pub place: Place,
    pub json: String,
    pub part: Part,
}

/// What is there of an object that is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// Those parts of its status alone that are not to be read of a later version.
    Passed,
    /// The containers alone that waited when the object was seen first, whoever saw them begin to.
    WaitsAtFirst,
}

impl Shown {
    fn whole(place: Place, json: String) -> Self {
        Self { place, json, part: Part::Whole }
    }
}

/// What the versions of one kind in one namespace tell.
#[derive(Default)]
pub struct Versions {
    plural: String,
    kind: String,
    /// Of the segment that is read.
    history: History,
    /// Objects of segments before, which stand whole again if they are still there.
    carried: BTreeMap<Box<str>, Value>,
    last: BTreeMap<Box<str>, Last>,
    /// How pods were marked for deletion first.
    marked: BTreeMap<Box<str>, Mark>,
    endpoints: Endpoints,
    paths: Paths,
    told: AllTold,
    /// The first line of the segment that tells what it begins with.
    begun: Option<Place>,
    /// The end of the segment before.
    seen_until: DateTime<Utc>,
}

/// Where the last version of an object stands.
#[derive(Clone, Copy)]
struct Last {
    place: Place,
    /// Where it stood whole last.
    whole: Place,
    /// Of the text that stood whole, if nothing was changed since.
    hash: Option<u64>,
}

impl Versions {
    /// Of the kind with this plural and group, whose objects are of `kind`.
    pub fn new(plural: &str, kind: &str) -> Self {
        Self { plural: plural.to_owned(), kind: kind.to_owned(), ..Self::default() }
    }

    /// A segment ends, which tells of the time up to `until`: what is patched in the next stands whole in it before. Gives
    /// what is to be read now: objects that it did not begin with, which went while nothing was seen.
    pub fn end_segment(&mut self, until: DateTime<Utc>, found: &mut Findings) -> Vec<Shown> {
        let gone = self.begun.take().map(|begun| self.not_begun_with(begun, found));
        for (uid, object) in std::mem::take(&mut self.history).into_objects() {
            self.carried.insert(uid, object);
        }
        self.seen_until = until;
        gone.unwrap_or_default()
    }

    /// A segment begins with all objects: what none of its lines has again was gone before its first, at `begun`.
    fn not_begun_with(&mut self, begun: Place, found: &mut Findings) -> Vec<Shown> {
        let mut shown = Vec::new();
        for (uid, object) in std::mem::take(&mut self.carried) {
            // What begins before that was seen, as the part of a recording that `collect` took, tells nothing of it.
            if self.last.get(&uid).is_some_and(|last| last.place.fetched > begun.fetched) {
                self.carried.insert(uid, object);
                continue;
            }
            let line = HistoryLine {
                from: Some(self.seen_until.min(begun.fetched)),
                ..HistoryLine::of(&uid, LineType::Deleted, begun.fetched)
            };
            let (plural, kind) = (self.plural.as_str(), self.kind.as_str());
            let seen = Seen { plural, kind, place: begun, line: &line, before: Some(&object), object: &object };
            self.told.changes.extend(seen.change(&mut self.paths));
            self.told.gone.extend(seen.gone(found));
            seen.note_deletion(&mut self.told.deleted, found);
            if plural == SLICES {
                self.endpoints.version((&uid, &object), false, begun, found);
            }
            if let Some(last) = self.last.remove(&uid).filter(|_| !self.is_read_by_version()) {
                let place = at(last.place, last.place.fetched.max(self.seen_until));
                shown.push(Shown::whole(place, as_marked(&object, self.marked.get(&uid))));
            }
        }
        shown
    }

    /// Whether each version is read, and not the last alone.
    fn is_read_by_version(&self) -> bool {
        self.plural == LEASES || METADATA.contains(&self.plural.as_str())
    }

    /// Takes the next line. Gives what is to be read now.
    pub fn line(&mut self, place: Place, bytes: &[u8], found: &mut Findings) -> Vec<Shown> {
        let read = serde_json::from_slice::<HistoryLine<'_>>(bytes);
        if let Ok(line) = &read {
            if line.kind == LineType::Sync {
                self.begun.get_or_insert(at(place, line.at));
            }
            // Each event is a record by itself, and that it expired tells nothing.
            if self.plural == "events" {
                let object = line.object.filter(|_| line.kind != LineType::Deleted);
                let shown = object.map(|object| Shown::whole(at(place, line.at), object.get().to_owned()));
                return shown.into_iter().collect();
            }
            if self.is_repeated(place, line) {
                return Vec::new();
            }
        }
        let is_read_by_version = self.is_read_by_version();
        let Self { plural, kind, history, carried, last, marked, endpoints, paths, told, .. } = self;
        let Version { line, before, object } = match history.take(bytes) {
            Ok(version) => version,
            Err(error) => {
                found.unreadable(place, error);
                return Vec::new();
            }
        };
        let (line, place, uid) = (&line, at(place, line.at), line.uid.as_ref());
        let Some(object) = object.as_deref() else { return Vec::new() };
        let known = last.get(uid).copied();
        let before = before.or_else(|| carried.remove(uid));
        // Of several recorders one may be told later than another: what it begins with is no news.
        let before = before.filter(|_| known.is_none_or(|known| known.place.fetched <= line.at));
        let seen = Seen { plural, kind, place, line, before: before.as_ref(), object };
        told.changes.extend(seen.change(paths));
        let mut shown = Vec::new();
        if !is_read_by_version {
            let before = before.as_ref().zip(known.map(|known| known.place));
            let step = Step { before, after: (object, place), is_new: line.kind == LineType::Added };
            shown = step.passed(plural == "pods");
        }
        let is_there = line.kind != LineType::Deleted;
        if plural == SLICES {
            endpoints.version((uid, object), is_there, place, found);
        }
        seen.note_deletion(&mut told.deleted, found);
        if plural == "pods" && object.pointer("/metadata/deletionTimestamp").is_some() {
            marked.entry(uid.into()).or_insert_with(|| mark(object));
        }
        if !is_there {
            last.remove(uid);
            told.gone.extend(seen.gone(found));
            shown.push(Shown::whole(place, as_marked(object, marked.get(uid))));
            return shown;
        }
        let hash = line.object.map(|whole| hash(whole.get()));
        let whole = if hash.is_some() { place } else { known.map_or(place, |known| known.whole) };
        last.insert(uid.into(), Last { place, whole, hash });
        if plural == LEASES {
            shown.push(Shown::whole(place, object.to_string()));
        } else if METADATA.contains(&plural.as_str()) {
            shown.push(Shown::whole(place, newly_written(before.as_ref(), object).to_string()));
        }
        shown
    }

    /// Whether a line tells once more what is known.
    fn is_repeated(&mut self, place: Place, line: &HistoryLine<'_>) -> bool {
        let (LineType::Sync, Some(whole)) = (line.kind, line.object) else { return false };
        let Some(last) = self.last.get_mut(line.uid.as_ref()) else { return false };
        let Some(object) = self.carried.remove(line.uid.as_ref()) else { return false };
        let is_same = last.hash == Some(hash(whole.get()));
        if is_same && last.place.fetched <= line.at {
            (last.place, last.whole) = (at(place, line.at), at(place, line.at));
            self.history.put(&line.uid, object);
            return true;
        }
        self.carried.insert(line.uid.as_ref().into(), object);
        false
    }

    /// Ends the reading: all objects that are there at the end, as they were last, and what all versions told.
    pub fn end(mut self, until: DateTime<Utc>, found: &mut Findings) -> (Vec<Shown>, AllTold) {
        std::mem::take(&mut self.endpoints).end(until, found);
        // Those are read with each version.
        if self.is_read_by_version() {
            return (Vec::new(), self.told);
        }
        // What a rollout was made with is looked up where it stands whole.
        let is_template = self.plural == "replicasets.apps";
        let shown = self.last.iter().filter_map(|(uid, last)| {
            let place = at(if is_template { last.whole } else { last.place }, until.max(last.place.fetched));
            Some(Shown::whole(place, as_marked(self.carried.get(uid)?, self.marked.get(uid))))
        });
        (shown.collect(), self.told)
    }
}

/// A version with the one before.
struct Seen<'a> {
    plural: &'a str,
    kind: &'a str,
    place: Place,
    line: &'a HistoryLine<'a>,
    before: Option<&'a Value>,
    object: &'a Value,
}

impl Seen<'_> {
    /// What was changed, if that is told of such objects.
    fn change(&self, paths: &mut Paths) -> Option<Change> {
        let object = self.object;
        let subject = subject(self.kind, object)?;
        if AS_OTHERS_WANT.contains(&self.plural) || is_kept_by_others(object) {
            return None;
        }
        let by = || writer(self.before, object);
        let (what, by) = match (self.line.kind, self.before) {
            (LineType::Deleted, _) => ("was deleted".to_owned(), None),
            (LineType::Added, None) => ("was created".to_owned(), by()),
            (LineType::Sync | LineType::Added | LineType::Modified, Some(before)) => {
                let before = fields::version(before, paths);
                (fields::difference(&before, &fields::version(object, paths))?, by())
            }
            _ => return None,
        };
        let seen = Moment::exact(self.line.at).by(Clock::Collector);
        let seen = seen.begun_after(self.line.from.unwrap_or(self.line.at - TOLD_AFTER));
        // The API server notes when an object was written; not when it was removed.
        let written = by.as_ref().and_then(|by| by.time);
        let at = written.map_or(seen, |time| Moment::to_the_second(time).by(Clock::ApiServer));
        let by_words = match &by {
            Some(by) if changes::is_keeper(&by.manager) => format!("the {}", by.manager),
            Some(by) => changes::tool(&by.manager),
            None => "whom a watch does not tell".to_owned(),
        };
        let manager = by.filter(|by| !changes::is_keeper(&by.manager)).map(|by| by.manager).unwrap_or_default();
        let quote = format!("{}: {what}", self.seen_in_words());
        Some(Change { place: self.place, subject, at, what: format!("{what}, by {by_words}"), by: manager, quote })
    }

    /// That a pod is gone.
    fn gone(&self, found: &mut Findings) -> Option<Gone> {
        let subject = subject(self.kind, self.object).filter(|_| self.plural == "pods")?;
        let citation = found.cite(self.place, &format!("{subject} {}: was deleted", self.seen_in_words()));
        let (namespace, name) = (subject.namespace()?.to_owned(), subject.name().to_owned());
        Some(Gone { namespace, name, uid: self.line.uid.clone().into_owned(), at: self.line.at, citation })
    }

    /// Keeps that an object of another kind is gone, or is there again.
    fn note_deletion(&self, deleted: &mut Deleted, found: &mut Findings) {
        let is_gone = self.line.kind == LineType::Deleted;
        if self.plural == "pods" || !is_gone && deleted.is_empty() {
            return;
        }
        let Some(subject) = subject(self.kind, self.object) else { return };
        if is_gone {
            let citation = found.cite(self.place, &format!("{subject} {}: was deleted", self.seen_in_words()));
            deleted.insert(subject, (self.line.at, citation));
        } else {
            deleted.remove(&subject);
        }
    }

    fn seen_in_words(&self) -> String {
        match self.line.from {
            Some(from) => format!("recorded between {} and {}", rfc3339(from), rfc3339(self.line.at)),
            None => format!("recorded at {}", rfc3339(self.line.at)),
        }
    }
}

/// Whether another object's controller keeps it, or it is a leader lock (client-go, tools/leaderelection).
fn is_kept_by_others(object: &Value) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
    let is_owned = owners.into_iter().any(|owner| owner.get("controller").and_then(Value::as_bool) == Some(true));
    is_owned || object.pointer("/metadata/annotations/control-plane.alpha.kubernetes.io~1leader").is_some()
}

fn subject(kind: &str, object: &Value) -> Option<Subject> {
    let named = |name: &str| object.get("metadata")?.get(name)?.as_str();
    Some(Subject::of_object(kind, named("namespace").unwrap_or_default(), named("name")?))
}

fn at(place: Place, fetched: DateTime<Utc>) -> Place {
    Place { fetched, ..place }
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
