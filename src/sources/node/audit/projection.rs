//! An audit log on its way into an archive: which lines are kept, which are counted, and what is said of them all.
//!
//! Requests that change nothing are counted when they end. One that never ends is what an outage is made of, so its
//! beginning waits until its end is seen, in whichever file, and is kept if that never comes.

use super::counts::{Counts, Key};
use super::event::{Event, Kept};
use crate::model::{Window, rfc3339};
use crate::redact::Redactor;
use chrono::{DateTime, TimeDelta, Utc};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// A line that is longer is not read: two bodies of the largest size that etcd takes, and escapes.
const LONGEST: usize = 8 * 1024 * 1024;
/// The most requests whose end is waited for.
const WAITING: usize = 20_000;
/// The longest line of a request that is waited for, in bytes.
const WAITING_LINE: usize = 64 * 1024;
/// So long after the window ends of requests are looked for: the API server gives up on one after a minute.
const SLACK: TimeDelta = TimeDelta::minutes(2);
const LEVELS: [&str; 3] = ["Metadata", "Request", "RequestResponse"];
/// Verbs of the API server; of all others there is one count.
const VERBS: [&str; 8] = ["get", "list", "watch", "head", "options", "create", "update", "patch"];

/// What the lines of a log were.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Lines that were kept.
    pub lines: u64,
    /// Times of the first and the last line that was kept.
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    /// Of the first and the last line, within the window or not.
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    pub levels: BTreeSet<&'static str>,
    /// Lines of no known form, or longer than any should be.
    pub unreadable: u64,
    /// Lines that were kept without their bodies, for size.
    pub without_bodies: u64,
    /// Lines that were left out for size, and when the first was written.
    pub left_out: u64,
    pub left_out_from: Option<DateTime<Utc>>,
    /// Values that were hidden in bodies.
    pub hidden: u64,
}

/// What has to be known of the files before: it goes from one to the next.
pub struct Projection {
    redactor: Redactor,
    window: Window,
    /// Those that were asked for; all if empty.
    namespaces: Vec<String>,
    pub counts: Counts,
    /// Requests without an end so far, by their number in order of time.
    waiting: BTreeMap<u64, Kept>,
    numbers: BTreeMap<String, u64>,
    next: u64,
    /// Requests whose end was not waited for any longer, as there were too many.
    pub given_up: u64,
}

/// One file of the log.
pub struct FileProjection<'a> {
    of: &'a mut Projection,
    /// The beginning of a line.
    carry: Vec<u8>,
    /// The rest of the line is passed over.
    is_passed: bool,
    room: usize,
    cap: usize,
    /// Values that were hidden.
    hidden: Cell<u64>,
    seen: Seen,
}

impl Projection {
    /// Of what is in a namespace, only that in `namespaces` is told, if there are any.
    pub fn new(redactor: Redactor, window: Window, namespaces: Vec<String>) -> Self {
        Self {
            redactor,
            window,
            namespaces,
            counts: Counts::default(),
            waiting: BTreeMap::new(),
            numbers: BTreeMap::new(),
            next: 0,
            given_up: 0,
        }
    }

    /// Begins a file, of which at most `cap` bytes are kept.
    pub fn file(&mut self, cap: usize) -> FileProjection<'_> {
        FileProjection {
            of: self,
            carry: Vec::new(),
            is_passed: false,
            room: cap,
            cap,
            hidden: Cell::new(0),
            seen: Seen::default(),
        }
    }

    fn wait_for(&mut self, id: String, begun: Kept) {
        if self.waiting.len() >= WAITING && self.waiting.pop_first().is_some() {
            self.given_up += 1;
            // Numbers of those that are gone are found nowhere, and are few in a log whose requests end.
            let oldest = self.waiting.keys().next().copied().unwrap_or(self.next);
            if self.numbers.len() > 2 * WAITING {
                self.numbers.retain(|_, number| *number >= oldest);
            }
        }
        self.numbers.insert(id, self.next);
        self.waiting.insert(self.next, begun);
        self.next += 1;
    }

    fn ended(&mut self, id: &str) {
        if let Some(number) = self.numbers.remove(id) {
            self.waiting.remove(&number);
        }
    }

    fn count(&mut self, event: &Event<'_>) {
        let minute = event.request_received_timestamp.format("%Y-%m-%dT%H:%M:00Z").to_string();
        let verb = if VERBS.contains(&event.verb.as_str()) { event.verb.clone() } else { "other".to_owned() };
        let key = Key {
            minute,
            class: event.class(),
            user: event.program_user().to_owned(),
            program: event.program(),
            verb,
            resource: event.on(),
            code: event.code().clamp(0, 999),
        };
        self.counts.add(key, event.took_ms());
    }
}

