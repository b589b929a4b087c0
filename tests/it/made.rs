//! Archives made as `collect` makes them, small enough to look at and with one entry too large to wait in memory.

use chrono::{DateTime, Utc};
use k8s_forensics::archive::format::{ClusterId, FORMAT, Header, Outcome, Planned, Redaction, Status};
use k8s_forensics::archive::{Archive, ArchiveWriter, Content, EntryBuilder, SigningKey, Target};
use std::fs;
use std::path::{Path, PathBuf};

pub const SMALL: &str = "logs/shop/api-0/app/current.log";
pub const LARGE: &str = "nodes/node-1/journal/kubelet.log";
pub const PREVIOUS: &str = "logs/shop/api-0/app/previous.log";
/// All entries that are no records of the archive itself, and how many lines each has.
pub const ENTRIES: [(&str, usize); 5] = [
    (SMALL, 20),
    (PREVIOUS, 30),
    (LARGE, 100_000),
    ("objects/namespaces/shop/events.jsonl", 1000),
    ("describe/nodes/node-1.txt", 4000),
];

pub fn at() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-21T07:00:00Z").expect("a time").to_utc()
}

pub fn header() -> Header {
    Header {
        format: FORMAT,
        tool: "k8s-forensics test".into(),
        cluster: ClusterId::default(),
        from: at(),
        to: at() + chrono::TimeDelta::hours(1),
        started_at: at(),
        options: [].into(),
        clocks: Vec::new(),
    }
}

/// Lines that deflate to about a third.
pub fn noise(lines: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64 ^ lines as u64;
    let mut text = String::new();
    for line in 0..lines {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(&format!("2026-11-21T07:00:00.{line:09}Z request {state:x}\n"));
    }
    text.into_bytes()
}

pub fn outcome(subject: &str, status: Status, entry: Option<&str>, bytes: u64) -> Outcome {
    Outcome {
        why: if status == Status::Collected { String::new() } else { "because".into() },
        entry: entry.map(str::to_owned),
        bytes,
        took_ms: 1,
        ..Outcome::new("test", subject, status, at())
    }
}

/// An archive that is not sealed yet: all entries are in the file, and what is said of them is not all.
pub fn begun(path: &Path) -> ArchiveWriter {
    begun_as(path, Target::new("incident", at(), path.parent().expect("a folder")))
}

/// The same, for a target of one's own.
pub fn begun_as(path: &Path, target: Target) -> ArchiveWriter {
    let mut writer = ArchiveWriter::create(path, target, false).expect("a new file");
    writer.header(&header()).expect("a header");
    let planned = |subject: &str, entry: Option<&str>| Planned {
        source: "test".into(),
        subject: subject.into(),
        node: None,
        entry: entry.map(str::to_owned),
        replaced: false,
    };
    ENTRIES.iter().for_each(|(entry, _)| writer.planned(&planned(entry, Some(entry))).expect("an item"));
    writer.planned(&planned("never came", None)).expect("an item");
    for (entry, lines) in ENTRIES {
        let bytes = noise(lines);
        let prepared = EntryBuilder::whole(writer.target(), entry, Content::Log, &bytes).expect("an entry");
        writer.append(prepared).expect("room for it");
        writer.outcome(&outcome(entry, Status::Collected, Some(entry), bytes.len() as u64)).expect("an outcome");
    }
    let redaction = Redaction { rule: "last-applied".into(), entry: ENTRIES[3].0.into(), count: 2 };
    writer.redaction(&redaction).expect("a redaction");
    writer
}

/// A sealed archive, `FOLDER/incident.zip`.
pub fn sealed(folder: &Path, key: Option<&SigningKey>) -> PathBuf {
    let mut writer = begun(&folder.join("incident.zip"));
    writer.outcome(&outcome("never came", Status::Timeout, None, 0)).expect("an outcome");
    writer.seal(key).expect("a sealed archive").path
}

/// Unpacks an archive as `unzip` would, into FOLDER/incident.
pub fn unpacked(archive: &Path, folder: &Path) -> PathBuf {
    let archive = Archive::open(archive).expect("an archive");
    let top = folder.join("incident");
    for entry in archive.entries() {
        let path = top.join(entry);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, archive.read(entry, u64::MAX).expect("an entry")).expect("a file");
    }
    top
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).expect("a copy");
        }
    }
}
