//! What only the whole of a loose file tells: from when to when its records are.

use super::written;
use crate::archive::{Archive, ArchiveError};
use crate::inputs::dump::{self, Piece};
use crate::inputs::kind::{Kind, LogForm, ObjectForm};
use crate::inputs::{Item, audit, records};
use crate::logline::{container, own, stamp};
use crate::objects::Event;
use chrono::{DateTime, TimeDelta, Utc};
use regex::bytes::Regex;
use std::sync::LazyLock;

/// What is known of a file.
pub struct Surveyed {
    pub kind: Kind,
    pub span: Option<Span>,
    /// When something happened of which it tells: objects only tell when they were changed last.
    pub happened: Option<Span>,
    /// What its reader should know.
    pub note: String,
}

impl Surveyed {
    pub fn of(kind: Kind, span: Option<Span>) -> Self {
        Self { kind, span, happened: span, note: String::new() }
    }
}

/// The times of some records, from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Span {
    pub fn at(time: DateTime<Utc>) -> Self {
        Self { from: time, to: time }
    }

    pub fn union(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), to: self.to.max(other.to) }
    }
}

/// From the first event or line to the last, and to when the input was `made`. Objects say when they were changed last,
/// which bounds only what has nothing else. With whether it is one that is to be analysed.
pub fn window(surveyed: &[Surveyed], made: Option<DateTime<Utc>>) -> (Option<Span>, bool) {
    // What a cloud did and audit logs reach back for weeks, and say nothing of the time that is asked about.
    let is_beside = |one: &&Surveyed| matches!(one.kind, Kind::Cloud(_) | Kind::Audit(_));
    let spans = |beside: bool| surveyed.iter().filter(move |one| is_beside(one) == beside).filter_map(|one| one.span);
    let all = spans(false).reduce(Span::union).or_else(|| spans(true).reduce(Span::union));
    let has_window = made.is_some() || all.is_none() || spans(false).next().is_some();
    let happened = surveyed.iter().filter_map(|one| one.happened).reduce(Span::union);
    let span = match (made, happened) {
        (None, Some(span)) => Some(Span { from: span.from, to: all.map_or(span.to, |all| all.to) }),
        (None, None) => all,
        (Some(made), happened) => {
            let span = happened.or(all).unwrap_or_else(|| Span::at(made));
            Some(Span { from: span.from.min(made), to: span.to.max(made) })
        }
    };
    (span, has_window)
}

/// Reads a file whose records are dated; a journal stays as it is. Nothing was written after `until`.
pub fn dated(files: &Archive, entry: &str, kind: Kind, until: DateTime<Utc>) -> Surveyed {
    match &kind {
        Kind::Objects { form, .. } => {
            let mut found = Objects { until, ..Objects::default() };
            let read = objects(files, entry, *form, &mut found);
            // Objects that break off where a log begins are what a dump printed to one file.
            if read.is_err() && dump::has_log(files, entry) {
                return dated(files, entry, Kind::Dump, until);
            }
            found.surveyed(kind)
        }
        Kind::Dump => {
            let mut found = Objects { until, ..Objects::default() };
            let _ = records::dump(files, entry, |piece| match piece {
                Piece::Object(Item { json, .. }) => found.add(&json),
                Piece::Log { block, .. } => {
                    block.lines().for_each(|(_, line)| found.happened.add(printed_at(line)));
                }
            });
            found.surveyed(kind)
        }
        Kind::Log { form, .. } => {
            let span = log(files, entry, *form);
            Surveyed::of(kind, span)
        }
        Kind::Audit(form) => {
            let span = audit::span(files, entry, *form).map(|(from, to)| Span { from, to });
            Surveyed::of(kind, span)
        }
        _ => Surveyed::of(kind, None),
    }
}

/// The time that a year is to be told from: it is the one that brings times without one nearest to `latest`, the last
/// time of the dated records beside them, or the last before the file was written.
pub fn reference(files: &Archive, entry: &str, latest: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    let nearest = latest.and_then(|latest| latest.checked_add_signed(HALF_A_YEAR));
    nearest.into_iter().chain(written(files, entry)).min()
}

/// Reads a log whose times say no year.
pub fn yearless(files: &Archive, entry: &str, kind: Kind, reference: Option<DateTime<Utc>>) -> Surveyed {
    let mut times = Times::default();
    if let Some(reference) = reference {
        each_line(files, entry, |line| times.add(own::time(line, reference, TimeDelta::zero())));
    }
    Surveyed::of(kind, times.0)
}

const HALF_A_YEAR: TimeDelta = TimeDelta::days(182);

/// The first and the last of some times.
#[derive(Default)]
pub struct Times(pub Option<Span>);

impl Times {
    pub fn add(&mut self, time: Option<DateTime<Utc>>) {
        if let Some(time) = time {
            self.0 = Some(self.0.map_or(Span::at(time), |known| known.union(Span::at(time))));
        }
    }
}

/// What cannot be read shows when it is read as evidence.
pub fn each_line(files: &Archive, entry: &str, mut each: impl FnMut(&[u8])) {
    let _ = files.blocks(entry, |block| {
        block.lines().for_each(|(_, line)| each(line));
        Some(block)
    });
}

fn log(files: &Archive, entry: &str, form: LogForm) -> Option<Span> {
    let mut times = Times::default();
    each_line(files, entry, |line| {
        times.add(match form {
            LogForm::Runtime => container::piece(line).and_then(|piece| stamp::rfc3339(piece.time.as_bytes())),
            LogForm::Stamped => stamp::leading_rfc3339(line),
            LogForm::Own { .. } => printed_at(line),
        });
    });
    times.0
}

/// The time of a line that says its year.
fn printed_at(line: &[u8]) -> Option<DateTime<Utc>> {
    // Those without a year are of before the epoch, as they are read here.
    own::time(line, DateTime::UNIX_EPOCH, TimeDelta::zero()).filter(|at| *at > DateTime::UNIX_EPOCH + HALF_A_YEAR)
}

/// The times of objects.
#[derive(Default)]
struct Objects {
    until: DateTime<Utc>,
    /// Of events, and of logs beside the objects.
    happened: Times,
    changed: Times,
}

impl Objects {
    /// Events have times; any other object counts with the latest time that it names, when it was last changed. It may
    /// name times to come, at which something of it will expire.
    fn add(&mut self, json: &[u8]) {
        let Ok(event) = serde_json::from_slice::<Event>(json) else { return };
        let of_event = [event.first_timestamp, event.last_timestamp, event.event_time, event.series.last_observed_time];
        match of_event.iter().any(Option::is_some) {
            true => of_event.into_iter().for_each(|time| self.happened.add(time)),
            false => self.changed.add(latest_in(json, self.until)),
        }
    }

    fn surveyed(self, kind: Kind) -> Surveyed {
        let (happened, changed) = (self.happened.0, self.changed.0);
        let span = [happened, changed].into_iter().flatten().reduce(Span::union);
        Surveyed { kind, span, happened, note: String::new() }
    }
}

fn objects(files: &Archive, entry: &str, form: ObjectForm, into: &mut Objects) -> Result<(), ArchiveError> {
    records::read(files, entry, form, |batch| {
        batch.records().for_each(|(_, json)| into.add(json));
        Some(batch)
    })
}

static TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z)""#).ok());

fn latest_in(json: &[u8], until: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let found = TIME.as_ref()?.captures_iter(json).filter_map(|found| found.get(1));
    let times: Vec<DateTime<Utc>> = found.filter_map(|time| stamp::rfc3339(time.as_bytes())).collect();
    times.iter().filter(|time| **time <= until).max().or(times.iter().min()).copied()
}