impl FileProjection<'_> {
    /// Takes a piece of the file. Returns false once everything that follows is after the window.
    pub fn push<E>(&mut self, piece: &[u8], out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<bool, E> {
        let mut goes_on = true;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let is_end = part.ends_with(b"\n");
            if !self.is_passed && self.carry.len() + part.len() > LONGEST {
                self.seen.unreadable += 1;
                self.is_passed = true;
                self.carry = Vec::new();
            }
            match (self.is_passed, is_end, self.carry.is_empty()) {
                (true, ..) => self.is_passed = !is_end,
                (false, true, true) => goes_on &= self.line(part, out)?,
                (false, true, false) => {
                    let mut line = std::mem::take(&mut self.carry);
                    line.extend_from_slice(part);
                    goes_on &= self.line(&line, out)?;
                    line.clear();
                    self.carry = line;
                }
                (false, false, _) => self.carry.extend_from_slice(part),
            }
        }
        Ok(goes_on)
    }

    /// The file has ended. What has no line end is half written, and left out.
    pub fn end(self) -> Seen {
        Seen { hidden: self.hidden.get(), ..self.seen }
    }

    /// The log has ended: the requests without an end come out, as far as they have begun within the window.
    pub fn end_of_log<E>(mut self, out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<Seen, E> {
        let waiting = std::mem::take(&mut self.of.waiting);
        self.of.numbers.clear();
        for begun in waiting.into_values() {
            let line = begun.line();
            self.seen.lines += 1;
            out(&line)?;
        }
        Ok(self.end())
    }

    fn line<E>(&mut self, line: &[u8], out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<bool, E> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(true);
        }
        let Some(event) = Event::read(line) else {
            self.seen.unreadable += 1;
            return Ok(true);
        };
        let time = event.stage_timestamp;
        self.seen.first = self.seen.first.or(Some(time));
        self.seen.last = Some(time);
        self.seen.levels.extend(LEVELS.into_iter().filter(|level| *level == event.level));
        if !self.of.window.contains(time) {
            if time > self.of.window.to && event.stage != "RequestReceived" {
                self.of.ended(&event.id);
            }
            return Ok(time <= self.of.window.to + SLACK);
        }
        let namespace = event.namespace();
        let is_asked_for = self.of.namespaces.is_empty() || namespace.is_empty();
        if !is_asked_for && !self.of.namespaces.iter().any(|asked| asked == namespace) {
            return Ok(true);
        }
        if !event.is_only_counted() {
            self.keep(event, out)?;
            return Ok(true);
        }
        match event.stage.as_str() {
            "RequestReceived" if event.is_long_running() || line.len() > WAITING_LINE => {}
            "RequestReceived" => {
                let id = event.id.clone();
                let begun = event.kept(&self.of.redactor, &self.hidden);
                self.of.wait_for(id, begun);
            }
            "ResponseStarted" => self.of.ended(&event.id),
            stage => {
                self.of.ended(&event.id);
                self.of.count(&event);
                let is_write = !matches!(event.verb.as_str(), "get" | "list" | "watch" | "head" | "options");
                if stage == "Panic" || (is_write && event.code() >= 400) {
                    self.keep(event, out)?;
                }
            }
        }
        Ok(true)
    }

    /// Writes an event: as it gets full without bodies, and at last not.
    fn keep<E>(&mut self, event: Event<'_>, out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let time = event.stage_timestamp;
        let mut kept = event.kept(&self.of.redactor, &self.hidden);
        if self.room < self.cap / 4 {
            let (without, had_any) = kept.without_bodies();
            self.seen.without_bodies += u64::from(had_any);
            kept = without;
        }
        let line = kept.line();
        let Some(room) = self.room.checked_sub(line.len()) else {
            self.seen.left_out += 1;
            self.seen.left_out_from = self.seen.left_out_from.or(Some(time));
            return Ok(());
        };
        self.room = room;
        self.seen.lines += 1;
        self.seen.from = self.seen.from.or(Some(time));
        self.seen.to = Some(time);
        out(&line)
    }
}

impl Seen {
    /// What was kept back for size, and what could not be read.
    pub fn lacks(&self) -> Vec<String> {
        let mut lacks = Vec::new();
        if self.left_out > 0 {
            let from = self.left_out_from.map(|from| format!(", the first of {}", rfc3339(from))).unwrap_or_default();
            lacks.push(format!("{} events left out for size{from}", self.left_out));
        }
        if self.without_bodies > 0 {
            lacks.push(format!("{} events without their bodies for size", self.without_bodies));
        }
        if self.unreadable > 0 {
            lacks.push(format!("{} lines that are no audit events left out", self.unreadable));
        }
        lacks
    }

    /// Which levels there were, and of what time the file is.
    pub fn told(&self) -> String {
        let levels: Vec<&str> = self.levels.iter().copied().collect();
        let levels = if levels.is_empty() { "no level".to_owned() } else { format!("level {}", levels.join(" and ")) };
        match (self.first, self.last) {
            (Some(first), Some(last)) => format!("{levels}, {} to {}", rfc3339(first), rfc3339(last)),
            _ => levels,
        }
    }
}
