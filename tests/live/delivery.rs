//! Where an archive goes and how: within a size, to stdout, signed, onto a disk that is full.

use crate::lab::Lab;
use crate::process::folder;
use crate::sealed::{exit_code, open_sealed};
use k8s_forensics::archive::format::Status;
use k8s_forensics::archive::verify::verify;
use k8s_forensics::archive::{Archive, VerifyingKey};
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn fresh(name: &str) -> PathBuf {
    let file = folder().join(name);
    for leftover in [file.clone(), file.with_extension("zip.partial")] {
        // It may not be there.
        let _ = fs::remove_file(leftover);
    }
    file
}

/// The binary, as a shell runs it.
fn shell(lab: &Lab, script: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", script]).env("TOOL", env!("CARGO_BIN_EXE_k8s-forensics")).env("KUBECONFIG", lab.kubeconfig());
    command.current_dir(folder()).stdin(Stdio::null());
    command
}

pub fn keeps_within_a_size(lab: &Lab) {
    let whole = fresh("of-any-size.zip");
    lab.collect(&whole, &["--max-size", "none"]).ok().unwrap_or_else(|why| panic!("{why}"));
    let limit = whole.metadata().expect("it was just written").len() * 2 / 3;
    let small = fresh("within-a-size.zip");
    let ended = lab.collect(&small, &["--max-size", &limit.to_string()]);
    let archive = open_sealed(&small);
    let outcomes = archive.outcomes();
    assert_eq!((ended.code, exit_code(&outcomes)), (Some(3), 3), "{ended}");
    assert!(small.metadata().expect("it was just opened").len() <= limit);
    let left_out = |status: Status, why: &str| status == Status::Skipped && why.contains("left out to keep");
    assert!(outcomes.iter().all(|outcome| !outcome.status.is_missing() || left_out(outcome.status, &outcome.why)));
    let events = outcomes.iter().find(|outcome| outcome.source == "objects" && outcome.subject == "events");
    assert!(events.is_some_and(|events| events.status == Status::Collected), "{events:?}");
}

pub fn goes_to_stdout_signed(lab: &Lab) {
    let home = tempfile::tempdir().expect("a folder");
    let pair = minisign::KeyPair::generate_unencrypted_keypair().expect("a pair of keys");
    let (public, secret) = (home.path().join("key.pub"), home.path().join("key"));
    fs::write(&public, pair.pk.to_box().expect("a box").to_string()).expect("a file");
    fs::write(&secret, pair.sk.to_box(None).expect("a box").to_string()).expect("a file");
    let (file, waiting) = (fresh("from-stdout.zip"), home.path().join("waiting"));
    fs::create_dir(&waiting).expect("a folder");
    let mut command = shell(lab, "exec \"$TOOL\" collect -o - --sign \"$KEY\"");
    command.env("TMPDIR", &waiting).env("KEY", &secret).stdout(File::create(&file).expect("a file"));
    let ran = command.stderr(Stdio::piped()).output().expect("bash");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    assert_eq!(fs::read_dir(&waiting).expect("a folder").count(), 0, "something is left where it waited");
    let archive = Archive::open(&file).unwrap_or_else(|error| panic!("{error}"));
    let key = VerifyingKey::read(&public).unwrap_or_else(|error| panic!("{error}"));
    let verdict = verify(&archive, Some(&key), 2);
    assert!(verdict.is_sound() && verdict.signed, "{verdict:?}");
}

/// A limit on the size of a file stands for a full disk: the same calls fail.
pub fn says_that_the_disk_is_full(lab: &Lab) {
    let file = fresh("full-disk.zip");
    let ran = shell(lab, "trap '' XFSZ; ulimit -f 40; exec \"$TOOL\" collect -o full-disk.zip").output().expect("bash");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(1), "{said}");
    assert!(said.contains("error: writing the archive: cannot write full-disk.zip.partial: File too large"), "{said}");
    assert!(!file.exists());
    let left = Archive::open(&file.with_extension("zip.partial")).unwrap_or_else(|error| panic!("{error}"));
    assert!(left.entries().count() > 3 && left.outcomes().len() > 3);
}
