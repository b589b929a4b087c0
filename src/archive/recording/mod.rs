//! The folder of a recorder, of which the part since a time is wanted in one piece: of each kind one history, as if a
//! segment had begun at that time and gone on until now.
//!
//! The recorder may be writing meanwhile. Segments are opened before anything of them is read, so that one that is dropped
//! can still be read, and one that is sealed is read as what it became. What cannot be read is named and passed over: what
//! it would have told is a gap.
//!
//! ```text
//! mod      which segments, and what cannot be read     merge    the lines of one kind and namespace
//! state    the objects as they are at a line
//! ```

mod merge;
mod state;

pub use merge::{Limits, MergeError, Merged, Unseen};

use super::format::{Header, Outcome, Status};
use super::layout::{self, SegmentName};
use super::{Archive, ArchiveError, Segment, segments};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// As outcomes name the recorder.
pub const SOURCE: &str = "record";
/// As its outcomes name the logs that it took for trouble.
pub const LOGS: &str = "logs on trouble";
/// As they name what the API server said of its readiness.
pub const READINESS: &str = "readiness of the API server";
/// So many segments are opened, the newest: each is an open file.
const MOST_SEGMENTS: usize = 400;

/// The part of a recording that is wanted.
pub struct Recording {
    parts: Vec<Part>,
    /// Older segments that were left out, as there are too many.
    pub left_out: usize,
}

/// One of its segments.
enum Part {
    Read(Box<Opened>),
    Unread(Unread),
}

/// A segment that was opened.
struct Opened {
    name: SegmentName,
    /// What it is called once it is sealed.
    sealed: PathBuf,
    archive: Archive,
    header: Header,
    /// How each scope ended in it, by its subject.
    outcomes: BTreeMap<String, Outcome>,
    entries: BTreeSet<String>,
    /// Logs of containers and journals that it took.
    logs: BTreeSet<String>,
}

/// A segment that cannot be read.
#[derive(Clone, Debug)]
pub struct Unread {
    pub name: String,
    pub begin: DateTime<Utc>,
    pub why: String,
    /// It is of another cluster than was asked for.
    pub is_of_another: bool,
}

/// The objects of one kind that were watched together, of all namespaces or of one, and how that stood last.
#[derive(Clone, Debug)]
pub struct Scope {
    /// As outcomes name it.
    pub subject: String,
    /// The histories of it.
    pub entries: Vec<String>,
    /// In the last segment that can be read; none where it says nothing.
    pub last: Option<Outcome>,
}

impl Recording {
    /// Opens what the folder has of the time since `from`, of the cluster with the UID `cluster` where one is given.
    ///
    /// # Errors
    /// The folder cannot be looked into.
    pub fn open(folder: &Path, from: DateTime<Utc>, cluster: Option<&str>) -> std::io::Result<Self> {
        let mut all = segments(folder)?;
        // The first that is wanted had begun by then.
        let first = all.iter().rposition(|segment| segment.name.begin <= from).unwrap_or_default();
        let mut wanted = all.split_off(first);
        let left_out = wanted.len().saturating_sub(MOST_SEGMENTS);
        let wanted = wanted.split_off(left_out);
        let parts = wanted.into_iter().map(|segment| open(folder, segment, cluster)).collect();
        Ok(Self { parts, left_out })
    }

    fn read(&self) -> impl DoubleEndedIterator<Item = &Opened> {
        self.parts.iter().filter_map(|part| match part {
            Part::Read(opened) => Some(opened.as_ref()),
            Part::Unread(_) => None,
        })
    }

    /// Segments that cannot be read.
    pub fn unread(&self) -> impl Iterator<Item = &Unread> {
        self.parts.iter().filter_map(|part| match part {
            Part::Unread(unread) => Some(unread),
            Part::Read(_) => None,
        })
    }

    /// From when to when its segments tell; none where none can be read.
    pub fn span(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        Some((self.read().next()?.header.from, self.read().next_back()?.header.to))
    }

    /// What was watched, in order of subject, with the histories that are there of it.
    pub fn scopes(&self) -> Vec<Scope> {
        let mut scopes: BTreeMap<String, Scope> = BTreeMap::new();
        let new = |subject: &str| Scope { subject: subject.to_owned(), entries: Vec::new(), last: None };
        for (subject, outcome) in self.read().flat_map(|opened| &opened.outcomes).filter(|(name, _)| is_kind(name)) {
            let scope = scopes.entry(subject.clone()).or_insert_with(|| new(subject));
            scope.last = Some(outcome.clone());
        }
        let entries: BTreeSet<&String> = self.read().flat_map(|opened| &opened.entries).collect();
        for entry in entries {
            let Some([whole, own]) = subjects(entry) else { continue };
            let subject = if scopes.contains_key(&own) { own } else { whole };
            scopes.entry(subject.clone()).or_insert_with(|| new(&subject)).entries.push(entry.clone());
        }
        scopes.into_values().collect()
    }
}

/// Logs that were taken for trouble, and what the API server said of its readiness.
impl Recording {
    /// The entries that any segment has of them.
    pub fn logs(&self) -> BTreeSet<&str> {
        self.read().flat_map(|opened| opened.logs.iter().map(String::as_str)).collect()
    }

    /// What each segment says of what its outcomes call `subject`, the oldest first.
    pub fn outcomes_of(&self, subject: &str) -> impl Iterator<Item = &Outcome> {
        self.read().filter_map(move |opened| opened.outcomes.get(subject))
    }

