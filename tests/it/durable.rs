//! What is done with an archive after it was written: checked, repaired, cut into parts, made smaller, gone on with.

use crate::made::{self, ENTRIES, LARGE, PREVIOUS, SMALL, begun, noise, sealed, unpacked};
use chrono::Utc;
use k8s_forensics::archive::format::{ActKind, Outcome, Status};
use k8s_forensics::archive::verify::{Fault, Verdict, verify};
use k8s_forensics::archive::{
    self, Archive, ArchiveError, ArchiveWriter, Condition, Content, EntryBuilder, Inheritance, RewriteOptions,
    SigningKey, Splitting, Target, VerifyingKey, custody,
};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn opened(path: &Path) -> Archive {
    Archive::open(path).unwrap_or_else(|error| panic!("{error}"))
}

fn verdict(path: &Path) -> Verdict {
    verify(&opened(path), None, 2)
}

/// Kinds and entries of what is wrong.
fn faults(path: &Path) -> Vec<(Fault, String)> {
    verdict(path).findings.into_iter().map(|finding| (finding.fault, finding.entry)).collect()
}

fn options(path: &Path) -> RewriteOptions<'_> {
    RewriteOptions {
        path,
        replace: false,
        tool: "k8s-forensics test",
        began_at: Utc::now(),
        key: None,
        recipients: None,
    }
}

fn splitting(folder: &Path, limit: u64) -> Splitting<'_> {
    Splitting { folder, limit, replace: false, recipients: None }
}

fn status(outcomes: &[Outcome], subject: &str) -> Status {
    outcomes.iter().find(|outcome| outcome.subject == subject).expect("one outcome for each item").status
}

/// Every entry that is no record of the archive itself has the content it was written with.
fn holds_everything(path: &Path) {
    let archive = opened(path);
    for (entry, lines) in ENTRIES {
        assert_eq!(archive.read(entry, u64::MAX).expect("it is there"), noise(lines), "{entry}");
    }
}

#[test]
fn a_sealed_archive_is_sound() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let verdict = verdict(&path);
    assert!(verdict.is_sound(), "{verdict:?}");
    assert_eq!(verdict.entries, opened(&path).entries().count());
    assert_eq!(faults(&unpacked(&path, folder.path())), []);
}

#[test]
fn what_was_done_to_an_unpacked_archive_is_named() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let top = unpacked(&path, folder.path());
    fs::write(top.join(SMALL), noise(21)).expect("a file");
    fs::remove_file(top.join(PREVIOUS)).expect("a file");
    fs::write(top.join("logs/planted.log"), "x").expect("a file");
    let found = faults(&top);
    let expected =
        [(Fault::Altered, SMALL.into()), (Fault::Missing, PREVIOUS.into()), (Fault::Added, "logs/planted.log".into())];
    assert_eq!(found, expected);
}

#[test]
fn records_that_were_forged_do_not_add_up() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    for record in ["meta/SHA256SUMS", "meta/manifest.json"] {
        let top = unpacked(&path, folder.path());
        let text = fs::read_to_string(top.join(record)).expect("a file");
        let line = text.lines().find(|line| line.contains(SMALL)).expect("its line");
        fs::write(top.join(record), text.replace(&format!("{line}\n"), "")).expect("a file");
        let found = faults(&top);
        assert!(found.iter().any(|(_, entry)| entry == record), "{record}: {found:?}");
    }
}

#[test]
fn a_signature_is_of_one_key_and_one_content() {
    let folder = folder();
    let keys = |name: &str| {
        let (public, secret) = (folder.path().join(format!("{name}.pub")), folder.path().join(name));
        let pair = minisign::KeyPair::generate_encrypted_keypair(Some(String::new())).expect("a pair of keys");
        fs::write(&public, pair.pk.to_box().expect("a box").to_string()).expect("a file");
        fs::write(&secret, pair.sk.to_box(None).expect("a box").to_string()).expect("a file");
        let secret = SigningKey::read(&secret, || Ok(String::new())).expect("a key");
        (VerifyingKey::read(&public).expect("a key"), secret)
    };
    let ((ours, secret), (other, _)) = (keys("ours"), keys("other"));
    let path = sealed(folder.path(), Some(&secret));
    let faults = |path: &Path, key| -> Vec<Fault> {
        verify(&opened(path), Some(key), 1).findings.iter().map(|finding| finding.fault).collect()
    };
    assert_eq!(faults(&path, &ours), []);
    assert_eq!(faults(&path, &other), [Fault::Signature]);
    let top = unpacked(&path, folder.path());
    assert_eq!(faults(&top, &ours), []);
    fs::remove_file(top.join("meta/SHA256SUMS.minisig")).expect("a file");
    assert_eq!(faults(&top, &ours), [Fault::Signature]);
}

