//! What rollouts changed, told by the templates that ReplicaSets keep of every revision of a Deployment, and
//! ControllerRevisions of a StatefulSet or DaemonSet.
//!
//! A rollback gives an old one of them a new number and makes none anew (pkg/controller/deployment/util,
//! `SetNewReplicaSetAnnotations`; pkg/controller/history, `UpdateControllerRevision`): so the order is that of numbers.
//! Templates are not kept while the rest is read: those that are compared are read again, and dropped as soon as the
//! revisions of their owner are.

use super::changes::{self, Told};
use super::findings::{Findings, Place};
use super::template_diff::{self, Fields};
use super::{Known, Record};
use crate::model::{Citation, Clock, EntryId, Moment, Subject, to_the_second};
use crate::objects::{Meta, lenient_count, or_default};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// An object that keeps a template.
#[derive(Clone, Debug)]
pub struct Stored {
    object: Subject,
    owner: Subject,
    created: DateTime<Utc>,
    number: u64,
    /// Numbers that it had before.
    earlier: Vec<u64>,
    /// When it was written last, status apart.
    written: Option<DateTime<Utc>>,
    fetched: DateTime<Utc>,
    citation: Citation,
}

/// The templates before and after a change of an object, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateChange {
    /// What the change says it was.
    pub what: String,
    /// The line that holds the template after it.
    pub entry: EntryId,
    pub line: u32,
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// So many changes keep their templates at most, those of the last day before they were fetched.
const MOST_TEMPLATES: usize = 400;

/// Lines to be read again, by entry.
pub type Wanted = BTreeMap<EntryId, BTreeSet<u32>>;

const NUMBER: &str = "deployment.kubernetes.io/revision";
const EARLIER: &str = "deployment.kubernetes.io/revision-history";

/// So many of the numbers that a ReplicaSet had before are read, the last ones.
const MOST_EARLIER: usize = 20;

