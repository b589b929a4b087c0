//! What is heard, written down: the one place that knows the state of all objects and the segment that grows.
//!
//! A gap is never silent: where nothing was heard, where this program or its clock stood still, and where nothing could be
//! written, there is a line in the history of each kind and a word in the outcome.

mod beside;

use super::clean::{self, Clean};
use super::clock::{Clock, Jump};
use super::error::RecordError;
use super::folder::Bounds;
use super::follow::{Message, News};
use super::kinds::Keep;
use super::perishing::{Perishing, Seen};
use super::readiness::Readiness;
use super::segment::{AT_ONCE, Segment, write_lines};
use super::watched::Watched;
use crate::archive::Archive;
use crate::archive::format::{ClockReading, ClusterId, FORMAT, Header, Outcome, Planned, TOOL};
use crate::archive::history::{HistoryLine, LineType};
use crate::redact::{Counts, Redactor};
use crate::sources::wire::watch::How;
use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

/// A segment is ended before its time where it has this share of all that may be kept, unpacked.
const SHARE: u64 = 4;

/// What does not change while it is recorded.
pub struct Frame {
    pub root: PathBuf,
    pub cluster: ClusterId,
    pub clocks: Vec<ClockReading>,
    pub options: BTreeMap<String, String>,
    pub bounds: Bounds,
    pub redactor: Redactor,
}

/// The recording.
pub struct Recording {
    frame: Frame,
    all: Vec<Watched>,
    perishing: Perishing,
    readiness: Readiness,
    clock: Clock,
    /// None where it cannot be written.
    segment: Option<Segment>,
    /// Since when nothing can be written, and why.
    unwritten: Option<(DateTime<Utc>, String)>,
    /// When all that had been heard was in the files.
    written_at: Option<DateTime<Utc>>,
    /// Bytes of the objects that the segment begins with, unpacked.
    state_bytes: u64,
}

/// What an object's line tells, beside the object.
#[derive(Clone, Copy)]
struct Sight {
    kind: LineType,
    /// It happened at some time since then.
    from: Option<DateTime<Utc>>,
    at: DateTime<Utc>,
}

impl Recording {
    pub fn new(frame: Frame, (all, perishing): (Vec<Watched>, Perishing), now: DateTime<Utc>, steady: Instant) -> Self {
        let clock = Clock::new(now, steady);
        let readiness = Readiness::default();
        Self {
            frame,
            all,
            perishing,
            readiness,
            clock,
            segment: None,
            unwritten: None,
            written_at: None,
            state_bytes: 0,
        }
    }

    /// Takes the state in which an earlier recording ended, so that what was changed since is told, and what is gone.
    pub fn go_on(&mut self, earlier: &Archive, header: &Header) {
        self.perishing.go_on(earlier, header);
        for watched in self.all.iter_mut().filter(|watched| watched.scope.kind.keep != Keep::Records) {
            for entry in earlier.entries().filter(|entry| watched.scope.holds(entry)) {
                watched.is_listed |= watched.objects.restore(earlier, entry);
            }
        }
    }

    /// The name of the segment that grows; empty where there is none.
    pub fn current(&self) -> &str {
        self.segment.as_ref().map(Segment::name).unwrap_or_default()
    }

    /// When the segment that grows began.
    pub fn begun_at(&self) -> Option<DateTime<Utc>> {
        self.segment.as_ref().map(Segment::begun_at)
    }

    /// How much of it the segment began with, and how much it has, unpacked.
    pub fn bytes(&self) -> (u64, u64) {
        (self.state_bytes, self.segment.as_ref().map(Segment::bytes).unwrap_or_default())
    }

    /// Whether the segment is as large as it may become.
    pub fn is_large(&self) -> bool {
        let (state, bytes) = self.bytes();
        bytes - state.min(bytes) >= self.frame.bounds.max_size / SHARE
    }

    /// Takes news. Gives what is to be said of it to people.
    pub fn take(&mut self, message: Message, now: DateTime<Utc>) -> Option<String> {
        let Message { scope, news } = message;
        let watched = self.all.get_mut(scope)?;
        match news {
            News::ListBegins => watched.objects.begin_list(),
            News::ListEnds => {
                self.forget_missing(scope, now);
                self.of(scope, |watched| watched.is_listed = true);
                return self.hear(scope, now);
            }
            News::Heard => return self.hear(scope, now),
            News::Lost(problem) => return watched.lose(now, problem),
            News::Listed(object) => self.listed(scope, object.get(), now),
            News::Changed(How::Deleted, object) => self.delete(scope, object.get(), now),
            News::Changed(how, object) => {
                let kind = if how == How::Added { LineType::Added } else { LineType::Modified };
                self.change(scope, object.get(), Sight { kind, from: None, at: now });
            }
        }
        None
    }

