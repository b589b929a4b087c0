//! One history out of those of several segments.
//!
//! What the time that is wanted begins with stands first, whole, as at the beginning of a segment. What a later segment
//! begins with is compared with what is known by then: if nothing was lost in between it is the same, and no line. Where it
//! is not, the line says between which times it came to be so. Nothing is made up: a patch without its version before is
//! left out and counted, as is what is no line of a history.

use super::state::{Compared, State};
use super::{Opened, Part, Recording};
use crate::archive::ArchiveError;
use crate::archive::history::{HistoryLine, LineType};
use crate::archive::layout;
use chrono::{DateTime, Datelike, Utc};
use serde_json::value::RawValue;
use std::sync::atomic::{AtomicBool, Ordering};

/// Each event stands whole, and no segment begins with those before.
const EVENTS: &str = "events";
/// The recorder writes down every second that nothing was to be written.
const LATE: chrono::TimeDelta = chrono::TimeDelta::seconds(30);

/// How much a history may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of its lines.
    pub bytes: u64,
    /// Bytes of memory for the objects, packed.
    pub state: usize,
}

/// A time in which nothing was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub why: String,
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    pub bytes: u64,
    pub unseen: Vec<Unseen>,
    /// Lines that tell nothing, as something is wrong with them.
    pub refused: u64,
}

/// It did not come whole.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    #[error("it takes more than {} bytes", .0)]
    TooLarge(u64),
    #[error("its objects take more than {} bytes of memory", .0)]
    TooManyObjects(usize),
    #[error("it was ended")]
    Ended,
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// Whoever takes the lines, each with its end.
type Out<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), ArchiveError>;

impl Recording {
    /// Gives the lines of the history `entry` since `from` to `out`, until `now` or until `stop` is set.
    ///
    /// # Errors
    /// It takes more than `limits` say, was ended, or `out` fails.
    pub fn merge(
        &self,
        entry: &str,
        (from, now): (DateTime<Utc>, DateTime<Utc>),
        (limits, stop): (Limits, &AtomicBool),
        out: Out<'_>,
    ) -> Result<Merged, MergeError> {
        let is_of_events = layout::parse_history(entry).is_some_and(|(_, plural)| plural == EVENTS);
        let writer = Writer { out, from, limits, has_begun: false, merged: Merged::default() };
        let mut merging = Merging { entry, is_of_events, stop, state: State::default(), seen_until: None, writer };
        let mut unread: Option<(DateTime<Utc>, String)> = None;
        for part in &self.parts {
            match part {
                Part::Unread(other) if other.is_of_another => {}
                Part::Unread(damaged) => {
                    let why = format!("the segment {} cannot be read: {}", damaged.name, damaged.why);
                    unread.get_or_insert((merging.seen_until.unwrap_or(damaged.begin), why));
                }
                Part::Read(opened) => {
                    if let Some((begin, why)) = unread.take() {
                        merging.gap(begin, opened.header.from, &why)?;
                    }
                    unread = merging.segment(opened)?;
                }
            }
        }
        merging.end(unread, now)
    }
}

struct Merging<'a> {
    entry: &'a str,
    is_of_events: bool,
    stop: &'a AtomicBool,
    state: State,
    /// The end of the segment before; none in the first.
    seen_until: Option<DateTime<Utc>>,
    writer: Writer<'a>,
}

/// What becomes of lines.
struct Writer<'a> {
    out: Out<'a>,
    from: DateTime<Utc>,
    limits: Limits,
    /// Whether what it begins with is written.
    has_begun: bool,
    merged: Merged,
}

impl Writer<'_> {
    fn bytes(&mut self, line: &[u8]) -> Result<(), MergeError> {
        self.merged.bytes += line.len() as u64;
        if self.merged.bytes > self.limits.bytes {
            return Err(MergeError::TooLarge(self.limits.bytes));
        }
        Ok((self.out)(line)?)
    }

    /// Writes what it begins with, if it has not begun.
    fn begin(&mut self, state: &State) -> Result<(), MergeError> {
        if std::mem::replace(&mut self.has_begun, true) {
            return Ok(());
        }
        for (uid, text) in state.each() {
            let Ok(whole) = RawValue::from_string(text) else { continue };
            let line = HistoryLine { object: Some(&whole), ..HistoryLine::of(uid, LineType::Sync, self.from) };
            self.bytes(&line.to_bytes())?;
        }
        Ok(())
    }

    /// Writes a line about what is later than the beginning.
    fn line(&mut self, line: &HistoryLine<'_>) -> Result<(), MergeError> {
        if self.has_begun { self.bytes(&line.to_bytes()) } else { Ok(()) }
    }
}