/// Notes a ReplicaSet.
pub fn note_set(object: &Subject, meta: &Meta, place: Place, found: &mut Findings) {
    let number = meta.annotations.get(NUMBER).and_then(|number| number.parse().ok()).unwrap_or_default();
    let earlier = meta.annotations.get(EARLIER).map(String::as_str).unwrap_or_default();
    let earlier = earlier.rsplit(',').take(MOST_EARLIER).filter_map(|number| number.parse().ok()).collect();
    note(object, meta, (number, earlier), place, found);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ControllerRevision {
    metadata: Meta,
    #[serde(deserialize_with = "lenient_count")]
    revision: u64,
}

/// Notes a ControllerRevision.
pub fn read(place: Place, line: &[u8], found: &mut Findings) {
    let Ok(ControllerRevision { metadata: meta, revision }) = serde_json::from_slice(line) else { return };
    let object = Subject::of_object("ControllerRevision", &meta.namespace, &meta.name);
    note(&object, &meta, (revision, Vec::new()), place, found);
}

fn note(object: &Subject, meta: &Meta, (number, earlier): (u64, Vec<u64>), place: Place, found: &mut Findings) {
    let (Some((kind, name)), Some(created)) = (meta.controller(), meta.creation_timestamp) else { return };
    let writes = meta.managed_fields.iter().filter(|write| write.subresource.is_empty());
    let written = writes.filter_map(|write| write.time).max();
    let owner = Subject::of_object(kind, &meta.namespace, name);
    let citation = Citation { entry: place.entry, line: place.line, part: 0 };
    let object = object.clone();
    let fetched = place.fetched;
    found.revisions.push(Stored { object, owner, created, number, earlier, written, fetched, citation });
}

/// Templates before and after changes, by owner.
pub type Templates = BTreeMap<Subject, Vec<TemplateChange>>;

/// Tells a change for each revision that followed another, and gives what templates they changed. `reread` gives each of
/// the lines that are wanted.
pub fn compare(found: &mut Findings, reread: impl FnOnce(&Wanted, &mut dyn FnMut(EntryId, u32, &[u8]))) -> Templates {
    let mut templates = Templates::new();
    let mut groups = Groups::new(std::mem::take(&mut found.revisions));
    let mut changed = Vec::new();
    reread(&groups.wanted(), &mut |entry, line, json| changed.extend(groups.take((entry, line), json)));
    changed.extend(groups.rest());
    let again = Again::new(&changed, found);
    for step in &mut changed {
        step.tell(&again, found);
        if let Some(kept) = step.templates.take() {
            templates.entry(step.stored.owner.clone()).or_default().push(kept);
        }
    }
    templates
}

/// Objects by their owners, of those that have several.
struct Groups {
    all: Vec<Group>,
    /// Changes that may still keep their templates.
    room: usize,
    /// Group and place in it, by line and name: a list may stand on one line.
    places: BTreeMap<(EntryId, u32, Subject), (usize, usize)>,
}

struct Group {
    stored: Vec<Stored>,
    templates: Vec<Option<Fields>>,
    is_done: bool,
}

impl Groups {
    fn new(mut stored: Vec<Stored>) -> Self {
        stored.sort_by(|a, b| {
            (&a.owner, a.created, &a.object, a.citation).cmp(&(&b.owner, b.created, &b.object, b.citation))
        });
        // Several inputs may have the same object.
        stored.dedup_by(|a, b| (&a.owner, &a.object, a.created) == (&b.owner, &b.object, b.created));
        let mut groups = Self { all: Vec::new(), room: MOST_TEMPLATES, places: BTreeMap::new() };
        for of_owner in stored.chunk_by(|a, b| a.owner == b.owner).filter(|of_owner| of_owner.len() > 1) {
            for (place, one) in of_owner.iter().enumerate() {
                let key = (one.citation.entry, one.citation.line, one.object.clone());
                groups.places.insert(key, (groups.all.len(), place));
            }
            let templates = of_owner.iter().map(|_| None).collect();
            groups.all.push(Group { stored: of_owner.to_vec(), templates, is_done: false });
        }
        groups
    }

    fn wanted(&self) -> Wanted {
        let mut wanted = Wanted::new();
        for (entry, line, _) in self.places.keys() {
            wanted.entry(*entry).or_default().insert(*line);
        }
        wanted
    }

    /// Takes the template of a line; gives what was changed once an owner has all of its own.
    fn take(&mut self, (entry, line): (EntryId, u32), json: &[u8]) -> Vec<Step> {
        let Ok(Kept { metadata, spec, data }) = serde_json::from_slice::<Kept>(json) else { return Vec::new() };
        let kinds = ["ReplicaSet", "ControllerRevision"];
        let place = kinds.into_iter().find_map(|kind| {
            let object = Subject::of_object(kind, &metadata.namespace, &metadata.name);
            self.places.get(&(entry, line, object)).copied()
        });
        let Some((group, place)) = place else { return Vec::new() };
        let template = spec.get("template").or_else(|| data.pointer("/spec/template"));
        let fields = template_diff::fields(template.unwrap_or(&Value::Null));
        let Some(group) = self.all.get_mut(group) else { return Vec::new() };
        if let Some(known) = group.templates.get_mut(place) {
            *known = Some(fields);
        }
        if group.templates.iter().all(Option::is_some) { group.steps(&mut self.room) } else { Vec::new() }
    }

    /// What was changed of owners some of whose lines did not come again.
    fn rest(&mut self) -> Vec<Step> {
        let Self { all, room, .. } = self;
        all.iter_mut().filter(|group| !group.is_done).flat_map(|group| group.steps(room)).collect()
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Kept {
    metadata: Named,
    #[serde(deserialize_with = "or_default")]
    spec: Value,
    #[serde(deserialize_with = "or_default")]
    data: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    namespace: String,
}

/// A revision that followed another.
struct Step {
    stored: Stored,
    what: String,
    /// It was there before, and came back.
    again: Option<Return>,
    templates: Option<TemplateChange>,
}

/// How a revision came back.
struct Return {
    /// At some time after this.
    after: DateTime<Utc>,
    /// How often the same object came back after that.
    later: usize,
    /// How many revisions of its owner followed.
    later_of_owner: usize,
}

impl Group {
    /// What each revision changed against the one before, by number; by creation where there are none.
    fn steps(&mut self, room: &mut usize) -> Vec<Step> {
        self.is_done = true;
        let order = self.order();
        let mut steps = Vec::new();
        let mut at = DateTime::UNIX_EPOCH;
        for (place, (before, after)) in order.iter().zip(order.iter().skip(1)).enumerate() {
            let fields = |one: &Turn| self.templates.get(one.place).and_then(Option::as_ref);
            let (Some(stored), Some(previous)) = (self.stored.get(after.place), self.stored.get(before.place)) else {
                continue;
            };
            at = at.max(previous.created);
            let difference = match (fields(before), fields(after)) {
                (Some(before), Some(after)) => template_diff::difference(before, after),
                _ => "rolled out anew".to_owned(),
            };
            let pair = fields(before).zip(fields(after));
            let mut kept = |what: &str, is_again: bool| {
                let is_recent = is_again || stored.fetched - stored.created <= TimeDelta::days(1);
                let (before, after) = pair.filter(|_| is_recent && *room > 0)?;
                *room -= 1;
                let [before, after] = [before, after].map(template_diff::lines);
                let Citation { entry, line, .. } = stored.citation;
                Some(TemplateChange { what: what.to_owned(), entry, line, before, after })
            };
            let Some(first) = after.first else {
                let templates = kept(&difference, false);
                steps.push(Step { stored: stored.clone(), what: difference, again: None, templates });
                continue;
            };
            let difference = difference.strip_prefix("rolled out anew").unwrap_or(&difference);
            let name = if first == 0 { "an earlier revision".to_owned() } else { format!("revision {first}") };
            let what = format!("rolled back to {name}, as revision {}{difference}", after.number);
            let followed = order.get(place + 2..).unwrap_or_default();
            let later = followed.iter().filter(|one| one.place == after.place).count();
            let again = Return { after: at, later, later_of_owner: followed.len() };
            let templates = kept(&what, true);
            steps.push(Step { stored: stored.clone(), what, again: Some(again), templates });
        }
        self.templates.iter_mut().for_each(|template| *template = None);
        steps
    }

    /// The turns in which the objects had the template of their owner.
    fn order(&self) -> Vec<Turn> {
        // The least number of each and of all that were made after it.
        let mut least: Vec<u64> = self.stored.iter().map(|one| one.number).collect();
        for place in (1..least.len()).rev() {
            if let [.., before, after] = least.get_mut(..=place).unwrap_or_default() {
                *before = (*before).min(*after);
            }
        }
        let mut turns: Vec<((u64, u8), Turn)> = Vec::new();
        for (place, one) in self.stored.iter().enumerate() {
            let mut numbers: Vec<u64> = one.earlier.iter().copied().chain([one.number]).collect();
            numbers.sort_unstable();
            numbers.dedup();
            // It was made before others and has a number after theirs, and its earlier numbers are not kept.
            let overtaken = least.get(place + 1).copied().filter(|number| *number < one.number);
            let is_renumbered = one.earlier.is_empty() && one.number > 0 && overtaken.is_some();
            if let (true, Some(next)) = (is_renumbered, overtaken) {
                turns.push(((next, 0), Turn { place, number: 0, first: None }));
            }
            let first = numbers.first().copied().unwrap_or_default();
            for number in numbers {
                let was = if is_renumbered { Some(0) } else { (number != first).then_some(first) };
                turns.push(((number, 1), Turn { place, number, first: was }));
            }
        }
        // Stable: where nothing is numbered they stay in order of creation.
        turns.sort_by_key(|(order, _)| *order);
        turns.into_iter().map(|(_, turn)| turn).collect()
    }
}

/// A time at which an object had the template of its owner.
struct Turn {
    place: usize,
    number: u64,
    /// The number that it had first, if it had one before; 0 where that is not known.
    first: Option<u64>,
}

/// When revisions came back, as events and writes of their owners tell.
struct Again {
    /// Times at which a ReplicaSet was scaled up, by its name and namespace.
    scaled: BTreeMap<Subject, Vec<Moment>>,
    /// Times at which the template of an owner was written.
    written: BTreeMap<Subject, Vec<Moment>>,
}

impl Again {
    fn new(steps: &[Step], found: &Findings) -> Self {
        let mut again = Self { scaled: BTreeMap::new(), written: BTreeMap::new() };
        let returned = || steps.iter().filter(|step| step.again.is_some());
        if returned().next().is_none() {
            return again;
        }
        for step in returned() {
            again.scaled.entry(step.stored.object.clone()).or_default();
            again.written.entry(step.stored.owner.clone()).or_default();
        }
        for fact in found.facts.iter() {
            match fact.record {
                Record::Event { reason: "ScalingReplicaSet", note, .. } => {
                    let name = note.strip_prefix("Scaled up replica set ").and_then(|rest| rest.split(' ').next());
                    let set = name.map(|name| {
                        Subject::of_object("ReplicaSet", fact.subject.namespace().unwrap_or_default(), name)
                    });
                    let times = set.and_then(|set| again.scaled.get_mut(&set));
                    times.into_iter().for_each(|times| times.extend([fact.at, fact.last]));
                }
                Record::Change { what, .. } if what.starts_with("spec (") && what.contains("template") => {
                    again.written.get_mut(fact.subject).into_iter().for_each(|times| times.push(fact.at));
                }
                _ => {}
            }
        }
        again
    }

    /// When an object came back, as exactly as known, and what says so.
    ///
    /// An event that was counted says only when the first and the last of many were, and `managedFields` only the last
    /// write: so times are given to returns from the last one on.
    fn at(&self, stored: &Stored, again: &Return, place: Place) -> (Moment, &'static str) {
        let after = again.after;
        let times = |times: &BTreeMap<Subject, Vec<Moment>>, of: &Subject| {
            let mut times: Vec<Moment> =
                times.get(of).into_iter().flatten().filter(|at| at.time > after).copied().collect();
            times.sort_by_key(|at| at.time);
            times.dedup_by_key(|at| at.time);
            times
        };
        let (scaled, written) = (times(&self.scaled, &stored.object), times(&self.written, &stored.owner));
        let by_api = |at| Moment::to_the_second(at).by(Clock::ApiServer);
        // Nothing but its number is ever written to a ControllerRevision.
        let numbered = stored.written.filter(|at| *at > after);
        let from_last = |times: &[Moment], later: usize| times.iter().rev().nth(later).copied();
        match (from_last(&written, again.later_of_owner), from_last(&scaled, again.later), numbered) {
            (Some(at), _, _) => (at, "as its template was written"),
            (None, Some(at), _) => (at, "as an event of its rollout says"),
            (None, None, Some(at)) if stored.object.is("ControllerRevision") => (by_api(at), "as it was renumbered"),
            (None, None, Some(at)) => (by_api(at).begun_after(after), "at the latest, as it was written last"),
            (None, None, None) => match scaled.last().filter(|_| again.later > 0) {
                Some(last) => (last.begun_after(after), "before the last of its rollouts"),
                None => (place.since(Some(after)), "at any time since the revision before"),
            },
        }
    }
}

impl Step {
    fn tell(&self, again: &Again, found: &mut Findings) {
        let Stored { object, owner, created, number, citation, fetched, .. } = &self.stored;
        let place = Place { entry: citation.entry, line: citation.line, fetched: *fetched };
        let (at, quote) = match &self.again {
            None => {
                let at = Moment::to_the_second(*created).by(Clock::ApiServer);
                (at, format!("{object} creationTimestamp {}", to_the_second(*created)))
            }
            Some(one) => {
                let (at, how) = again.at(&self.stored, one, place);
                (at, format!("{object} revision {number}, made {}, {how}", to_the_second(*created)))
            }
        };
        let told = Told { at, last: at, what: &self.what, by: "", known: Known::Whole, quote: &quote };
        changes::tell(place, owner, told, found);
    }
}

#[cfg(test)]
mod tests;