    fn listed(&mut self, scope: usize, object: &str, now: DateTime<Utc>) {
        let Some(watched) = self.all.get_mut(scope) else { return };
        let Some(identity) = clean::identity(watched.scope.kind, object) else { return };
        if watched.objects.is_known(&identity.uid, &identity.resource_version) {
            return;
        }
        let (kind, from) = match watched.is_listed {
            true => (LineType::Added, watched.lost_since()),
            false => (LineType::Sync, None),
        };
        self.change(scope, object, Sight { kind, from, at: now });
    }

    /// Writes down what there is to write, and what became of the clock. Whether another segment should begin.
    pub fn tick(&mut self, now: DateTime<Utc>, steady: Instant) -> bool {
        let last = self.clock.last();
        let jump = self.clock.look(now, steady);
        if let Some(jump) = jump {
            self.gap_of_all(last.min(now), now, &jump.why());
        }
        let is_set = matches!(jump, Some(Jump::Set(_)));
        if !is_set {
            self.write(now);
        }
        is_set || self.segment.is_none()
    }

    /// Begins another segment with all that is known. Gives the name of the one before, which is to be sealed.
    pub fn rotate(&mut self, now: DateTime<Utc>) -> Result<Option<String>, RecordError> {
        let before = self.end(now);
        let planned: Vec<Planned> =
            self.all.iter().map(Watched::planned).chain([self.perishing.planned(), Readiness::planned()]).collect();
        let header = Header {
            format: FORMAT,
            tool: TOOL.to_owned(),
            cluster: self.frame.cluster.clone(),
            from: now,
            to: now,
            started_at: now,
            options: self.frame.options.clone(),
            clocks: self.frame.clocks.clone(),
        };
        let begun = Segment::begin(&self.frame.root, header, &planned);
        match begun {
            Ok(segment) => self.segment = Some(segment),
            Err(error) => {
                self.unwritten.get_or_insert((now, error.to_string()));
                return Err(error);
            }
        }
        self.all.iter_mut().for_each(Watched::begin_segment);
        self.perishing.begin_segment();
        self.readiness = Readiness::default();
        self.write_state(now);
        if self.segment.is_some()
            && let Some((from, why)) = self.unwritten.take()
        {
            self.gap_of_all(from, now, &format!("it could not be written: {why}"));
        }
        self.write(now);
        self.state_bytes = self.segment.as_ref().map(Segment::bytes).unwrap_or_default();
        Ok(before)
    }

    /// Ends the segment. Gives its name.
    pub fn end(&mut self, now: DateTime<Utc>) -> Option<String> {
        self.write(now);
        Some(self.segment.take()?.name().to_owned())
    }

    /// Writes all objects whole, as what the segment begins with.
    fn write_state(&mut self, now: DateTime<Utc>) {
        for scope in 0..self.all.len() {
            let Some(watched) = self.all.get(scope) else { continue };
            let kind = watched.scope.kind;
            let mut lines: Vec<(String, Vec<u8>)> = Vec::new();
            let mut count = 0;
            for (uid, text) in watched.objects.each() {
                let Some(whole) = raw(text) else { continue };
                let namespace = clean::namespace(whole.get());
                let line = HistoryLine { object: Some(&whole), ..HistoryLine::of(uid, LineType::Sync, now) };
                lines.push((kind.entry(&namespace), line.to_bytes()));
                count += 1;
                if lines.len() >= AT_ONCE && !write_lines(&mut self.segment, &mut self.unwritten, &mut lines, now) {
                    break;
                }
            }
            write_lines(&mut self.segment, &mut self.unwritten, &mut lines, now);
            self.of(scope, |watched| watched.wrote(count, 0));
        }
    }

    fn of(&mut self, scope: usize, change: impl FnOnce(&mut Watched)) {
        if let Some(watched) = self.all.get_mut(scope) {
            change(watched);
        }
    }

    fn write(&mut self, now: DateTime<Utc>) {
        let Some(segment) = &mut self.segment else { return };
        let begin = segment.begun_at();
        let kinds = self.all.iter().map(|watched| watched.outcome(begin, now));
        let outcomes: Vec<Outcome> =
            kinds.chain(self.perishing.outcomes(begin, now)).chain([self.readiness.outcome(begin, now)]).collect();
        match segment.write(now, &outcomes) {
            Ok(()) => self.written_at = Some(now),
            Err(error) => self.cannot_write(now, &error),
        }
    }

    /// The segment is given up: lines of it may be cut. Another begins with all that is known once there is room.
    fn cannot_write(&mut self, now: DateTime<Utc>, error: &RecordError) {
        self.segment = None;
        self.unwritten.get_or_insert((now, error.to_string()));
    }

    /// Why nothing can be written, if so.
    pub fn why_unwritten(&self) -> Option<&str> {
        self.unwritten.as_ref().map(|(_, why)| why.as_str())
    }

    fn hear(&mut self, scope: usize, now: DateTime<Utc>) -> Option<String> {
        let watched = self.all.get_mut(scope)?;
        let gap = watched.hear(now)?;
        let said = gap.was_told.then(|| format!("{}: watched again", watched.scope.subject()));
        self.gap_lines(scope, &HistoryLine::gap(gap.from, now, &gap.why));
        said
    }

