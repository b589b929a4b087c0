//! What must be true of every archive that was sealed, whatever happened while it was made.

use crate::process::run;
use k8s_forensics::archive::format::{Outcome, Status};
use k8s_forensics::archive::{Archive, layout};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// Opens the archive at `path` and checks that it is whole and agrees with itself.
#[track_caller]
pub fn open_sealed(path: &Path) -> Archive {
    let archive = Archive::open(path).unwrap_or_else(|error| panic!("{error}"));
    archive.header().unwrap_or_else(|error| panic!("{error}"));
    others_can_read(path);
    agrees_with_manifest(&archive);
    has_one_outcome_for_each_item(&archive);
    let partial = path.with_file_name(format!("{}.partial", path.file_name().expect("a file").to_string_lossy()));
    assert!(!partial.exists(), "{} is left", partial.display());
    let mode = path.metadata().expect("it was just opened").permissions().mode();
    assert_eq!(mode & 0o077, 0, "others may read {}", path.display());
    archive
}

/// `unzip` and Python take the file for a sound zip, with the entries in the promised order.
fn others_can_read(path: &Path) {
    let limit = Duration::from_secs(60);
    run(Command::new("unzip").arg("-tq").arg(path), "unzip -tq", limit).ok().unwrap_or_else(|why| panic!("{why}"));
    let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nprint(*z.namelist(), sep='\\n')";
    let python = run(Command::new("python3").args(["-c", script]).arg(path), "python zipfile", limit);
    let names = python.ok().unwrap_or_else(|why| panic!("{why}"));
    let below_top = |name: &str| name.split_once('/').map(|(_, below)| below.to_owned());
    assert_eq!(names.lines().next().and_then(below_top).as_deref(), Some(layout::ARCHIVE), "first entry");
    assert_eq!(names.lines().last().and_then(below_top).as_deref(), Some(layout::MANIFEST), "last entry");
}

/// The manifest names every entry that does not rest on it, with its size and hash, and their hash over all.
fn agrees_with_manifest(archive: &Archive) {
    let mut entries = Vec::new();
    let sha256 = archive.each_manifest_entry(|entry| entries.push(entry)).unwrap_or_else(|error| panic!("{error}"));
    let named: BTreeSet<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    let there: BTreeSet<&str> = archive.entries().filter(|entry| layout::is_in_manifest(entry)).collect();
    assert_eq!(named, there, "entries named in the manifest, and entries there");
    let mut all = Sha256::new();
    for entry in &entries {
        let content = content(archive, &entry.path);
        assert_eq!((content.len() as u64, hex(&content)), (entry.bytes, entry.sha256.clone()), "{}", entry.path);
        all.update(format!("{}  {}\n", entry.sha256, entry.path));
    }
    let expected = all.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(sha256, Some(expected), "a sealed archive has a manifest");
}

/// No item has two outcomes, what came is there, and what did not come says why.
fn has_one_outcome_for_each_item(archive: &Archive) {
    let outcomes = archive.outcomes();
    assert!(!outcomes.is_empty(), "no outcomes");
    let lines = text(archive, layout::OUTCOMES).lines().count();
    assert_eq!(lines, outcomes.len(), "lines of {} that are no outcomes", layout::OUTCOMES);
    let entries: BTreeSet<&str> = archive.entries().collect();
    let mut seen = BTreeMap::new();
    for outcome in &outcomes {
        if let Some(other) = seen.insert((&outcome.source, &outcome.subject), outcome) {
            panic!("two outcomes of one item:\n{other:?}\n{outcome:?}");
        }
        // Objects of one kind are spread over their namespaces' entries.
        let is_of_kind =
            |entry: &&str| layout::parse_objects(entry).is_some_and(|(_, plural)| plural == outcome.subject);
        let entry_is_there = match outcome.entry.as_deref() {
            Some(entry) => entries.contains(entry),
            None => outcome.source == "objects" && entries.iter().any(is_of_kind),
        };
        match outcome.status {
            Status::Collected => assert!(entry_is_there, "collected, but not there: {outcome:?}"),
            Status::Truncated => {
                assert!(entry_is_there, "truncated, but not there: {outcome:?}");
                assert!(!outcome.why.is_empty(), "truncated, but at what: {outcome:?}");
            }
            status if status.is_missing() => assert!(!outcome.why.is_empty(), "missing, but why: {outcome:?}"),
            _ => {}
        }
    }
}

pub fn content(archive: &Archive, entry: &str) -> Vec<u8> {
    archive.read(entry, u64::MAX).unwrap_or_else(|error| panic!("{error}"))
}

pub fn text(archive: &Archive, entry: &str) -> String {
    String::from_utf8(content(archive, entry)).unwrap_or_else(|error| panic!("{entry}: {error}"))
}

/// All objects of a kind, as `pods` or `events`, in all namespaces and the cluster.
pub fn objects(archive: &Archive, plural: &str) -> Vec<Value> {
    let is_kind = |entry: &&str| layout::parse_objects(entry).is_some_and(|(_, found)| found == plural);
    let lines = archive.entries().filter(is_kind).flat_map(|entry| {
        text(archive, entry)
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object a line"))
            .collect::<Vec<_>>()
    });
    lines.collect()
}

/// Exit code of `collect` that the outcomes call for.
pub fn exit_code(outcomes: &[Outcome]) -> i32 {
    let came = |outcome: &Outcome| matches!(outcome.status, Status::Collected | Status::Truncated | Status::Empty);
    match (outcomes.iter().any(came), outcomes.iter().any(|outcome| outcome.status.is_missing())) {
        (false, _) => 4,
        (true, true) => 3,
        (true, false) => 0,
    }
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}
