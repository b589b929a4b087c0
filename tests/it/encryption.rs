//! Encrypted archives: only their recipients read them, however they were cut or altered, and age itself does too.

use crate::made::{self, LARGE, SMALL, begun_as, noise, outcome};
use crate::others::told;
use age::secrecy::ExposeSecret;
use age::x25519;
use assert_cmd::Command;
use k8s_forensics::archive::format::Status;
use k8s_forensics::archive::verify::verify;
use k8s_forensics::archive::{
    self, Archive, ArchiveError, ArchiveWriter, Condition, Identities, Limits, Recipients, RewriteOptions, Splitting,
    Target,
};
use predicates::prelude::*;
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

static OURS: LazyLock<x25519::Identity> = LazyLock::new(x25519::Identity::generate);

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn recipients(texts: &[&str]) -> Result<Arc<Recipients>, ArchiveError> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Recipients::parse(&texts).map(Arc::new)
}

fn for_us() -> Arc<Recipients> {
    recipients(&[&recipient()]).expect("a recipient")
}

fn recipient() -> String {
    OURS.to_public().to_string()
}

fn written(folder: &Path, name: &str, key: &x25519::Identity) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, format!("# a comment\n{}\n", key.to_string().expose_secret())).expect("a file");
    path
}

fn keys(folder: &Path) -> Arc<Identities> {
    Arc::new(Identities::read(&[written(folder, "key", &OURS)]).expect("a key"))
}

fn open(path: &Path, keys: &Arc<Identities>) -> Result<Archive, ArchiveError> {
    Archive::open_as(path, Limits::default(), Some(keys))
}

/// `FOLDER/incident.zip.age`, to be sealed.
fn begun(folder: &Path, recipients: Arc<Recipients>) -> ArchiveWriter {
    let target = Target::new("incident", made::at(), folder).encrypted_to(Some(recipients));
    begun_as(&folder.join("incident.zip.age"), target)
}

fn sealed(folder: &Path, recipients: Arc<Recipients>) -> PathBuf {
    let mut writer = begun(folder, recipients);
    writer.outcome(&outcome("never came", Status::Timeout, None, 0)).expect("an outcome");
    writer.seal(None).expect("a sealed archive").path
}

/// What an age file holds, by the crate that rage is made of.
fn decrypted(bytes: &[u8]) -> Vec<u8> {
    age::decrypt(&*OURS, bytes).expect("an age file for this key")
}

fn tool(folder: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.env_remove("K8SF_IDENTITY").current_dir(folder).args(args).assert()
}

#[test]
fn only_a_recipient_reads_it() {
    let folder = folder();
    let path = sealed(folder.path(), for_us());
    let archive = open(&path, &keys(folder.path())).expect("an archive");
    assert!(archive.is_encrypted() && *archive.condition() == Condition::Sealed && archive.name() == "incident");
    let verdict = verify(&archive, None, 4);
    assert!(verdict.is_sound(), "{:?}", verdict.findings);
    assert!(archive.read(LARGE, u64::MAX).expect("an entry") == noise(100_000));
    let bytes = fs::read(&path).expect("a file");
    let plain = decrypted(&bytes);
    let same = Archive::from_bytes(plain, "incident.zip").expect("a zip");
    assert!(same.entries().eq(archive.entries()) && !same.is_encrypted());
    assert!(matches!(Archive::open(&path), Err(ArchiveError::Encrypted { .. })));
    let others = Identities::read(&[written(folder.path(), "other", &x25519::Identity::generate())]).expect("a key");
    let refused = open(&path, &Arc::new(others)).err().expect("not for them").to_string();
    assert!(refused.contains("it is for others"), "{refused}");
}

#[test]
fn nothing_of_it_is_in_the_file_as_it_is() {
    let folder = folder();
    let path = sealed(folder.path(), for_us());
    let bytes = fs::read(&path).expect("a file");
    let said = [b"incident/".as_slice(), b"PK\x03\x04", b"never came", SMALL.as_bytes()];
    let plain = decrypted(&bytes);
    for text in said.iter().take(2) {
        assert!(plain.windows(text.len()).any(|window| window == *text), "the test looks for what is there");
    }
    for text in said {
        assert!(!bytes.windows(text.len()).any(|window| window == text), "{}", text.escape_ascii());
    }
}

/// What waits beside the archive while it is written, by the descriptors of this process: files without a name.
#[cfg(target_os = "linux")]
fn waiting_in(folder: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for descriptor in fs::read_dir("/proc/self/fd").expect("descriptors").flatten() {
        let target = fs::read_link(descriptor.path()).unwrap_or_default();
        if target.starts_with(folder) && !target.exists() {
            found.extend(fs::read(descriptor.path()));
        }
    }
    found
}

