//! Loose files with what kubectl printed for people: tables and descriptions.
//!
//! A description is known by its first line and the fields that follow, a table by the names of its columns, which only
//! dates and commands may precede. Their ages count from when they were printed: a date above says when, else the time
//! at which the file was last written, where that is known.

use super::survey::{Span, Surveyed, each_line};
use super::written;
use crate::archive::Archive;
use crate::inputs::kind::{Kind, WhyUnread};
use crate::logline::kubectl::age::{Age, Seen};
use crate::logline::kubectl::described;
use crate::logline::kubectl::prompt;
use crate::logline::kubectl::tables::{self, Line, Of, Tables};
use crate::logline::stamp;
use chrono::{DateTime, Utc};

/// How many lines may stand above the first table.
const ABOVE: usize = 20;

/// What a text that begins like this is.
pub fn kind(text: &str) -> Option<Kind> {
    let names = text.lines().map(str::trim_end).take(ABOVE).find(|line| !prompt::is_above(line))?;
    if names.starts_with("Name:") && described::objects(text).next().is_some() {
        return Some(Kind::Described { is_dated: false });
    }
    tables::header(names).is_some().then_some(Kind::Tables { is_dated: false })
}

/// When what is in it was, and when it was printed, which is the end of its span.
pub fn surveyed(files: &Archive, entry: &str, kind: &Kind) -> Surveyed {
    let written = written(files, entry);
    let is_dated = written.is_some();
    let (told, kind) = match kind {
        Kind::Described { .. } => {
            let told = described(files, entry, written);
            let is_dated = is_dated || !told.by_file;
            (told, Kind::Described { is_dated })
        }
        _ => (tables(files, entry, written), Kind::Tables { is_dated }),
    };
    let note = match (told.is_empty, told.by_file, written) {
        (true, ..) => {
            return Surveyed {
                kind: Kind::Unread(WhyUnread::UnknownForm),
                span: None,
                note: NOTHING_READ.to_owned(),
                happened: None,
            };
        }
        (_, true, Some(at)) => format!("its ages are counted from when the file was last written, {}", seconds(at)),
        (_, true, None) => UNDATED.to_owned(),
        (_, false, _) => String::new(),
    };
    Surveyed { kind, span: told.span, note, happened: None }
}

const NOTHING_READ: &str = "a table of a kind of which nothing is read";
const UNDATED: &str = "its ages count from when it was printed, and nothing says when that was";

fn seconds(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// What a file's rows tell of times.
#[derive(Default)]
struct Told {
    span: Option<Span>,
    /// Whether some ages count from when the file was written.
    by_file: bool,
    is_empty: bool,
}

impl Told {
    fn add(&mut self, at: Option<DateTime<Utc>>) {
        if let Some(at) = at {
            self.span = Some(self.span.map_or(Span::at(at), |known| known.union(Span::at(at))));
        }
    }

    fn age(&mut self, age: Option<Age>, printed: Option<DateTime<Utc>>) {
        self.add(printed);
        self.add(age.and_then(|age| Some(age.before(printed?)?.0)));
    }
}

fn tables(files: &Archive, entry: &str, written: Option<DateTime<Utc>>) -> Told {
    let mut told = Told { is_empty: true, ..Told::default() };
    let mut tables = Tables::default();
    each_line(files, entry, |line| {
        let text = String::from_utf8_lossy(line);
        let Line::Row(row) = tables.line(&text) else { return };
        if row.of == Of::Others {
            return;
        }
        told.is_empty = false;
        let times = [tables::LAST, tables::FIRST].map(|names| row.cell(names));
        let is_aged =
            row.of != Of::Events || times.iter().flatten().any(|cell| stamp::rfc3339(cell.as_bytes()).is_none());
        let printed = row.printed.or(written);
        told.by_file |= is_aged && row.printed.is_none();
        if is_aged {
            told.add(printed);
        }
        if row.of == Of::Events {
            of_event(times, printed, &mut told);
        }
    });
    told
}

fn of_event(times: [Option<&str>; 2], printed: Option<DateTime<Utc>>, told: &mut Told) {
    for cell in times.into_iter().flatten() {
        match (stamp::rfc3339(cell.as_bytes()), Seen::of(cell)) {
            (Some(at), _) => told.add(Some(at)),
            (None, Some(seen)) => {
                told.age(Some(seen.last), printed);
                told.age(seen.first, printed);
            }
            (None, None) => {}
        }
    }
}

/// The latest time that a description names, and those of its events.
fn described(files: &Archive, entry: &str, written: Option<DateTime<Utc>>) -> Told {
    let mut told = Told { by_file: true, ..Told::default() };
    let (mut latest, mut in_events, mut is_above) = (None, false, true);
    let mut printed = written;
    each_line(files, entry, |line| {
        let text = String::from_utf8_lossy(line);
        is_above &= !text.starts_with("Name:");
        if let Some(at) = prompt::time(&text).filter(|_| is_above) {
            (printed, told.by_file) = (Some(at), false);
        }
        if !text.starts_with(' ') {
            in_events = text.starts_with("Events:");
        }
        let cells: Vec<&str> = text.split("  ").map(str::trim).filter(|cell| !cell.is_empty()).collect();
        if in_events {
            // Type, reason, age.
            let seen = cells.get(2).and_then(|cell| Seen::of(cell));
            told.age(seen.map(|seen| seen.last), printed);
            told.age(seen.and_then(|seen| seen.first), printed);
            return;
        }
        let times = cells.iter().filter_map(|cell| DateTime::parse_from_rfc2822(cell).ok());
        latest = times.map(|at| at.to_utc()).max().max(latest);
    });
    told.add(printed.or(latest));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_kubectl_printed_is_known_by_how_it_begins() {
        let tables = Some(Kind::Tables { is_dated: false });
        for text in [
            "NAME    READY   STATUS    RESTARTS   AGE\n",
            "LAST SEEN   TYPE      REASON    OBJECT      MESSAGE\n",
            "Sat Nov 21 07:10:00 UTC 2026\n\n$ kubectl get no\nNAME     STATUS   ROLES    AGE   VERSION\n",
            "NAME   TYPE        CLUSTER-IP   EXTERNAL-IP   PORT(S)   AGE\n",
        ] {
            assert_eq!(kind(text), tables, "{text}");
        }
        let described = "Name:         web-0\nNamespace:    shop\nQoS Class:    Burstable\n";
        assert_eq!(kind(described), Some(Kind::Described { is_dated: false }));
        for text in [
            "",
            "we saw\nNAME    READY   STATUS    RESTARTS   AGE\n",
            "Name:  somebody\nPhone: 7\n",
            "NAME,READY,STATUS,RESTARTS,AGE\n",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }
}
