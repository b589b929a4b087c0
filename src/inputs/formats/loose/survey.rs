//! What only the whole of a loose file tells: from when to when its records are, and whose a journal is.

use super::written;
use crate::archive::Archive;
use crate::inputs::kind::{JournalForm, Kind, ObjectForm};
use crate::inputs::records;
use crate::logline::stamp::{self, Stamp};
use crate::logline::unit::{self, UnitClass};
use crate::logline::{container, klog, plain, syslog};
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
    pub note: String,
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

/// What is known of the zone of times that say none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    /// So much ahead of UTC, by times that lines bear beside.
    Told(TimeDelta),
    /// None of them tells, or not all the same.
    Unknown,
}

impl Zone {
    fn ahead(self) -> TimeDelta {
        match self {
            Self::Told(ahead) => ahead,
            Self::Unknown => TimeDelta::zero(),
        }
    }

    fn note(self) -> String {
        match self {
            Self::Told(ahead) if ahead.is_zero() => String::new(),
            Self::Told(ahead) => {
                let (sign, minutes) = (if ahead < TimeDelta::zero() { '-' } else { '+' }, ahead.num_minutes().abs());
                let zone = format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60);
                format!("its times say no zone; those that some lines bear beside put them at {zone}")
            }
            Self::Unknown => "its times say no zone and were taken for UTC".to_owned(),
        }
    }
}

/// Reads a file whose records are dated; a journal stays as it is.
pub fn dated(files: &Archive, entry: &str, kind: Kind) -> Surveyed {
    let span = match &kind {
        Kind::Objects { form, .. } => objects(files, entry, *form),
        Kind::Log { .. } => log(files, entry),
        _ => None,
    };
    Surveyed { kind, span, note: String::new() }
}

/// Reads a journal, whose times have no year: it is the one that brings them nearest to `latest`, the last time of the
/// dated records beside it, or the last before the file was written.
pub fn journal(files: &Archive, entry: &str, form: JournalForm, latest: Option<DateTime<Utc>>) -> Surveyed {
    let nearest = latest.and_then(|latest| latest.checked_add_signed(HALF_A_YEAR));
    let reference = nearest.into_iter().chain(written(files, entry)).min();
    let found = reference.and_then(|reference| whose(files, entry, form, reference));
    let unread = || Surveyed { kind: Kind::Unread, span: None, note: String::new() };
    found.map_or_else(unread, |(kind, span, zone)| Surveyed { kind, span, note: zone.note() })
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

/// A journal with its times and their zone.
type Whose = (Kind, Option<Span>, Zone);

/// More programs than a node's syslog has.
const MOST_PROGRAMS: usize = 1000;

/// Behind these, programs write the time of a line with its zone: containerd and Docker (logrus), etcd (zap), and what
/// logs as JSON.
const OWN_TIMES: [&str; 4] = ["time=\"", "\"ts\":\"", "\"time\":\"", "\"timestamp\":\""];

/// The time with a zone that a line's message bears near its beginning.
fn own_time(message: &str) -> Option<DateTime<Utc>> {
    let behind = OWN_TIMES.iter().find_map(|word| {
        let at = message.find(word).filter(|at| *at < 64)?;
        message.get(at + word.len()..)
    });
    stamp::rfc3339(behind?.split('"').next()?.as_bytes())
}

/// Whose a journal is, and its times: of a unit that is known, or a file of several programs. None where it is of
/// several nodes, or no line is of a program that is known.
fn whose(files: &Archive, entry: &str, form: JournalForm, reference: DateTime<Utc>) -> Option<Whose> {
    let (mut nodes, mut units, mut times) = (BTreeSet::new(), BTreeSet::new(), Times::default());
    let mut zones: BTreeSet<TimeDelta> = BTreeSet::new();
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
            let local = line.at.until(reference, TimeDelta::zero());
            if let (Stamp::Yearless(_), Some(local), Some(own)) = (line.at, local, own_time(line.message)) {
                zones.extend(plain::zone(local.naive_utc(), own).filter(|_| zones.len() < 2));
            }
            times.add(local);
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
    let zone = match (zones.pop_first(), zones.pop_first()) {
        (Some(ahead), None) => Zone::Told(ahead),
        _ => Zone::Unknown,
    };
    let ahead = zone.ahead();
    let ahead_s = i32::try_from(ahead.num_seconds()).unwrap_or_default();
    let plain = JournalForm::Plain { ahead_s, boot: None };
    let kind = match (units.pop_first(), units.pop_first()) {
        (Some(unit), None) if ahead.is_zero() => Kind::Journal { node, unit, form },
        (Some(unit), None) => Kind::Journal { node, unit, form: plain },
        _ => Kind::Journal { node, unit: entry.to_owned(), form: plain },
    };
    let span = times.0.map(|span| Span { from: span.from - ahead, to: span.to - ahead });
    Some((kind, span, zone))
}
