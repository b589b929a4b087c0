//! Archives from strangers: whatever is in them, opening and analysing ends without a panic.

mod craft;
mod cuts;
mod damage;
mod foreign;
mod memory;
mod refusals;

use crate::fixture;
use k8s_forensics::analysis;
use k8s_forensics::archive::{Archive, ArchiveError};
use proptest::prelude::*;
use std::path::{Path, PathBuf};

fn demo() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/memory-cascade.zip");
    std::fs::read(path).expect("the example archive")
}

/// Opens and reads everything, as far as it goes.
fn read_all(path: &Path) -> Result<usize, ArchiveError> {
    let archive = Archive::open(path)?;
    let entries: Vec<&str> = archive.entries().collect();
    let mut lines = 0;
    for entry in entries {
        // A broken entry is an error of its own, and must not spoil the next one.
        let _ = archive.lines(entry, |_, _| {
            lines += 1;
            true
        });
    }
    Ok(lines)
}

fn written(folder: &tempfile::TempDir, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join("x.zip");
    std::fs::write(&path, bytes).expect("a file to write");
    path
}

/// A zip of `entries` under one top folder, made as `collect` makes it.
fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        std::io::Write::write_all(&mut zip, bytes).expect("its bytes");
    }
    zip.finish().expect("a zip").into_inner()
}

#[test]
fn what_is_no_archive_is_named_so() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(read_all(&written(&folder, b"hello")), Err(ArchiveError::NotAZip { .. })));
    let other = zip_of(&[("a/readme.txt", b"hello")]);
    assert!(matches!(read_all(&written(&folder, &other)), Err(ArchiveError::NotAnArchive { .. })));
    assert!(matches!(Archive::open(&folder.path().join("none")), Err(ArchiveError::Io { .. })));
}

#[test]
fn a_newer_format_says_which_version_to_get() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = br#"{"format":{"major":2,"minor":0},"tool":"k8s-forensics 9.0.0"}"#;
    let archive = Archive::open(&written(&folder, &zip_of(&[("a/meta/archive.json", header)]))).expect("it opens");
    let error = archive.header().expect_err("another major format").to_string();
    assert!(error.contains("2.0") && error.contains("k8s-forensics 9.0.0"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_is_survived(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20), cut in any::<prop::sample::Index>()) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bytes = demo();
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = read_all(&written(&folder, &bytes));
        bytes.truncate(cut.index(bytes.len()));
        let _ = read_all(&written(&folder, &bytes));
    }

    #[test]
    fn any_records_are_survived(lines in prop::collection::vec("[ -~\\\\\"{}\\[\\]:,\u{e9}\u{202e}]{0,120}", 0..12)) {
        let knowledge = fixture::knowledge();
        let text = lines.join("\n");
        let header = br#"{"format":{"major":1,"minor":9},"tool":"t","cluster":{},"from":"2026-11-21T06:00:00Z","to":"2026-11-21T08:00:00Z","started_at":"2026-11-21T08:00:00Z","options":{},"clocks":[]}"#;
        let places = [
            "objects/namespaces/a/events.jsonl", "objects/namespaces/a/pods.jsonl", "objects/cluster/nodes.jsonl",
            "objects/namespaces/a/deployments.apps.jsonl", "objects/namespaces/a/endpointslices.discovery.k8s.io.jsonl",
            "nodes/n/journal/kubelet.log", "nodes/n/journal/kernel.log", "logs/a/p/c/current.log", "metrics/up.json",
            "meta/outcomes.jsonl",
        ];
        let names: Vec<String> = places.iter().map(|place| format!("a/{place}")).collect();
        let mut entries: Vec<(&str, &[u8])> = vec![("a/meta/archive.json", header)];
        entries.extend(names.iter().map(|name| (name.as_str(), text.as_bytes())));
        let folder = tempfile::tempdir().expect("a folder");
        let archive = Archive::open(&written(&folder, &zip_of(&entries))).expect("a sound zip");
        analysis::analyze(&archive, knowledge, 2).expect("an analysis of whatever it is");
    }
}
