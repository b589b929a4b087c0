//! Objects as they were at a time, by the versions that a recorder wrote down.
//!
//! Every segment of a recording begins with all objects, whole. So what there was at a time is told by the last segment
//! that tells anything of the kind up to then. Events are told of once, in the segment in which they came, and stay. What
//! `collect` took of a recording into its archive is read as one segment.

use super::objects::{EVENTS, Fetched};
use super::{Entry, Inputs, Kind};
use crate::archive::ArchiveError;
use crate::archive::history::{History, HistoryLine, LineType, Version};
use crate::model::EntryId;
use crate::objects::kinds::Named;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an object is given to: the entry that tells it, as fetched when it was last known to be so.
type Each<'a> = &'a mut dyn FnMut(&Entry<'_>, &Named, &[u8]);

/// The objects of an entry at a time.
struct Then<'a> {
    entry: Entry<'a>,
    objects: History,
    /// Since when nothing was seen at that time.
    unseen_since: Option<DateTime<Utc>>,
}

impl Inputs {
    /// The same, whose [objects](Self::objects) are those of a time, by their versions. What was fetched is of another time
    /// and no part of them.
    pub fn as_of(mut self, at: DateTime<Utc>) -> Self {
        self.at = Some(at);
        self
    }

    /// The time of which objects are given, where one was asked for.
    pub fn asked_time(&self) -> Option<DateTime<Utc>> {
        self.at
    }

    /// Whether they hold versions of objects.
    pub fn have_versions(&self) -> bool {
        self.of_versions().next().is_some()
    }

    /// Whether they hold objects as they were fetched.
    pub fn have_fetched(&self) -> bool {
        let entries = (0..self.len()).filter_map(|number| self.entry(EntryId(u32::try_from(number).ok()?)));
        entries.into_iter().any(|entry| matches!(entry.kind, Kind::Objects { .. } | Kind::Dump))
    }

    /// Gives each version of the objects of a kind that is `wanted`, with the number of the line that tells it, in order of
    /// kind, input, namespace and time. A line that tells none is passed over.
    pub fn versions(
        &self,
        wanted: impl Fn(&Named) -> bool,
        mut each: impl FnMut(&Entry<'_>, u64, &Named, Version<'_>),
    ) -> Result<(), ArchiveError> {
        // A segment begins with what the one before ended with, so it goes on with what is known.
        let mut kinds: BTreeMap<&str, History> = BTreeMap::new();
        for (entry, plural) in self.of_versions() {
            let named = Named::of_plural(plural);
            if wanted(&named) {
                let history = kinds.entry(plural).or_default();
                entry.lines(|number, bytes| {
                    if let Ok(version) = history.take(bytes) {
                        each(&entry, number, &named, version);
                    }
                    true
                })?;
            }
        }
        Ok(())
    }

    fn of_versions(&self) -> impl Iterator<Item = (Entry<'_>, &str)> {
        let entries = (0..self.len()).filter_map(|number| self.entry(EntryId(u32::try_from(number).ok()?)));
        entries.filter_map(|entry| match entry.kind {
            Kind::History { plural, .. } => Some((entry, plural.as_str())),
            _ => None,
        })
    }

    /// Gives the objects of the kinds that are `wanted` as they were at the time that is asked for, else as they were last.
    /// Of kinds that were fetched beside them only events are, and of these no event that was fetched.
    pub(super) fn each_of_then(
        &self,
        wanted: &dyn Fn(&Named) -> bool,
        fetched: &Fetched,
        each: Each<'_>,
    ) -> Result<(), ArchiveError> {
        let at = self.at.unwrap_or(DateTime::<Utc>::MAX_UTC);
        // By kind and input, as segments are given in order of time.
        let mut kinds: BTreeMap<&str, BTreeMap<usize, Vec<Entry<'_>>>> = BTreeMap::new();
        for (entry, plural) in self.of_versions().filter(|(_, plural)| wanted(&Named::of_plural(plural))) {
            let input = self.input_of(entry.id);
            if plural == EVENTS || !fetched.kinds.contains(&(input, plural.to_owned())) {
                kinds.entry(plural).or_default().entry(input).or_default().push(entry);
            }
        }
        for (plural, inputs) in kinds {
            let named = Named::of_plural(plural);
            if plural == EVENTS {
                events_until(at, inputs.into_values().flatten(), (&named, &fetched.events), each)?;
                continue;
            }
            for entries in inputs.into_values().rev() {
                let Some(all) = objects_at(at, entries)? else { continue };
                for Then { entry, objects, unseen_since } in all {
                    let known = at.min(entry.until).min(unseen_since.unwrap_or(at));
                    for (_, object) in objects.into_objects() {
                        each(&entry.fetched_at(known), &named, &bytes(&object));
                    }
                }
                break;
            }
        }
        Ok(())
    }
}

/// What the entries of one kind in a segment tell of a time; none where they tell nothing up to then.
fn objects_at(at: DateTime<Utc>, entries: Vec<Entry<'_>>) -> Result<Option<Vec<Then<'_>>>, ArchiveError> {
    let (mut all, mut is_told) = (Vec::new(), false);
    for entry in entries {
        let (mut objects, mut unseen_since) = (History::default(), None);
        entry.lines(|_, bytes| {
            let Ok(line) = serde_json::from_slice::<HistoryLine<'_>>(bytes) else { return true };
            let is_gap = line.kind == LineType::Gap;
            if line.at > at {
                unseen_since = unseen_since.or(line.from.filter(|from| is_gap && *from <= at));
            } else {
                is_told |= !is_gap;
                // What is refused is not known, and so it is not there.
                let _ = objects.take(bytes);
            }
            true
        })?;
        all.push(Then { entry, objects, unseen_since });
    }
    Ok(is_told.then_some(all))
}

/// Each event that came up to a time, as it was last told by then.
fn events_until<'a>(
    at: DateTime<Utc>,
    entries: impl Iterator<Item = Entry<'a>>,
    (named, fetched): (&Named, &BTreeSet<String>),
    each: Each<'_>,
) -> Result<(), ArchiveError> {
    let (mut all, mut until) = (BTreeMap::new(), DateTime::<Utc>::MIN_UTC);
    for entry in entries {
        until = until.max(entry.until);
        entry.lines(|_, bytes| {
            if let Ok(HistoryLine { object: Some(object), uid, at: told, .. }) = serde_json::from_slice(bytes)
                && told <= at
                && !fetched.contains(uid.as_ref())
            {
                all.insert(uid.into_owned(), (entry, object.get().to_owned()));
            }
            true
        })?;
    }
    all.into_values().for_each(|(entry, json)| each(&entry.fetched_at(at.min(until)), named, json.as_bytes()));
    Ok(())
}

fn bytes(object: &Value) -> Vec<u8> {
    // Nothing in it has keys that are no strings, which is what could fail.
    serde_json::to_vec(object).unwrap_or_default()
}
