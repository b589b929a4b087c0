//! Outside checks: what a CI loop or a probe of users' paths wrote down of its own runs.
//!
//! They say nothing of the cluster's own records, so their times do not bound the window that is analysed, and they are
//! looked for only where somebody said that a file is one.

use crate::archive::format::{Outcome, Status};
use crate::archive::{Archive, ArchiveError};
use crate::inputs::columns::CheckColumns;
use crate::inputs::format::{About, Format, Opened, Start};
use crate::inputs::kind::{CheckForm, Kind, WhyUnread};
use chrono::{DateTime, Utc};

pub const FORMAT: Format = Format { name: "outside check", recognise, kind, open };

/// The forms it is known in, as they are told to whoever gave something else.
pub const FORMS: &str = "CSV whose first line names a time (time, or from and to) and an outcome (ok or failed), and may \
                         name what, namespace, release and error; JUnit XML; the journal.json of the Chaos Toolkit; or \
                         objects of Litmus or Chaos Mesh, as kubectl get -o json or -o yaml prints them";

fn recognise(files: &Archive) -> u8 {
    let is_check = |entry: &str| !kind(entry, &Start::of(files, entry)).is_unread();
    if files.is_plain() && files.entries().any(is_check) { 100 } else { 0 }
}

/// Which form it is in, by its first bytes.
pub fn kind(_: &str, start: &Start<'_>) -> Kind {
    let bytes = start.bytes();
    match CheckColumns::of(bytes) {
        _ if is_chaos_toolkit(bytes) => Kind::Check(CheckForm::ChaosToolkit),
        _ if holds(bytes, &[b"<testsuite"]) && begins(bytes, b"<") => Kind::Check(CheckForm::JUnit),
        _ if holds(bytes, GROUPS) && begins(bytes, b"{") => Kind::Check(CheckForm::Json),
        _ if holds(bytes, GROUPS) && holds(bytes, &[b"apiVersion:"]) => Kind::Check(CheckForm::Yaml),
        Some(columns) => Kind::Check(CheckForm::Csv(columns)),
        None => Kind::Unread(WhyUnread::UnknownForm),
    }
}

/// The Chaos Toolkit writes its version first (chaoslib/run.py).
fn is_chaos_toolkit(start: &[u8]) -> bool {
    begins(start, b"{") && holds(start, &[b"\"chaoslib-version\""])
}

/// The API groups of Litmus and Chaos Mesh.
const GROUPS: &[&[u8]] = &[b"litmuschaos.io/v", b"chaos-mesh.org/v"];

fn begins(start: &[u8], with: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start);
    start.trim_ascii_start().starts_with(with)
}

fn holds(start: &[u8], one_of: &[&[u8]]) -> bool {
    one_of.iter().any(|text| start.windows(text.len()).any(|window| window == *text))
}

fn open(files: &Archive, kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    Ok(Opened { about: About::beside(came(SOURCE, files)), kinds })
}

/// What outside checks are in the coverage.
const SOURCE: &str = "checks";

/// Of what was given beside the records, one outcome for each file: it came.
pub fn came(source: &str, files: &Archive) -> Vec<Outcome> {
    let at = files.entries().filter_map(|entry| files.modified(entry)).max();
    let at = at.map(DateTime::<Utc>::from).unwrap_or_default();
    let outcome = |entry: &str| Outcome {
        entry: Some(entry.to_owned()),
        bytes: files.bytes_of(entry).unwrap_or_default(),
        ..Outcome::new(source, entry, Status::Collected, at)
    };
    files.entries().map(outcome).collect()
}
