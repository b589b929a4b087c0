//! The files of an audit log: the one that is written to, and those that were rotated away from it.
//!
//! Kubernetes rotates with gopkg.in/natefinch/lumberjack.v2 (k8s.io/apiserver, pkg/server/options/audit.go, `getWriter`):
//! `audit.log` becomes `audit-2006-01-02T15-04-05.000.log` at that time, in UTC as it sets no `LocalTime`, and `.gz` is
//! added where it is packed (`backupName`, `compressSuffix`).

use crate::model::Window;
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

/// The most files of one log that are read, the latest.
const FILES: usize = 12;
/// A file is begun when the one before it is rotated, by a clock that is not ours.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// One file of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFile {
    /// When it was rotated away; the one that is written to was not.
    pub rotated: Option<DateTime<Utc>>,
    /// As it is called on the node.
    pub name: String,
}

impl AuditFile {
    pub fn is_packed(&self) -> bool {
        self.name.ends_with(".gz")
    }

    /// As it is called in the archive: unpacked, in small letters as paths there are, and never as the counts beside it.
    pub fn archived(&self) -> String {
        let name = self.name.trim_end_matches(".gz").to_ascii_lowercase();
        if name.contains('.') { name } else { format!("{name}.log") }
    }
}

/// The files of a log that may reach into a window, the oldest first, and how many more there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    pub files: Vec<AuditFile>,
    /// Outside of the window by their names.
    pub outside: usize,
    /// Within it, but too many.
    pub too_many: usize,
}

/// Chooses among the names of a folder those of the log that is called `live`.
pub fn chosen<'a>(names: impl Iterator<Item = &'a str>, live: &str, window: Window) -> Chosen {
    let names: BTreeSet<&str> = names.collect();
    // What is being packed is there twice.
    let is_there_plain = |name: &str| name.strip_suffix(".gz").is_some_and(|plain| names.contains(plain));
    let read = names.iter().filter(|name| !is_there_plain(name)).filter_map(|name| {
        let rotated = if *name == live { None } else { Some(rotated(name, live)?) };
        Some(AuditFile { rotated, name: (*name).to_owned() })
    });
    let mut files: Vec<AuditFile> = read.collect();
    files.sort_by_key(|file| (file.rotated.is_none(), file.rotated));
    let all = files.len();
    let mut begun = None;
    files.retain(|file| {
        let begins = std::mem::replace(&mut begun, file.rotated);
        let is_before = file.rotated.is_some_and(|end| end + SLACK < window.from);
        let is_after = begins.is_some_and(|begins| begins - SLACK > window.to);
        !is_before && !is_after
    });
    let too_many = files.len().saturating_sub(FILES);
    let outside = all - files.len();
    Chosen { files: files.split_off(too_many), outside, too_many }
}

/// When `name` was rotated away from `live`; nothing if it was not.
fn rotated(name: &str, live: &str) -> Option<DateTime<Utc>> {
    let (stem, ending) = live.rfind('.').map_or((live, ""), |dot| live.split_at(dot));
    let stamp = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(ending)?.strip_prefix(stem)?.strip_prefix('-')?;
    Some(NaiveDateTime::parse_from_str(stamp, "%Y-%m-%dT%H-%M-%S%.3f").ok()?.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn window() -> Window {
        let to = DateTime::parse_from_rfc3339("2026-11-21T08:00:00Z").expect("a time").to_utc();
        Window::new(to - TimeDelta::hours(2), to)
    }

    fn check(names: &[&str], expected: &[&str]) -> Chosen {
        let chosen = chosen(names.iter().copied(), "audit.log", window());
        assert_eq!(chosen.files.iter().map(|file| file.name.as_str()).collect::<Vec<_>>(), expected);
        chosen
    }

    #[test]
    fn names_tell_which_files_reach_into_the_window() {
        let chosen = check(
            &[
                "audit.log",
                "audit-2026-11-21T05-12-31.123.log.gz",
                "audit-2026-11-21T06-12-31.001.log.gz",
                "audit-2026-11-21T07-12-31.999.log",
                "audit-2026-11-21T07-12-31.999.log.gz",
                "audit-2026-11-21T08-30-00.000.log",
                "audit-2026-11-21T09-30-00.000.log",
                "kube-apiserver.log",
                "audit-old.log",
                "audit.log.lock",
            ],
            &[
                "audit-2026-11-21T06-12-31.001.log.gz",
                "audit-2026-11-21T07-12-31.999.log",
                "audit-2026-11-21T08-30-00.000.log",
            ],
        );
        // One before, and two that were begun after it, the live one among them.
        assert_eq!((chosen.outside, chosen.too_many), (3, 0));
        assert_eq!(chosen.files.first().map(AuditFile::archived), Some("audit-2026-11-21t06-12-31.001.log".to_owned()));
    }

    #[test]
    fn of_too_many_the_latest_are_read() {
        let names: Vec<String> = (10..40).map(|minute| format!("audit-2026-11-21T07-{minute}-00.000.log")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let chosen = chosen(names.into_iter(), "audit.log", window());
        assert_eq!((chosen.files.len(), chosen.too_many), (FILES, 18));
        assert_eq!(chosen.files.last().map(|file| file.name.as_str()), Some("audit-2026-11-21T07-39-00.000.log"));
    }

    proptest! {
        #[test]
        fn any_names_are_read(names in proptest::collection::vec("audit(-2026-11-2[0-9]T0[0-9]-[0-9]{2}-31.123)?(.log)?(.gz)?|.{0,12}", 0..20), live in ".{0,9}|audit|audit.log") {
            let chosen = chosen(names.iter().map(String::as_str), &live, window());
            prop_assert!(chosen.files.iter().all(|file| names.contains(&file.name) && file.archived() != "reads"));
        }
    }
}
