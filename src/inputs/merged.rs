//! Several inputs as one: entries numbered over all of them, the union of their windows, all that was planned.

use super::batch::Batch;
use super::dump::Piece;
use super::format::About;
use super::kind::{Kind, MOST_BYTES, ObjectForm};
use super::{Input, InputError, audit, records};
use crate::archive::format::{ClockReading, ClusterId, Header, Outcome, Status};
use crate::archive::recording::SOURCE as RECORDER;
use crate::archive::{Archive, ArchiveError};
use crate::model::{EntryId, Window};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry as Slot};
use std::ops::Range;
use std::sync::Arc;

/// The inputs of an analysis, in the order they were given.
#[derive(Clone)]
pub struct Inputs {
    inputs: Vec<Numbered>,
    /// The path of each entry as a report shows it, in order of input and path.
    shown: Vec<String>,
    /// The time of which objects are given, if not the last that is known.
    pub(super) at: Option<DateTime<Utc>>,
}

#[derive(Clone)]
struct Numbered {
    input: Input,
    /// As a report calls it: no two have the same.
    name: String,
    /// Its entries among all.
    entries: Range<usize>,
    /// Bytes of each shown path before its own.
    prefix: usize,
    /// When each entry was fetched, as far as that was written down.
    fetched: BTreeMap<EntryId, DateTime<Utc>>,
    /// Until when versions of objects tell: in an archive of `collect` that is not its window.
    recorded_until: DateTime<Utc>,
}

/// An input by what it was recognised as.
pub struct Recognised<'a> {
    /// As a report calls it.
    pub name: &'a str,
    /// The name of its format.
    pub format: &'static str,
    /// Its entries among all.
    pub entries: Range<usize>,
    /// It holds records of a cluster, and is no archive of ours.
    pub is_foreign: bool,
}

/// An entry of one of the inputs.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    pub id: EntryId,
    pub kind: &'a Kind,
    /// When it was fetched: the end of its input's window where nothing says so.
    pub fetched: DateTime<Utc>,
    /// The end of its input's window; of versions of objects, when the last could have been seen.
    pub until: DateTime<Utc>,
    files: &'a Archive,
    path: &'a str,
}

impl Inputs {
    /// Fails where two of them say that they are of different clusters.
    pub fn new(first: Input, others: Vec<Input>) -> Result<Self, InputError> {
        let all = Self::numbered(first, others);
        let known =
            || all.inputs.iter().filter_map(|one| Some((&one.name, one.input.about.header.cluster.uid.as_ref()?)));
        if let Some((one, uid)) = known().next()
            && let Some((other, _)) = known().find(|(_, other)| *other != uid)
        {
            return Err(InputError::Clusters { one: one.clone(), other: other.clone() });
        }
        Ok(all)
    }

    /// Those of each cluster together, in the order in which the clusters come.
    ///
    /// Fails where there are several clusters, and of an input nobody can tell of which it is; nothing comes of nothing.
    pub fn of_clusters(inputs: Vec<Input>) -> Result<Vec<Self>, InputError> {
        let uid = |input: &Input| input.about.header.cluster.uid.clone();
        let known: BTreeSet<String> = inputs.iter().filter_map(uid).collect();
        let mut clusters: Vec<(Option<String>, Vec<Input>)> = Vec::new();
        for input in inputs {
            let whose = uid(&input);
            if whose.is_none() && known.len() > 1 {
                return Err(InputError::OfNoCluster { input: input.name().to_owned() });
            }
            match clusters.iter_mut().find(|(other, _)| known.len() < 2 || *other == whose) {
                Some((_, of_it)) => of_it.push(input),
                None => clusters.push((whose, vec![input])),
            }
        }
        let mut joined = Vec::new();
        for (_, of_it) in clusters {
            let mut of_it = of_it.into_iter();
            joined.extend(of_it.next().map(|first| Self::new(first, of_it.collect())).transpose()?);
        }
        Ok(joined)
    }

    fn numbered(first: Input, others: Vec<Input>) -> Self {
        let is_alone = others.is_empty();
        let mut all = Self { inputs: Vec::new(), shown: Vec::new(), at: None };
        for input in std::iter::once(first).chain(others) {
            let name = all.unused_name(input.name());
            // A file that is its own only entry is called by its name alone.
            let is_plain = input.files.is_plain();
            let prefix = if is_alone || is_plain { String::new() } else { format!("{name}/") };
            let first = all.shown.len();
            match is_plain && !is_alone {
                true => all.shown.push(name.clone()),
                false => all.shown.extend(input.files.entries().map(|path| format!("{prefix}{path}"))),
            }
            let entries = first..all.shown.len();
            let recorded_until = recorded_until(&input.about);
            let fetched = BTreeMap::new();
            let mut new = Numbered { input, name, entries, prefix: prefix.len(), fetched, recorded_until };
            new.fetched = new.fetched();
            all.inputs.push(new);
        }
        all
    }

    fn unused_name(&self, name: &str) -> String {
        let is_used = |name: &String| self.inputs.iter().any(|other| other.name == *name);
        let numbered = (2_u32..).map(|number| format!("{name}-{number}"));
        std::iter::once(name.to_owned()).chain(numbered).find(|name| !is_used(name)).unwrap_or_default()
    }