/// As kill -9 leaves it: what was appended is there, and the end is not.
fn cut(folder: &Path) -> PathBuf {
    let path = folder.join("incident.zip");
    let writer = begun(&path);
    let partial = writer.partial().to_owned();
    let bytes = fs::read(&partial).expect("what is in the file");
    writer.discard().expect("it is gone");
    fs::write(&partial, bytes).expect("a file");
    partial
}

#[test]
fn a_cut_archive_has_an_outcome_for_every_item() {
    let folder = folder();
    let archive = opened(&cut(folder.path()));
    assert!(matches!(archive.condition(), Condition::Cut { entry: None, .. }), "{:?}", archive.condition());
    let outcomes = archive.outcomes();
    assert_eq!(outcomes.len(), ENTRIES.len() + 1);
    assert_eq!(status(&outcomes, "never came"), Status::Skipped);
    assert_eq!(status(&outcomes, LARGE), Status::Collected);
}

#[test]
fn repair_makes_a_cut_archive_whole() {
    let folder = folder();
    let partial = cut(folder.path());
    let found = faults(&partial);
    assert!(found.iter().all(|(fault, _)| matches!(fault, Fault::Cut | Fault::Container)) && !found.is_empty());
    let path = folder.path().join("incident.zip");
    let rewritten = archive::repair(&opened(&partial), &options(&path)).expect("a repaired archive");
    assert!(rewritten.lost.is_empty(), "{:?}", rewritten.lost);
    assert_eq!(faults(&path), []);
    holds_everything(&path);
    assert_eq!(status(&opened(&path).outcomes(), "never came"), Status::Skipped);
    let acts: Vec<ActKind> = custody::of(&opened(&path)).into_iter().map(|act| act.act).collect();
    assert_eq!(acts, [ActKind::Collect, ActKind::Repair]);
}

#[test]
fn repair_leaves_what_is_damaged_and_says_so() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let mut bytes = fs::read(&path).expect("an archive");
    let large = opened(&path).read(LARGE, u64::MAX).expect("an entry").len();
    // Somewhere in the middle of the largest entry, which is most of the file.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&path, bytes).expect("a file");
    assert_eq!(faults(&path), [(Fault::Altered, LARGE.to_owned())]);
    let repaired = folder.path().join("repaired.zip");
    let rewritten = archive::repair(&opened(&path), &options(&repaired)).expect("a repaired archive");
    assert_eq!(rewritten.lost.keys().collect::<Vec<_>>(), [LARGE]);
    assert_eq!(faults(&repaired), []);
    assert_eq!(status(&opened(&repaired).outcomes(), LARGE), Status::Failed);
    assert!(large > 1 << 20);
}

#[test]
fn parts_open_alone_and_join_by_cat() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let limit = fs::metadata(&path).expect("a file").len() - 10_000;
    let parts = archive::split(&opened(&path), &splitting(folder.path(), limit)).expect("parts");
    assert!(parts.len() > 1);
    let mut all = Vec::new();
    for part in &parts {
        let bytes = fs::read(part).expect("a part");
        assert!(bytes.len() as u64 <= limit);
        all.extend(bytes);
        let verdict = verdict(part);
        assert!(verdict.is_sound() && verdict.elsewhere > 0, "{verdict:?}");
        let (here, outcomes) = (opened(part), opened(part).outcomes());
        for (entry, _) in ENTRIES {
            let expected = if here.bytes_of(entry).is_some() { Status::Collected } else { Status::Skipped };
            assert_eq!(status(&outcomes, entry), expected, "{entry} in {}", part.display());
        }
    }
    let joined = folder.path().join("joined.zip");
    fs::write(&joined, all).expect("a file");
    assert_eq!(verdict(&joined).sha256, verdict(&path).sha256);
    assert_eq!(faults(&joined), []);
    holds_everything(&joined);
    assert_eq!(opened(&joined).outcomes(), opened(&path).outcomes());
}

#[test]
fn a_part_without_one_of_its_entries_is_not_sound() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let limit = fs::metadata(&path).expect("a file").len() - 10_000;
    let parts = archive::split(&opened(&path), &splitting(folder.path(), limit)).expect("parts");
    let part = parts.iter().find(|part| opened(part).bytes_of(SMALL).is_some()).expect("one of them has it");
    let top = unpacked(part, &folder.path().join("alone"));
    fs::remove_file(top.join(SMALL)).expect("a file");
    assert_eq!(faults(&top), [(Fault::Missing, SMALL.to_owned())]);
}

