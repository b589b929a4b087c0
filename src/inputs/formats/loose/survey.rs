//! What only the whole of a loose file tells: from when to when its records are, and whose a journal is.

use super::written;
use crate::archive::Archive;
use crate::inputs::kind::{JournalForm, Kind, ObjectForm};
use crate::inputs::records;
use crate::logline::unit::{self, UnitClass};
use crate::logline::{container, klog, stamp, syslog};
use crate::objects::Event;
use chrono::{DateTime, TimeDelta, Utc};
use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What is known of a file.
pub struct Surveyed {
    pub kind: Kind,
    pub span: Option<Span>,
    /// What its reader should know.
    pub note: &'static str,
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

const ZONE: &str = "its times say no zone and were taken for UTC";

/// Reads a file whose records are dated; a journal stays as it is.
pub fn dated(files: &Archive, entry: &str, kind: Kind) -> Surveyed {
    let span = match &kind {
        Kind::Objects { form, .. } => objects(files, entry, *form),
        Kind::Log { .. } => log(files, entry),
        _ => None,
    };
    Surveyed { kind, span, note: "" }
}

/// Reads a journal, whose times have no year: it is the one that brings them nearest to `latest`, the last time of the
/// dated records beside it, or the last before the file was written.
pub fn journal(files: &Archive, entry: &str, form: JournalForm, latest: Option<DateTime<Utc>>) -> Surveyed {
    let nearest = latest.and_then(|latest| latest.checked_add_signed(HALF_A_YEAR));
    let reference = nearest.into_iter().chain(written(files, entry)).min();
    let found = reference.and_then(|reference| whose(files, entry, form, reference));
    let unread = || Surveyed { kind: Kind::Unread, span: None, note: "" };
    found.map_or_else(unread, |(kind, span)| Surveyed { kind, span, note: ZONE })
}

const HALF_A_YEAR: TimeDelta = TimeDelta::days(182);

/// The first and the last of some times.
#[derive(Default)]
struct Times(Option<Span>);

impl Times {
    fn add(&mut self, time: Option<DateTime<Utc>>) {
        if let Some(time) = time {
            self.0 = Some(self.0.map_or(Span::at(time), |known| known.union(Span::at(time))));
        }
    }
}

/// What cannot be read shows when it is read as evidence.
fn each_line(files: &Archive, entry: &str, mut each: impl FnMut(&[u8])) {
    let _ = files.blocks(entry, |block| {
        block.lines().for_each(|(_, line)| each(line));
        Some(block)
    });
}

fn log(files: &Archive, entry: &str) -> Option<Span> {
    let mut times = Times::default();
    let time = |line: &[u8]| stamp::rfc3339(container::piece(line)?.time.as_bytes());
    each_line(files, entry, |line| times.add(time(line)));
    times.0
}

/// Events have times; any other object counts with the latest time that it names, when it was last changed.
fn objects(files: &Archive, entry: &str, form: ObjectForm) -> Option<Span> {
    let mut times = Times::default();
    let _ = records::read(files, entry, form, |batch| {
        for (_, json) in batch.records() {
            let Ok(event) = serde_json::from_slice::<Event>(json) else { continue };
            let of_event =
                [event.first_timestamp, event.last_timestamp, event.event_time, event.series.last_observed_time];
            match of_event.iter().any(Option::is_some) {
                true => of_event.into_iter().for_each(|time| times.add(time)),
                false => times.add(latest_in(json)),
            }
        }
        Some(batch)
    });
    times.0
}

static TIME: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}Z)""#).ok());

fn latest_in(json: &[u8]) -> Option<DateTime<Utc>> {
    let found = TIME.as_ref()?.captures_iter(json).filter_map(|found| found.get(1));
    found.filter_map(|time| stamp::rfc3339(time.as_bytes())).max()
}

/// Where a kubelet names its own node (pkg/kubelet/kubelet_node_status.go).
static OWN_NODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#" kubelet_node_status\.go:[0-9]+\].* node="([^"]+)""#).ok());

/// More programs than a node's syslog has.
const MOST_PROGRAMS: usize = 1000;

/// Whose a journal is, and its times: of a unit that is known, or a file of several programs. None where it is of
/// several nodes, or no line is of a program that is known.
fn whose(files: &Archive, entry: &str, form: JournalForm, reference: DateTime<Utc>) -> Option<(Kind, Option<Span>)> {
    let (mut nodes, mut units, mut times) = (BTreeSet::new(), BTreeSet::new(), Times::default());
    each_line(files, entry, |line| match form {
        JournalForm::ShortPrecise => {
            let text = String::from_utf8_lossy(line);
            let Some(line) = syslog::split(&text) else { return };
            // What systemd says of a unit stands in that unit's journal.
            if !unit::is(line.program, UnitClass::Systemd.name()) && units.len() < MOST_PROGRAMS {
                units.insert(line.program.to_owned());
            }
            if nodes.len() < 2 && !nodes.contains(line.host) {
                nodes.insert(line.host.to_owned());
            }
            times.add(line.at.until(reference, TimeDelta::zero()));
        }
        JournalForm::Klog | JournalForm::Plain { .. } => {
            let found = OWN_NODE.as_ref().and_then(|own| own.captures(line)).and_then(|found| found.get(1));
            if let Some(node) = found.filter(|_| nodes.len() < 2) {
                nodes.insert(String::from_utf8_lossy(node.as_bytes()).into_owned());
                units.insert("kubelet".to_owned());
            }
            times.add(klog::time(line).and_then(|time| time.until(reference)));
        }
    });
    let (Some(node), None) = (nodes.pop_first(), nodes.pop_first()) else { return None };
    if !units.iter().any(|unit| !unit::classes(unit).is_empty()) {
        return None;
    }
    let kind = match (units.pop_first(), units.pop_first()) {
        (Some(unit), None) => Kind::Journal { node, unit, form },
        _ => Kind::Journal { node, unit: entry.to_owned(), form: JournalForm::Plain { ahead_s: 0, boot: None } },
    };
    Some((kind, times.0))
}