    /// The same as they were written; see [`Input::as_written`].
    pub fn as_written(self) -> Self {
        let inputs = self.inputs.into_iter().map(|one| Numbered { input: one.input.as_written(), ..one });
        Self { inputs: inputs.collect(), ..self }
    }

    /// What people call them.
    pub fn name(&self) -> String {
        self.names().collect::<Vec<_>>().join(" + ")
    }

    /// What people call the first.
    pub fn first_name(&self) -> &str {
        self.names().next().unwrap_or_default()
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.inputs.iter().map(|one| one.name.as_str())
    }

    /// What each was recognised as.
    pub fn each(&self) -> impl Iterator<Item = Recognised<'_>> {
        self.inputs.iter().map(|one| Recognised {
            name: &one.name,
            format: one.input.format.name,
            entries: one.entries.clone(),
            is_foreign: !one.input.format.is_our_archive() && !one.input.format.is_asked_for(),
        })
    }

    /// The hashes of those that were sealed; none where none was.
    pub fn sha256(&self) -> Option<String> {
        let hashes = self.inputs.iter().map(|one| one.input.about.sha256.as_deref());
        let is_sealed = hashes.clone().any(|hash| hash.is_some());
        let mut hashes: Vec<&str> = hashes.map(|hash| hash.unwrap_or("none")).collect();
        // Parts have that of their whole.
        hashes.dedup();
        is_sealed.then(|| hashes.join(" + "))
    }

    /// The header of the first that knows its cluster, else of the first.
    pub fn header(&self) -> Header {
        let mut headers = self.inputs.iter().map(|one| &one.input.about.header);
        let knows = |header: &&Header| header.cluster != ClusterId::default();
        headers.clone().find(knows).or_else(|| headers.next()).expect("there is at least one input").clone()
    }

    /// What clocks said when collecting began, of all inputs.
    pub fn clocks(&self) -> Vec<ClockReading> {
        self.inputs.iter().flat_map(|one| one.input.about.header.clocks.iter().cloned()).collect()
    }

    /// From the first beginning of a window to the last end. Where no input has one, it is that of all records with a time.
    pub fn window(&self) -> Window {
        let windows = || self.inputs.iter().map(|one| &one.input.about);
        let has_any = windows().any(|about| about.has_window);
        let is_wanted = |about: &&Arc<About>| about.has_window || (!has_any && about.header.to != DateTime::UNIX_EPOCH);
        let windows = windows().filter(is_wanted).map(|about| &about.header);
        let from = windows.clone().map(|header| header.from).min().unwrap_or_default();
        Window::new(from, windows.map(|header| header.to).max().unwrap_or_default())
    }

    /// The entries that say of a window that it ends before it begins.
    pub fn inverted_windows(&self) -> Vec<EntryId> {
        let inverted = self.inputs.iter().filter(|one| one.input.about.header.to < one.input.about.header.from);
        inverted.filter_map(|one| one.entry(one.input.about.said_in?)).collect()
    }

    /// How every planned item ended, in order of source and subject. Parts of one archive have the same items, and one
    /// of them the entry.
    pub fn outcomes(&self) -> Vec<Outcome> {
        if let [only] = self.inputs.as_slice() {
            return only.input.about.outcomes.clone();
        }
        let mut all: BTreeMap<(String, String, DateTime<Utc>), Outcome> = BTreeMap::new();
        for one in &self.inputs {
            // What has no entry of its own is as whole as the archive; what has is in one of its parts.
            let of_whole = if self.is_whole(one) { one.input.files.outcomes_of_whole() } else { Vec::new() };
            for (place, of_part) in one.input.about.outcomes.iter().enumerate() {
                let outcome = of_whole.get(place).filter(|whole| whole.entry.is_none()).unwrap_or(of_part);
                let id = outcome.entry.as_ref().and_then(|path| one.entry(path));
                let entry = id.map_or_else(|| outcome.entry.clone(), |id| Some(self.shown(id).to_owned()));
                let outcome = Outcome { entry, ..outcome.clone() };
                match all.entry((outcome.source.clone(), outcome.subject.clone(), outcome.at)) {
                    Slot::Vacant(slot) => drop(slot.insert(outcome)),
                    Slot::Occupied(mut known) if known.get().status.is_missing() => drop(known.insert(outcome)),
                    Slot::Occupied(_) => {}
                }
            }
        }
        all.into_values().collect()
    }

    /// Whether an input is a part of an archive whose other parts are here too: of the same manifest.
    fn is_whole(&self, one: &Numbered) -> bool {
        let Some((_, of)) = one.input.about.parts.first().copied() else { return false };
        let same = self.inputs.iter().filter(|other| other.input.about.sha256 == one.input.about.sha256);
        let here: BTreeSet<(u32, u32)> = same.flat_map(|other| other.input.about.parts.iter().copied()).collect();
        one.input.about.sha256.is_some() && (1..=of).all(|number| here.contains(&(number, of)))
    }

    /// The number of all entries.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The paths of all entries as a report shows them: behind the name of their input where there are several.
    pub fn paths(&self) -> &[String] {
        &self.shown
    }

    /// When versions of objects begin: in an archive of `collect` that may be later than its window.
    pub fn recorded_from(&self) -> Option<DateTime<Utc>> {
        let abouts = self.inputs.iter().map(|one| &one.input.about);
        let came = |one: &&Outcome| one.source == RECORDER && one.status != Status::Failed;
        abouts.flat_map(|about| about.outcomes.iter().filter(came).filter_map(|one| one.from)).min()
    }

    /// The path of an entry as a report shows it.
    pub fn shown(&self, id: EntryId) -> &str {
        self.shown.get(id.0 as usize).map_or("", String::as_str)
    }

    /// Which input an entry is of.
    pub(super) fn input_of(&self, id: EntryId) -> usize {
        self.inputs.partition_point(|one| one.entries.end <= id.0 as usize)
    }

    /// The entry that a report shows by this path.
    pub fn find(&self, path: &str) -> Option<Entry<'_>> {
        let place = self.shown.iter().position(|shown| shown == path)?;
        self.entry(EntryId(u32::try_from(place).ok()?))
    }

    pub fn entry(&self, id: EntryId) -> Option<Entry<'_>> {
        let one = self.inputs.get(self.input_of(id))?;
        let (index, input) = ((id.0 as usize).checked_sub(one.entries.start)?, &one.input);
        let kind = input.kinds.get(index)?;
        let until = match kind {
            Kind::History { .. } => one.recorded_until,
            _ => input.about.header.to,
        };
        let path = match input.files.is_plain() {
            true => input.files.entries().next()?,
            false => self.shown(id).get(one.prefix..)?,
        };
        let fetched = one.fetched.get(&id).copied().unwrap_or(until);
        Some(Entry { id, kind, fetched, until, files: &input.files, path })
    }
}