#[test]
fn what_cannot_be_split_says_why() {
    let folder = folder();
    let refused =
        |archive: &Archive, limit| archive::split(archive, &splitting(folder.path(), limit)).expect_err("refused");
    let whole = opened(&sealed(folder.path(), None));
    let too_small = refused(&whole, 100_000).to_string();
    assert!(too_small.contains(LARGE), "{too_small}");
    let elsewhere = tempfile::tempdir().expect("a folder");
    let never_sealed = refused(&opened(&cut(elsewhere.path())), 1 << 20);
    assert!(matches!(never_sealed, ArchiveError::NotSplit { .. }), "{never_sealed}");
}

#[test]
fn what_does_not_fit_is_left_out_and_said_to_be() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let size = fs::metadata(&path).expect("a file").len();
    let fitted = folder.path().join("fitted.zip");
    let rewritten = archive::fit(&opened(&path), &options(&fitted), size / 2, size).expect("a smaller archive");
    assert!(rewritten.sealed.bytes <= size / 2);
    assert_eq!(faults(&fitted), []);
    let outcomes = opened(&fitted).outcomes();
    // Worth less than the journal, and there is room for it without that.
    assert_eq!(status(&outcomes, "describe/nodes/node-1.txt"), Status::Collected);
    assert_eq!(status(&outcomes, LARGE), Status::Skipped);
    assert_eq!(status(&outcomes, PREVIOUS), Status::Collected);
    assert_eq!(status(&outcomes, "objects/namespaces/shop/events.jsonl"), Status::Collected);
    assert!(outcomes.iter().all(|outcome| outcome.status != Status::Skipped || outcome.why.contains("left out")));
}

#[test]
fn an_archive_that_goes_on_keeps_what_there_was() {
    let folder = folder();
    let older = opened(&cut(folder.path()));
    let path = folder.path().join("resumed.zip");
    let mut writer =
        ArchiveWriter::create(&path, Target::new("resumed", made::at(), folder.path()), false).expect("a new file");
    let kept: Vec<Outcome> = older.outcomes().into_iter().filter(|outcome| outcome.subject == LARGE).collect();
    let inheritance = Inheritance::begin(&mut writer, &older, &kept).expect("an inheritance");
    let newer = EntryBuilder::whole(writer.target(), SMALL, Content::Log, b"newer\n").expect("an entry");
    writer.append(newer).expect("room for it");
    writer.outcome(&made::outcome(SMALL, Status::Collected, Some(SMALL), 6)).expect("an outcome");
    writer.outcome(&kept[0]).expect("an outcome");
    inheritance.take_rest(&mut writer).expect("what nothing replaced");
    writer.seal(None).expect("a sealed archive");
    let resumed = opened(&path);
    assert_eq!(faults(&path), []);
    assert_eq!(resumed.read(SMALL, u64::MAX).expect("an entry"), b"newer\n");
    assert_eq!(resumed.read(LARGE, u64::MAX).expect("an entry"), noise(100_000));
    assert_eq!(resumed.read(PREVIOUS, u64::MAX).expect("an entry"), noise(30));
    assert_eq!(
        resumed.read("meta/archive.json", u64::MAX).expect("an entry"),
        older.read("meta/archive.json", u64::MAX).expect("an entry")
    );
    assert_eq!(custody::of(&resumed).first().map(|act| act.act), Some(ActKind::Collect));
}

#[test]
fn nothing_is_overwritten_unless_told_to() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let before = fs::read(&path).expect("an archive");
    let target = || Target::new("incident", made::at(), folder.path());
    assert!(matches!(ArchiveWriter::create(&path, target(), false), Err(ArchiveError::Exists { .. })));
    let refused = archive::repair(&opened(&path), &options(&path));
    assert!(matches!(refused, Err(ArchiveError::Exists { .. })));
    assert_eq!(fs::read(&path).expect("an archive"), before);
    let left = folder.path().join("incident.zip.partial");
    fs::write(&left, "what a run that was killed has left").expect("a file");
    assert!(matches!(ArchiveWriter::create(&path, target(), false), Err(ArchiveError::Exists { .. })));
    let writer = ArchiveWriter::create(&path, target(), true).expect("a new file");
    assert_ne!(writer.partial(), left);
    writer.discard().expect("it is gone");
    assert_eq!(fs::read(&path).expect("an archive"), before, "the older file is there until the new one is sealed");
    assert!(left.exists());
}