#[cfg(target_os = "linux")]
#[test]
fn what_waits_on_the_disk_is_encrypted_too() {
    let marker = "marker-of-what-waits-on-the-disk";
    let seen = |recipients: Option<Arc<Recipients>>| {
        let folder = folder();
        let target = Target::new("incident", made::at(), folder.path()).encrypted_to(recipients);
        let mut writer = ArchiveWriter::create(&folder.path().join("a.zip.age"), target, false).expect("a file");
        let outcomes = (0..12_000).map(|at| outcome(&format!("{marker} {at}"), Status::Timeout, None, 0));
        outcomes.for_each(|outcome| writer.outcome(&outcome).expect("an outcome"));
        let waiting = waiting_in(&folder.path().canonicalize().expect("a folder"));
        assert!(waiting.iter().map(Vec::len).sum::<usize>() > 1 << 20, "nothing waits on the disk");
        waiting.iter().any(|file| file.windows(marker.len()).any(|window| window == marker.as_bytes()))
    };
    assert!(seen(None), "the test sees what waits for an archive that is not encrypted");
    assert!(!seen(Some(for_us())));
}

/// A cut file opens as the zip in it would that ends where its last whole piece does.
#[test]
fn a_cut_file_is_as_good_as_a_cut_zip() {
    let folder = folder();
    let bytes = fs::read(sealed(folder.path(), for_us())).expect("a file");
    let plain = decrypted(&bytes);
    let keys = keys(folder.path());
    let path = folder.path().join("cut.zip.age");
    let head = bytes.len() - plain.len() - plain.len().div_ceil(1 << 16) * 16;
    let pieces = plain.len() >> 16;
    assert!(pieces > 20, "{pieces}");
    let places = (0..pieces).step_by(7).flat_map(|at| [0, 1, 17, 40_000, 65_551].map(|more| (at, more)));
    for (at, more) in places.chain([(pieces, 3)]) {
        fs::write(&path, &bytes[..head + at * 65_552 + more]).expect("a file");
        let cut = open(&path, &keys);
        let same = Archive::from_bytes(plain[..at << 16].to_vec(), "cut.zip");
        match (cut, same) {
            (Ok(cut), Ok(same)) => {
                assert!(matches!(cut.condition(), Condition::Cut { .. }), "{at} {more}");
                assert_eq!(cut.condition(), same.condition(), "{at} {more}");
                assert!(cut.entries().eq(same.entries()), "{at} {more}");
                assert_eq!(cut.read(SMALL, u64::MAX).ok(), same.read(SMALL, u64::MAX).ok(), "{at} {more}");
            }
            (Err(_), Err(_)) => assert!(at == 0, "{at} {more}"),
            (cut, same) => panic!("{at} {more}: {:?} {:?}", cut.err(), same.err()),
        }
    }
    for length in [1, 30, head - 1] {
        fs::write(&path, &bytes[..length]).expect("a file");
        assert!(open(&path, &keys).is_err(), "{length}");
    }
}

#[test]
fn a_run_that_was_killed_leaves_what_can_be_repaired() {
    let folder = folder();
    let writer = begun(folder.path(), for_us());
    let partial = writer.partial().to_owned();
    // As a kill does: what is in memory is gone, and nobody ends the file.
    std::mem::forget(writer);
    let keys = keys(folder.path());
    let older = open(&partial, &keys).expect("what came");
    assert!(matches!(older.condition(), Condition::Cut { .. }) && older.bytes_of(LARGE).is_some());
    let (path, recipients) = (folder.path().join("incident.zip.age"), for_us());
    let options = RewriteOptions {
        path: &path,
        replace: false,
        tool: "test",
        began_at: made::at(),
        key: None,
        recipients: Some(&recipients),
    };
    let rewritten = archive::repair(&older, &options).expect("an archive");
    assert!(rewritten.lost.is_empty() && rewritten.kept > 3, "{:?}", rewritten.lost);
    let repaired = open(&path, &keys).expect("an archive");
    assert!(repaired.is_encrypted() && verify(&repaired, None, 2).is_sound());
    assert!(repaired.read(LARGE, u64::MAX).expect("an entry") == noise(100_000));
}