/// Until when its versions of objects tell.
fn recorded_until(about: &About) -> DateTime<Utc> {
    let of_recorder = about.outcomes.iter().filter(|outcome| outcome.source == RECORDER);
    of_recorder.filter_map(|outcome| outcome.to).max().unwrap_or(about.header.to)
}

impl Numbered {
    /// The entry of a path of the input's own.
    fn entry(&self, path: &str) -> Option<EntryId> {
        let place = self.input.files.index_of(path)?;
        u32::try_from(self.entries.start + place).ok().map(EntryId)
    }

    fn fetched(&self) -> BTreeMap<EntryId, DateTime<Utc>> {
        let outcomes = self.input.about.outcomes.iter();
        outcomes.filter_map(|outcome| Some((self.entry(outcome.entry.as_deref()?)?, outcome.at))).collect()
    }
}

impl Entry<'_> {
    /// The same, as if it had been fetched then.
    pub(super) fn fetched_at(self, fetched: DateTime<Utc>) -> Self {
        Self { fetched, ..self }
    }

    /// Its size in bytes, as its input claims it.
    pub fn bytes(&self) -> u64 {
        self.files.bytes_of(self.path).unwrap_or_default()
    }

    /// All of it, of what cannot be read piece by piece. More than `MOST_BYTES` is an error.
    pub fn text(&self) -> Result<Vec<u8>, ArchiveError> {
        if self.bytes() > MOST_BYTES {
            let why = format!("more than {MOST_BYTES} bytes");
            return Err(ArchiveError::Entry { entry: self.path.to_owned(), why });
        }
        self.files.read(self.path, MOST_BYTES)
    }

    /// As much as is read of a line, in bytes.
    pub fn line_bytes(&self) -> usize {
        self.files.limits().line_bytes
    }

    /// Gives its lines to `each` with their numbers, from 1, until it wants no more.
    pub fn lines(&self, each: impl FnMut(u64, &[u8]) -> bool) -> Result<(), ArchiveError> {
        self.files.lines(self.path, each)
    }

    /// Streams its records to `each`; a batch that is given back is used again.
    pub fn batches(&self, each: impl FnMut(Batch) -> Option<Batch>) -> Result<(), ArchiveError> {
        match self.kind {
            Kind::Objects { form, .. } => records::read(self.files, self.path, *form, each),
            // Its reader lets no value out, and has to see where one differs from that before.
            Kind::Audit(form) => audit::read(&self.files.as_written(), self.path, *form, each),
            _ => records::read(self.files, self.path, ObjectForm::Lines, each),
        }
    }
}

impl Entry<'_> {
    /// Streams the parts of a dump.
    pub fn pieces(&self, each: impl FnMut(Piece<'_>)) -> Result<(), ArchiveError> {
        records::dump(self.files, self.path, each)
    }
}

impl From<Input> for Inputs {
    /// An input alone.
    fn from(input: Input) -> Self {
        Self::numbered(input, Vec::new())
    }
}

impl TryFrom<&Archive> for Inputs {
    type Error = InputError;

    /// An archive alone.
    fn try_from(archive: &Archive) -> Result<Self, InputError> {
        Input::from_archive(archive).map(Self::from)
    }
}
