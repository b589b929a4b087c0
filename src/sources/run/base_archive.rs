//! An archive that a run goes on with: what it has need not be asked for again.
//!
//! It is only read. Whatever its outcomes claim, what counts as kept is in it.

use crate::archive::format::{ClockReading, Header, Origin, Outcome, Status};
use crate::archive::{Archive, ArchiveError, Identities, Limits, layout, recording};
use std::path::Path;
use std::sync::Arc;

/// Objects are at most 1.5 MB (etcd's limit), some of them longer than the lines that reports read.
const LINE: usize = 16 << 20;

/// An open archive, with one outcome for each of its items. Cheap to clone.
#[derive(Clone)]
pub struct BaseArchive {
    archive: Archive,
    name: String,
    outcomes: Arc<Vec<Outcome>>,
}

impl std::fmt::Debug for BaseArchive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BaseArchive").field("name", &self.name).finish_non_exhaustive()
    }
}

impl BaseArchive {
    /// Opens an archive, sealed or cut, with the keys to it if it is encrypted.
    pub fn open(path: &Path, who: Option<&Arc<Identities>>) -> Result<Self, ArchiveError> {
        let archive = Archive::open_as(path, Limits { line_bytes: LINE, ..Limits::default() }, who)?;
        let mut outcomes: Vec<Outcome> =
            archive.outcomes().into_iter().map(|outcome| if_there(&archive, outcome)).collect();
        outcomes.dedup_by(|a, b| (&a.source, &a.subject) == (&b.source, &b.subject));
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Self { archive, name, outcomes: Arc::new(outcomes) })
    }

    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    pub fn header(&self) -> Result<Header, ArchiveError> {
        self.archive.header()
    }

    /// One for each item, in order of source and subject.
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// How many items need not be asked for again.
    pub fn kept(&self) -> usize {
        self.settled().count()
    }

    /// The outcome of an item that need not be asked for again.
    pub fn of(&self, source: &str, subject: &str) -> Option<&Outcome> {
        self.settled().find(|outcome| outcome.source == source && outcome.subject == subject)
    }

    /// Whether it has items of `source` and none of them is missing.
    pub fn has_all_of(&self, source: &str) -> bool {
        let mut all = self.outcomes.iter().filter(|outcome| outcome.source == source).peekable();
        all.peek().is_some() && !all.any(|outcome| outcome.status.is_missing())
    }

    /// The subject that `entry` is kept of, as the only one.
    pub fn subject_of(&self, entry: &str) -> Option<&str> {
        let found = self.settled().find(|outcome| outcome.entry.as_deref() == Some(entry));
        found.map(|outcome| outcome.subject.as_str())
    }

    /// What is kept, each entry of it named by an outcome of its own. The clocks are left out: they are written
    /// anew, with what this run reads.
    pub fn to_copy(&self) -> Vec<Outcome> {
        let mut named = Vec::new();
        for outcome in self.settled() {
            let entries = entries_of(&self.archive, outcome).into_iter().filter(|entry| entry != layout::CLOCKS);
            named.extend(entries.map(|entry| Outcome { entry: Some(entry), ..outcome.clone() }));
        }
        named
    }

    /// Whether an entry is kept as it is, so that there can be no other of its path.
    pub fn keeps(&self, entry: &str) -> bool {
        self.to_copy().iter().any(|outcome| outcome.entry.as_deref() == Some(entry))
    }

    /// The readings of the nodes' clocks.
    pub fn clocks(&self) -> Vec<ClockReading> {
        let mut clocks = Vec::new();
        // An archive that was cut has none.
        let _ = self.archive.lines(layout::CLOCKS, |_, line| {
            clocks.extend(serde_json::from_slice::<ClockReading>(line));
            true
        });
        clocks
    }

    /// What the chain of custody calls it.
    pub fn origin(&self) -> Origin {
        Origin { name: self.name.clone(), sha256: self.archive.manifest_sha256().ok().flatten() }
    }

    /// What is made of it, in a sentence.
    pub fn note(&self) -> String {
        let (kept, all) = (self.kept(), self.outcomes.len());
        format!("kept {kept} of {all} items, asked for {}", all - kept)
    }

    fn settled(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| !outcome.status.is_missing())
    }
}

/// The outcome, if what it says was written is there. In a cut archive it may not be: the clocks of all nodes are
/// written at the end.
fn if_there(archive: &Archive, outcome: Outcome) -> Outcome {
    let wrote = outcome.entry.is_some() || outcome.bytes > 0;
    if !wrote || !entries_of(archive, &outcome).is_empty() || is_among_answers(archive, &outcome) {
        return outcome;
    }
    let why = "its entry is not in the archive, which was cut or altered".to_owned();
    Outcome { status: Status::Skipped, why, entry: None, from: None, to: None, bytes: 0, ..outcome }
}

/// Whether an outcome is of what a recorder heard of the API server's readiness, and the entry is there that has it. It is
/// no entry of that outcome: another run that asks the API servers itself writes it anew, with these answers in it.
fn is_among_answers(archive: &Archive, outcome: &Outcome) -> bool {
    let is_of_recorder = outcome.source == recording::SOURCE && outcome.subject == recording::READINESS;
    is_of_recorder && archive.bytes_of(layout::MEMBERS).is_some()
}

/// The entries an outcome is of that are there. Lists and histories of all namespaces have one for each, and so name none.
fn entries_of(archive: &Archive, outcome: &Outcome) -> Vec<String> {
    match &outcome.entry {
        Some(entry) => archive.bytes_of(entry).map(|_| entry.clone()).into_iter().collect(),
        None if outcome.bytes > 0 => {
            let is_of_kind = |entry: &&str| match outcome.source == recording::SOURCE {
                true => recording::is_of_scope(entry, &outcome.subject),
                false => layout::parse_objects(entry).is_some_and(|(_, plural)| plural == outcome.subject),
            };
            archive.entries().filter(is_of_kind).map(str::to_owned).collect()
        }
        None => Vec::new(),
    }
}