    /// Gives the lines of one of them, without their ends, as they follow each other over all segments, with the time at
    /// which their segment ends; until `each` wants no more.
    ///
    /// # Errors
    /// A segment could not be read to its end. What came before was given, and what others have of it.
    pub fn log_lines(
        &self,
        entry: &str,
        mut each: impl FnMut(DateTime<Utc>, &[u8]) -> bool,
    ) -> Result<(), ArchiveError> {
        let mut read = Ok(());
        for opened in self.read().filter(|opened| opened.logs.contains(entry)) {
            read = read.and(opened.lines(entry, |line| each(opened.header.to, line)));
        }
        read
    }

    /// Gives what the API server said of its readiness, a line each, as these follow each other over all segments.
    ///
    /// # Errors
    /// A segment could not be read to its end. What came before was given, and what others have of it.
    pub fn readiness(&self, mut each: impl FnMut(&[u8])) -> Result<(), ArchiveError> {
        let mut read = Ok(());
        for opened in self.read().filter(|opened| opened.archive.bytes_of(layout::MEMBERS).is_some()) {
            let lines = opened.lines(layout::MEMBERS, |line| {
                each(line);
                true
            });
            read = read.and(lines);
        }
        read
    }
}

/// Whether what a recorder names in its outcomes is a kind that it watched.
fn is_kind(subject: &str) -> bool {
    !matches!(subject, LOGS | READINESS)
}

/// The names that the scope of a history may have: that of all namespaces, and that of its own.
fn subjects(entry: &str) -> Option<[String; 2]> {
    let (namespace, plural) = layout::parse_history(entry)?;
    let own = namespace.map_or_else(|| plural.clone(), |namespace| format!("{plural} of namespace {namespace}"));
    Some([plural, own])
}

/// Whether a history is of the scope that an outcome calls `subject`.
pub fn is_of_scope(entry: &str, subject: &str) -> bool {
    subjects(entry).is_some_and(|names| names.iter().any(|name| name == subject))
}

impl Opened {
    /// How the scope of a history ended here.
    fn outcome_of(&self, entry: &str) -> Option<&Outcome> {
        subjects(entry)?.iter().find_map(|subject| self.outcomes.get(subject))
    }

    /// Whether a history begins here with all that there was.
    fn begins_with_all(&self, entry: &str) -> bool {
        // What was planned and has no outcome was ended while it was being begun.
        self.outcome_of(entry).is_some_and(|outcome| outcome.status != Status::Skipped)
    }

    /// Whether there is no history here because there was no object.
    fn has_none(&self, entry: &str) -> bool {
        let came = |outcome: &Outcome| matches!(outcome.status, Status::Collected | Status::Empty);
        !self.entries.contains(entry) && self.outcome_of(entry).is_some_and(came)
    }

    /// Gives the lines of a history, until `each` wants no more.
    fn lines(&self, entry: &str, mut each: impl FnMut(&[u8]) -> bool) -> Result<(), ArchiveError> {
        let mut has_begun = false;
        let read = self.archive.lines(entry, |_, line| {
            has_begun = true;
            each(line)
        });
        // A folder is gone once it is sealed.
        match (read, has_begun || self.name.is_sealed) {
            (Err(_), false) if self.sealed.exists() => Archive::open(&self.sealed)?.lines(entry, |_, line| each(line)),
            (read, _) => read,
        }
    }
}

fn open(folder: &Path, segment: Segment, cluster: Option<&str>) -> Part {
    let (name, begin) = (segment.name.name.clone(), segment.name.begin);
    let sealed = folder.join(layout::sealed_segment(&name));
    let unread = |why: String, is_of_another| Part::Unread(Unread { name: name.clone(), begin, why, is_of_another });
    let opened = match segment.name.is_sealed {
        true => opened(&segment.path),
        false => opened_growing(&segment.path).or_else(|error| match sealed.exists() {
            true => opened(&sealed),
            false => Err(error),
        }),
    };
    let (archive, header) = match opened {
        Ok(opened) => opened,
        Err(error) => return unread(error.to_string(), false),
    };
    if let (Some(found), Some(wanted)) = (header.cluster.uid.as_deref(), cluster)
        && found != wanted
    {
        return unread("it is of another cluster".to_owned(), true);
    }
    let outcomes = archive.outcomes().into_iter().filter(|outcome| outcome.source == SOURCE);
    let outcomes = outcomes.map(|outcome| (outcome.subject.clone(), outcome)).collect();
    let chosen =
        |is_one: fn(&str) -> bool| archive.entries().filter(|entry| is_one(entry)).map(str::to_owned).collect();
    let entries = chosen(|entry| layout::parse_history(entry).is_some());
    let logs = chosen(|entry| layout::parse_pod_log(entry).is_some() || layout::parse_journal(entry).is_some());
    Part::Read(Box::new(Opened { name: segment.name, sealed, archive, header, outcomes, entries, logs }))
}

/// An archive with its header.
fn opened(path: &Path) -> Result<(Archive, Header), ArchiveError> {
    let archive = Archive::open(path)?;
    let header = archive.header()?;
    Ok((archive, header))
}

/// The same of one that grows, whose header is read first: what it says is there then.
fn opened_growing(path: &Path) -> Result<(Archive, Header), ArchiveError> {
    let (_, header) = opened(path)?;
    Ok((Archive::open(path)?, header))
}

#[cfg(test)]
mod tests;
