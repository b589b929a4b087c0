//! Whose a loose journal is, and the zone of its times, by its lines.

use super::survey::{Span, Surveyed, Times, each_line};
use crate::archive::Archive;
use crate::inputs::kind::{JournalForm, Kind, WhyUnread};
use crate::logline::stamp::{self, Stamp};
use crate::logline::unit::{self, UnitClass};
use crate::logline::{plain, syslog};
use chrono::{DateTime, TimeDelta, Utc};
use regex::bytes::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

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

/// A journal by its path: node and unit, which are empty where it does not tell them, and how its lines begin.
type ByPath = (String, String, JournalForm);

/// Reads a journal whose times without a year are of before `reference`.
pub fn surveyed(files: &Archive, entry: &str, of: ByPath, reference: Option<DateTime<Utc>>) -> Surveyed {
    let heard = reference.map(|reference| Heard::of(files, entry, of.2, reference)).unwrap_or_default();
    let (zone, span) = (heard.zone(), heard.span());
    match heard.kind(entry, of, zone.ahead()) {
        Some(kind) => {
            Surveyed { note: if span.is_some() { zone.note() } else { String::new() }, ..Surveyed::of(kind, span) }
        }
        None => Surveyed::of(Kind::Unread(WhyUnread::NobodysJournal), None),
    }
}

/// Where a kubelet names its own node (pkg/kubelet/kubelet_node_status.go).
static OWN_NODE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#" kubelet_node_status\.go:[0-9]+\].* node="([^"]+)""#).ok());

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

/// What the lines of a journal say.
#[derive(Default)]
struct Heard {
    /// No more than two.
    nodes: BTreeSet<String>,
    units: BTreeSet<String>,
    zones: BTreeSet<TimeDelta>,
    /// Some time says no zone.
    is_local: bool,
    times: Times,
}

impl Heard {
    fn of(files: &Archive, entry: &str, form: JournalForm, reference: DateTime<Utc>) -> Self {
        let mut heard = Self::default();
        each_line(files, entry, |line| {
            let text = String::from_utf8_lossy(line);
            match syslog::split(&text) {
                Some(line) if form != JournalForm::Klog => heard.syslog(&line, reference),
                _ if form != JournalForm::ShortPrecise => heard.plain(line, reference),
                _ => {}
            }
        });
        heard
    }

    fn syslog(&mut self, line: &syslog::Line<'_>, reference: DateTime<Utc>) {
        // What systemd says of a unit stands in that unit's journal.
        if !unit::is(line.program, UnitClass::Systemd.name()) && self.units.len() < MOST_PROGRAMS {
            self.units.insert(line.program.to_owned());
        }
        if self.nodes.len() < 2 && !self.nodes.contains(line.host) {
            self.nodes.insert(line.host.to_owned());
        }
        self.is_local |= !matches!(line.at, Stamp::At(_));
        let local = line.at.until(reference, TimeDelta::zero());
        if let (Stamp::Yearless(_), Some(local), Some(own)) = (line.at, local, own_time(line.message)) {
            self.zones.extend(plain::zone(local.naive_utc(), own).filter(|_| self.zones.len() < 2));
        }
        self.times.add(local);
    }

    fn plain(&mut self, line: &[u8], reference: DateTime<Utc>) {
        let found = OWN_NODE.as_ref().and_then(|own| own.captures(line)).and_then(|found| found.get(1));
        if let Some(node) = found.filter(|_| self.nodes.len() < 2) {
            self.nodes.insert(String::from_utf8_lossy(node.as_bytes()).into_owned());
            self.units.insert("kubelet".to_owned());
        }
        self.is_local = true;
        self.times.add(plain::utc(line, reference, TimeDelta::zero()));
    }

    fn zone(&self) -> Zone {
        let mut zones = self.zones.iter();
        match (zones.next(), zones.next()) {
            (Some(ahead), None) => Zone::Told(*ahead),
            _ if !self.is_local => Zone::Told(TimeDelta::zero()),
            _ => Zone::Unknown,
        }
    }

    fn span(&self) -> Option<Span> {
        let ahead = self.zone().ahead();
        self.times.0.map(|span| Span { from: span.from - ahead, to: span.to - ahead })
    }

    /// What kind of journal it is. None where nothing tells its node, or no line is of a program that is known.
    fn kind(self, entry: &str, (node, unit, form): ByPath, ahead: TimeDelta) -> Option<Kind> {
        let ahead_s = i32::try_from(ahead.num_seconds()).unwrap_or_default();
        let is_known = !unit.is_empty() || self.units.iter().any(|unit| !unit::classes(unit).is_empty());
        let mut nodes = self.nodes.into_iter();
        let node = match (nodes.next(), nodes.next()) {
            _ if !node.is_empty() => node,
            (Some(only), None) => only,
            // Each line names its own.
            (Some(_), Some(_)) if form != JournalForm::Klog => node,
            _ => return None,
        };
        let mut units = self.units.into_iter();
        let unit = match (units.next(), units.next()) {
            _ if !unit.is_empty() => Some(unit),
            (only, None) => only,
            _ => None,
        };
        let is_plain = matches!(form, JournalForm::Plain { .. }) || !ahead.is_zero() || unit.is_none();
        let form = if is_plain { JournalForm::Plain { ahead_s, boot: None } } else { form };
        is_known.then(|| Kind::Journal { node, unit: unit.unwrap_or_else(|| entry.to_owned()), form })
    }
}
