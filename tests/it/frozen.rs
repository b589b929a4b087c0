//! Archives of earlier days. Whatever becomes of this program, it reads them, and reads in them what it read then.
//!
//! `tests/data/format-1/VERSION.zip` was written by `collect` on the lab when that version of the format was new, and
//! `VERSION.txt` is what was in it. Neither is ever written again; a new version of the format adds its own, and
//! `K8SF_BLESS=1` writes the listing that is not there yet. The archive of version 1.0 is the one of `demo`.

use k8s_forensics::archive::format::Outcome;
use k8s_forensics::archive::verify::verify;
use k8s_forensics::archive::{Archive, Condition};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/format-1")
}

/// Every version of the format there was, and an archive of it.
fn archives() -> [(&'static str, PathBuf); 2] {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/memory-cascade.zip");
    [("1.0", demo), ("1.1", folder().join("1.1.zip"))]
}

fn listing(version: &str) -> PathBuf {
    folder().join(format!("{version}.txt"))
}

/// What a reader finds: the header, how each item ended, and every entry with its size and hash.
fn found(archive: &Archive) -> String {
    let header = archive.header().expect("a header");
    let mut text = format!("{:?} by {} of {:?}\n", header.format, header.tool, header.cluster.version);
    for outcome in archive.outcomes() {
        let _ = writeln!(text, "{}: {} {}", outcome.source, outcome.subject, outcome.status.name());
    }
    for entry in archive.entries() {
        let content = archive.read(entry, u64::MAX).expect("an entry");
        let hash: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
        let _ = writeln!(text, "{hash}  {entry} {}", content.len());
    }
    text
}

#[test]
fn every_version_is_read_as_it_was() {
    for (version, path) in archives() {
        let archive = Archive::open(&path).expect("an archive");
        assert!(verify(&archive, None, 1).is_sound(), "{version}");
        let listing = listing(version);
        if !listing.exists() && std::env::var_os("K8SF_BLESS").is_some() {
            fs::write(&listing, found(&archive)).expect("a file");
        }
        assert_eq!(found(&archive), fs::read_to_string(&listing).expect("its listing"), "{version}");
    }
}

#[test]
fn every_version_is_read_when_it_was_cut() {
    for (version, path) in archives() {
        let whole = fs::read(path).expect("an archive");
        let expected = fs::read_to_string(listing(version)).expect("its listing");
        let archive = Archive::from_bytes(whole[..whole.len() / 2].to_vec(), "cut.zip").expect("it opens");
        assert!(matches!(archive.condition(), Condition::Cut { .. }));
        let entries: Vec<&str> = archive.entries().collect();
        assert!(entries.len() > 3, "{version}: {entries:?}");
        for entry in entries {
            let size = archive.read(entry, u64::MAX).expect("an entry").len();
            assert!(expected.contains(&format!("  {entry} {size}\n")), "{version}: {entry}");
        }
        for Outcome { source, subject, .. } in archive.outcomes() {
            assert!(expected.contains(&format!("{source}: {subject} ")), "{version}: {source} {subject}");
        }
    }
}