#[test]
fn an_altered_piece_costs_what_is_in_it() {
    let folder = folder();
    let path = sealed(folder.path(), for_us());
    let keys = keys(folder.path());
    let bytes = fs::read(&path).expect("a file");
    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 1;
    fs::write(&path, &altered).expect("a file");
    let archive = open(&path, &keys).expect("an archive");
    archive.read(LARGE, u64::MAX).expect_err("the piece was in the middle of it");
    assert!(archive.read(SMALL, u64::MAX).expect("an entry") == noise(20));
    let verdict = verify(&archive, None, 2);
    assert!(!verdict.is_sound() && verdict.findings.iter().all(|found| found.entry == LARGE), "{:?}", verdict.findings);
    // The directory is in the last piece: without it, the entries are found by their own headers.
    altered = bytes.clone();
    let last = bytes.len() - 40;
    altered[last] ^= 1;
    fs::write(&path, &altered).expect("a file");
    let archive = open(&path, &keys).expect("an archive");
    assert!(archive.read(LARGE, u64::MAX).expect("an entry") == noise(100_000));
    assert!(!verify(&archive, None, 2).is_sound());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_altered_file_passes_or_panics(at in 0.0_f64..1.0, bit in 0_u8..8, end in 0.0_f64..1.2) {
        static BYTES: LazyLock<Vec<u8>> =
            LazyLock::new(|| fs::read(sealed(folder().path(), for_us())).expect("a file"));
        let folder = folder();
        let mut bytes = BYTES.clone();
        let place = (bytes.len() as f64 * at * at * at) as usize;
        bytes[place] ^= 1 << bit;
        bytes.truncate(((bytes.len() as f64 * end) as usize).max(1));
        let path = folder.path().join("a.zip.age");
        fs::write(&path, &bytes).expect("a file");
        if let Ok(archive) = open(&path, &keys(folder.path())) {
            prop_assert!(!verify(&archive, None, 1).is_sound());
            for entry in [SMALL, LARGE] {
                if let Ok(content) = archive.read(entry, u64::MAX) {
                    let lines = if entry == SMALL { 20 } else { 100_000 };
                    prop_assert!(content == noise(lines));
                }
            }
        }
    }
}

#[test]
fn age_reads_ours_and_ours_reads_what_age_wrote() {
    let folder = folder();
    let here = folder.path();
    written(here, "key", &OURS);
    if told(here, "age", &["--version"]).is_none()
        || told(here, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", "ed"]).is_none()
    {
        return;
    }
    told(here, "ssh-keygen", &["-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-f", "rsa"]);
    let public = |name: &str| fs::read_to_string(here.join(name)).expect("a key");
    let all = [recipient(), public("ed.pub"), format!("@{}", here.join("rsa.pub").display())];
    sealed(here, recipients(&[&all[0], &all[1], &all[2]]).expect("recipients"));
    for key in ["key", "ed", "rsa"] {
        let plain = format!("{key}.zip");
        told(here, "age", &["-d", "-i", key, "-o", &plain, "incident.zip.age"]);
        assert!(verify(&Archive::open(&here.join(&plain)).expect("a zip"), None, 2).is_sound());
        let public = if key == "key" { recipient() } else { public(&format!("{key}.pub")) };
        told(here, "age", &["-r", public.trim(), "-o", &format!("{key}.zip.age"), &plain]);
        let keys = Arc::new(Identities::read(&[here.join(key)]).expect("a key"));
        for file in ["incident.zip.age", &format!("{key}.zip.age")] {
            assert!(verify(&open(&here.join(file), &keys).expect("an archive"), None, 2).is_sound(), "{file}");
        }
    }
    told(here, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "swordfish", "-f", "locked"]);
    let refused = Identities::read(&[here.join("locked")]).expect_err("it has a password").to_string();
    assert!(refused.contains("has a password"), "{refused}");
}

#[test]
fn what_is_no_recipient_is_refused_without_showing_secrets() {
    let secret = OURS.to_string().expose_secret().to_owned();
    let refused = |text: &str| recipients(&[text]).expect_err("no recipient").to_string();
    assert!(refused(&secret).contains("that is a secret key") && !refused(&secret).contains(&secret));
    assert!(refused("age1nonsense").contains("age1nonsense") && refused("bob").contains("write age1…"));
    assert!(refused("ssh-ed25519 AAAA").contains("not a usable recipient"));
    let folder = folder();
    fs::write(folder.path().join("list"), format!("# us\n\n{}\nbob\n", recipient())).expect("a file");
    let list = format!("@{}", folder.path().join("list").display());
    assert!(refused(&list).contains("line 4 of "), "{}", refused(&list));
    fs::write(folder.path().join("list"), "# nobody\n").expect("a file");
    assert!(refused(&list).contains("names nobody") && refused("@none").contains("cannot read recipients from none"));
    recipients(&[]).expect_err("nobody");
    fs::write(folder.path().join("broken"), format!("{secret}X\n")).expect("a file");
    let broken = Identities::read(&[folder.path().join("broken")]).expect_err("a broken key").to_string();
    assert!(broken.contains("line 1") && !broken.contains(&secret), "{broken}");
}