impl Merging<'_> {
    /// Reads a segment. Gives since when, and why, nothing more can be read of it.
    fn segment(&mut self, opened: &Opened) -> Result<Option<(DateTime<Utc>, String)>, MergeError> {
        let (begin, end) = (opened.header.from, opened.header.to);
        let mut unread = None;
        if opened.entries.contains(self.entry) {
            unread = self.lines(opened)?;
        } else if opened.has_none(self.entry) {
            self.state.begin_segment();
            self.forget_missing(begin)?;
        }
        let seen_until = unread.as_ref().map_or(end, |(since, _)| *since);
        self.seen_until = Some(self.seen_until.map_or(seen_until, |before| before.max(seen_until)));
        Ok(unread)
    }

    fn lines(&mut self, opened: &Opened) -> Result<Option<(DateTime<Utc>, String)>, MergeError> {
        self.state.begin_segment();
        let (begin, begins_with_all) = (opened.header.from, opened.begins_with_all(self.entry));
        // Lines that are none, since the last that is one.
        let mut bad = 0_u64;
        let (mut is_beginning, mut last, mut failed) = (begins_with_all && !self.is_of_events, begin, None);
        let read = opened.lines(self.entry, |bytes| {
            if self.stop.load(Ordering::Relaxed) {
                failed = Some(MergeError::Ended);
                return false;
            }
            let Some(line) = line_of(bytes) else {
                bad += 1;
                return true;
            };
            self.writer.merged.refused += std::mem::take(&mut bad);
            last = last.max(line.at);
            let ends_beginning = is_beginning && !matches!(line.kind, LineType::Sync | LineType::Gap);
            let beginning = if ends_beginning { self.forget_missing(begin) } else { Ok(()) };
            is_beginning &= !ends_beginning;
            failed = beginning.and_then(|()| self.line(&line)).err();
            failed.is_none()
        });
        // The last may be one that was being written while it was read.
        self.writer.merged.refused += bad.saturating_sub(u64::from(!opened.name.is_sealed));
        match (read, failed) {
            (_, Some(error)) => return Err(error),
            (Err(error), None) => {
                let why = format!("the segment {} cannot be read further: {error}", opened.name.name);
                return Ok(Some((last, why)));
            }
            (Ok(()), None) if is_beginning => self.forget_missing(begin)?,
            (Ok(()), None) => {}
        }
        Ok(None)
    }

    fn line(&mut self, line: &HistoryLine<'_>) -> Result<(), MergeError> {
        if line.at > self.writer.from {
            self.writer.begin(&self.state)?;
        }
        if line.kind == LineType::Gap {
            return self.unseen(line);
        }
        let (uid, whole, patch) = (line.uid.as_ref(), line.object.map(RawValue::get), line.patch.map(RawValue::get));
        if uid.is_empty() {
            self.writer.merged.refused += 1;
            return Ok(());
        }
        if self.is_of_events {
            return if whole.is_some() { self.writer.line(line) } else { Ok(()) };
        }
        let is_told = match (line.kind, whole, patch) {
            (LineType::Sync, Some(whole), _) => return self.sync(line, whole),
            (LineType::Deleted, whole, _) => self.state.remove(uid) || whole.is_some(),
            (_, Some(whole), _) => {
                self.state.put(uid, whole);
                true
            }
            (_, None, Some(patch)) => self.state.patch(uid, patch),
            (_, None, None) => {
                self.state.remove(uid);
                false
            }
        };
        if self.state.bytes() > self.writer.limits.state {
            return Err(MergeError::TooManyObjects(self.writer.limits.state));
        }
        if is_told {
            return self.writer.line(line);
        }
        self.writer.merged.refused += 1;
        Ok(())
    }

    /// An object that a segment begins with.
    fn sync(&mut self, line: &HistoryLine<'_>, whole: &str) -> Result<(), MergeError> {
        match self.state.compare(&line.uid, whole) {
            None => self.writer.merged.refused += 1,
            Some(Compared::Same) => {}
            Some(Compared::New) => self.writer.line(line)?,
            Some(Compared::Other(patch)) => {
                let Ok(patch) = RawValue::from_string(patch.to_string()) else { return Ok(()) };
                let changed = HistoryLine {
                    from: self.seen_until.map(|seen| seen.min(line.at)),
                    patch: Some(&patch),
                    ..HistoryLine::of(&line.uid, LineType::Modified, line.at)
                };
                self.writer.line(&changed)?;
            }
        }
        if self.state.bytes() > self.writer.limits.state {
            return Err(MergeError::TooManyObjects(self.writer.limits.state));
        }
        Ok(())
    }

    /// What a segment that began at `begin` did not begin with went since the one before ended.
    fn forget_missing(&mut self, begin: DateTime<Utc>) -> Result<(), MergeError> {
        let Some(seen_until) = self.seen_until.filter(|_| !self.state.is_empty()) else { return Ok(()) };
        if begin > self.writer.from {
            self.writer.begin(&self.state)?;
        }
        for uid in self.state.take_missing() {
            let from = Some(seen_until.min(begin));
            self.writer.line(&HistoryLine { from, ..HistoryLine::of(&uid, LineType::Deleted, begin) })?;
        }
        Ok(())
    }

    fn gap(&mut self, from: DateTime<Utc>, to: DateTime<Utc>, why: &str) -> Result<(), MergeError> {
        self.line(&HistoryLine::gap(from.min(to), to, why))
    }

    fn unseen(&mut self, line: &HistoryLine<'_>) -> Result<(), MergeError> {
        if line.at <= self.writer.from {
            return Ok(());
        }
        let unseen = Unseen { from: line.from.unwrap_or(line.at), to: line.at, why: line.why.clone().into_owned() };
        self.writer.merged.unseen.push(unseen);
        self.writer.line(line)
    }

    /// Nothing was seen behind what was read, if that is so.
    fn end(mut self, unread: Option<(DateTime<Utc>, String)>, now: DateTime<Utc>) -> Result<Merged, MergeError> {
        let ended = self.seen_until.filter(|seen| now - *seen > LATE);
        let unread = unread.or_else(|| Some((ended?, "the recording ends there".to_owned())));
        self.writer.begin(&self.state)?;
        if let Some((from, why)) = unread.filter(|_| self.writer.merged.bytes > 0) {
            self.gap(from, now, &why)?;
        }
        Ok(self.writer.merged)
    }
}

/// A line whose times can be written down.
fn line_of(bytes: &[u8]) -> Option<HistoryLine<'_>> {
    let line: HistoryLine<'_> = serde_json::from_slice(bytes).ok()?;
    let is_written_so = |at: &DateTime<Utc>| (0..=9999).contains(&at.year());
    (is_written_so(&line.at) && line.from.as_ref().is_none_or(is_written_so)).then_some(line)
}