    fn gap_of_all(&mut self, from: DateTime<Utc>, now: DateTime<Utc>, why: &str) {
        for scope in 0..self.all.len() {
            self.of(scope, |watched| watched.was_lost(from, now, why));
            self.gap_lines(scope, &HistoryLine::gap(from, now, why));
        }
    }

    /// Writes that nothing was seen into each file that has versions of the scope.
    fn gap_lines(&mut self, scope: usize, gap: &HistoryLine<'_>) {
        let Some(watched) = self.all.get(scope) else { return };
        let entries = self.segment.iter().flat_map(Segment::entries).filter(|entry| watched.scope.holds(entry));
        let entries: Vec<String> = entries.map(str::to_owned).collect();
        let line = gap.to_bytes();
        entries.iter().for_each(|entry| self.line((scope, entry), &line, gap.at));
    }

    /// What was not in the list is gone since some time after nothing was heard.
    fn forget_missing(&mut self, scope: usize, now: DateTime<Utc>) {
        let Some(watched) = self.all.get_mut(scope) else { return };
        let (kind, from) = (watched.scope.kind, watched.lost_since());
        for uid in watched.objects.missing() {
            let Some(watched) = self.all.get_mut(scope) else { return };
            // Of a record nothing is kept, and that it expired is no news.
            let Some(text) = watched.objects.remove(&uid) else { continue };
            let line = HistoryLine { from, ..HistoryLine::of(&uid, LineType::Deleted, now) };
            self.line((scope, &kind.entry(&clean::namespace(&text))), &line.to_bytes(), now);
        }
    }

    fn delete(&mut self, scope: usize, object: &str, now: DateTime<Utc>) {
        let Some(watched) = self.all.get_mut(scope) else { return };
        let kind = watched.scope.kind;
        let Some(identity) = clean::identity(kind, object) else { return };
        let Some(before) = watched.objects.remove(&identity.uid) else { return };
        let Some(clean) = clean::clean(kind, &self.frame.redactor, object) else { return };
        let patch = clean::compared(&before, &clean.text).and_then(|patch| raw(patch.to_string()));
        let line = HistoryLine { patch: patch.as_deref(), ..HistoryLine::of(&clean.uid, LineType::Deleted, now) };
        self.object((scope, &clean), &line);
    }

    /// An object that was made or changed, or that is there.
    fn change(&mut self, scope: usize, object: &str, sight: Sight) {
        let Some(watched) = self.all.get_mut(scope) else { return };
        let of = watched.scope.kind;
        let Some(clean) = clean::clean(of, &self.frame.redactor, object) else { return };
        if !watched.has_room(&clean.uid, clean.text.len()) {
            return;
        }
        let before = watched.objects.last(&clean.uid);
        let is_kept = of.keep != Keep::Records;
        watched.objects.keep(&clean.uid, &clean.revision, Some(clean.text.as_str()).filter(|_| is_kept));
        let patch = match before.as_deref().map(|before| clean::compared(before, &clean.text)) {
            Some(None) => return,
            Some(Some(patch)) => raw(patch.to_string()),
            None => None,
        };
        let whole = if patch.is_none() { raw(clean.text.clone()) } else { None };
        let kind = if before.is_some() { LineType::Modified } else { sight.kind };
        let line = HistoryLine {
            from: sight.from,
            object: whole.as_deref(),
            patch: patch.as_deref(),
            ..HistoryLine::of(&clean.uid, kind, sight.at)
        };
        self.object((scope, &clean), &line);
        let pods = || self.all.iter().filter(|watched| watched.scope.kind.is_of_pods());
        let pod = |uid: &str| pods().find_map(|watched| watched.objects.last(uid));
        let seen = Seen { kind: of, object: &clean.text, at: sight.at };
        self.perishing.look(seen, pod);
    }

    /// Writes a line about an object.
    fn object(&mut self, (scope, clean): (usize, &Clean), line: &HistoryLine<'_>) {
        let Some(watched) = self.all.get(scope) else { return };
        let entry = watched.scope.kind.entry(&clean.namespace);
        self.note_redacted(&entry, &clean.redacted);
        self.line((scope, &entry), &line.to_bytes(), line.at);
    }

    fn note_redacted(&mut self, entry: &str, counts: &Counts) {
        self.segment.iter_mut().for_each(|segment| segment.redacted(entry, counts));
    }

    fn line(&mut self, (scope, entry): (usize, &str), line: &[u8], now: DateTime<Utc>) {
        let Some(segment) = &mut self.segment else { return };
        if let Err(error) = segment.line(entry, line) {
            return self.cannot_write(now, &error);
        }
        if let Some(watched) = self.all.get_mut(scope) {
            watched.wrote(1, line.len() as u64);
        }
    }
}

fn raw(text: String) -> Option<Box<RawValue>> {
    RawValue::from_string(text).ok()
}

#[cfg(test)]
mod tests;