#[test]
fn commands_read_it_with_the_identity_and_say_how_without() {
    let folder = folder();
    let here = folder.path();
    let size = fs::metadata(sealed(here, for_us())).expect("a file").len();
    written(here, "key", &OURS);
    let ways =
        || predicate::str::contains("--identity KEY").and(predicate::str::contains("age -d -i KEY -o incident.zip"));
    for args in [
        &["verify", "incident.zip.age"][..],
        &["analyze", "incident.zip.age"],
        &["show", "incident.zip.age", "entries"],
    ] {
        tool(here, args).code(1).stderr(ways());
    }
    tool(here, &["verify", "incident.zip.age", "--identity", "key"])
        .code(0)
        .stdout(predicate::str::starts_with("sound"));
    tool(here, &["show", "--identity", "key", "incident.zip.age", "entries"]).code(0);
    tool(here, &["analyze", "incident.zip.age", "--identity", "key", "-o", "report"]).code(0);
    let mut by_environment = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    by_environment.current_dir(here).env("K8SF_IDENTITY", "key").args(["verify", "incident.zip.age"]).assert().code(0);
    written(here, "other", &x25519::Identity::generate());
    let others = predicate::str::contains("it is for others");
    tool(here, &["verify", "incident.zip.age", "--identity", "other"]).code(1).stderr(others);
    tool(here, &["verify", "incident.zip.age", "--identity", "none"])
        .code(1)
        .stderr(predicate::str::contains("age-keygen"));

    let again = predicate::str::contains("name the recipients again with --encrypt-to");
    tool(here, &["repair", "incident.zip.age", "--identity", "key"]).code(1).stderr(again);
    let to = recipient();
    tool(here, &["repair", "incident.zip.age", "--identity", "key", "--encrypt-to", &to])
        .code(0)
        .stdout("incident-repaired.zip.age\n");
    tool(here, &["verify", "incident-repaired.zip.age", "--identity", "key"]).code(0);
    tool(here, &["repair", "incident.zip.age", "--identity", "key", "--encrypt-to", "none"]).code(0);
    tool(here, &["verify", "incident-repaired.zip"]).code(0);
    let most = (size - 10_000).to_string();
    tool(here, &["split", "incident.zip.age", "--identity", "key", "--encrypt-to", &to, "--size", &most])
        .code(0)
        .stdout("incident-part1of2.zip.age\nincident-part2of2.zip.age\n");
    for part in ["incident-part1of2.zip.age", "incident-part2of2.zip.age"] {
        assert!(fs::metadata(here.join(part)).expect("a part").len() <= size - 10_000);
        tool(here, &["verify", part, "--identity", "key"]).code(0);
    }
}

#[test]
fn parts_are_no_larger_than_they_may_be() {
    let folder = folder();
    let keys = keys(folder.path());
    let path = sealed(folder.path(), for_us());
    let older = open(&path, &keys).expect("an archive");
    let recipients = for_us();
    let least = fs::metadata(&path).expect("a file").len() - 20_000;
    for limit in (least..least + 4000).step_by(1000) {
        let splitting = Splitting { folder: folder.path(), limit, replace: true, recipients: Some(&recipients) };
        for part in archive::split(&older, &splitting).expect("parts") {
            assert!(fs::metadata(&part).expect("a part").len() <= limit, "{limit}");
        }
    }
}

#[test]
fn text_that_wraps_an_age_file_is_named() {
    let folder = folder();
    fs::write(folder.path().join("a.age"), "-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n").expect("a file");
    let refused = open(&folder.path().join("a.age"), &keys(folder.path())).err().expect("no zip").to_string();
    assert!(refused.contains("as text for mail"), "{refused}");
}

/// The time to take a header apart grows with its square: how much of one is looked at is bounded.
#[test]
fn a_header_without_end_costs_little() {
    let folder = folder();
    let keys = keys(folder.path());
    let path = folder.path().join("a.age");
    let end = format!("--- {}\n{}", "A".repeat(43), "x".repeat(1000));
    for stanzas in [2000, 10_000_000] {
        let text = format!("age-encryption.org/v1\n{}{end}", "-> a\n\n".repeat(stanzas));
        fs::write(&path, text).expect("a file");
        let began = std::time::Instant::now();
        assert!(matches!(open(&path, &keys), Err(ArchiveError::NotDecrypted { .. })), "{stanzas}");
        assert!(began.elapsed().as_secs() < 20, "{stanzas}: {:?}", began.elapsed());
    }
    let many = vec![recipient(); 1000];
    let refused = Recipients::parse(&many).expect_err("more than can be read again").to_string();
    assert!(refused.contains("more than the header"), "{refused}");
}
