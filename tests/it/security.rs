//! SECURITY.md names a test for every attack that it says is answered: each must exist. And what no other file tests of
//! it.

use crate::made::{begun, sealed};
use assert_cmd::Command;
use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[cfg(unix)]
fn modes_in(folder: &Path) -> Vec<(String, u32)> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).expect("a folder").flatten() {
        let mode = std::os::unix::fs::PermissionsExt::mode(&item.metadata().expect("a file").permissions());
        found.push((item.file_name().to_string_lossy().into_owned(), mode & 0o777));
        if item.path().is_dir() {
            found.extend(modes_in(&item.path()));
        }
    }
    found.sort();
    found
}

/// Whatever is made of an archive is for the owner alone, by a user whose umask lets everybody read.
#[cfg(unix)]
#[test]
fn files_are_for_their_owner_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    sealed(here, None);
    let unfinished = begun(&here.join("other.zip"));
    let commands = [
        "repair incident.zip",
        "split incident.zip --size 1400KB",
        "analyze incident.zip -o reports/first",
        "repair other.zip.partial -o other.zip",
    ];
    for command in commands {
        let line = format!("umask 000; exec {} {command}", env!("CARGO_BIN_EXE_k8s-forensics"));
        Command::new("sh").args(["-c", &line]).current_dir(here).assert().code(0);
    }
    drop(unfinished);
    let modes = modes_in(here);
    let wrong: Vec<_> =
        modes.iter().filter(|(name, mode)| *mode != if name.contains('.') { 0o600 } else { 0o700 }).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(modes.len() >= 9, "{modes:?}");
}

/// The files without a name, which wait beside an archive, as the descriptors of this process show them.
#[cfg(target_os = "linux")]
#[test]
fn files_without_a_name_are_for_their_owner_alone() {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path().canonicalize().expect("a folder");
    let mut file = k8s_forensics::archive::Scratch::new(&here).file();
    file.write_all(&vec![0; 2 << 20]).expect("room on the disk");
    let descriptors = fs::read_dir("/proc/self/fd").expect("descriptors").flatten();
    let waiting = descriptors.filter(|one| fs::read_link(one.path()).is_ok_and(|target| target.starts_with(&here)));
    let modes: Vec<u32> =
        waiting.map(|one| fs::metadata(one.path()).expect("a file").permissions().mode() & 0o777).collect();
    assert_eq!(modes, [0o600]);
    assert_eq!(fs::read_dir(&here).expect("a folder").count(), 0, "it has a name");
}

/// Rows of the tables of attacks: what is tried, what answers, and the tests.
fn attacks() -> Vec<[String; 3]> {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md")).expect("SECURITY.md");
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let cells =
        rows.map(|row| row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
    let attacks = cells.filter_map(|cells| <[String; 3]>::try_from(cells).ok());
    attacks.filter(|[tries, ..]| !tries.ends_with(" tries") && !tries.ends_with(" try")).collect()
}

/// The names of all tests: functions that are marked as one, stand in a `proptest!`, or are listed by the live tests.
fn tests_of_the_tree() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut names, mut pending) = (BTreeSet::new(), vec![root.join("src"), root.join("tests")]);
    let listed = Regex::new(r#"\("[a-z_]+::([a-z_0-9]+)", "#).expect("a fixed pattern");
    let function = Regex::new(r"^\s*(?:pub )?(?:async )?fn ([a-z_0-9]+)\(").expect("a fixed pattern");
    while let Some(folder) = pending.pop() {
        for item in fs::read_dir(folder).expect("a folder").flatten() {
            let path = item.path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            if path.ends_with("tests/live/main.rs") {
                names.extend(listed.captures_iter(&text).map(|found| found[1].to_owned()));
            }
            let is_marker = |line: &str| line.contains("test]") || line.trim_start().starts_with("proptest!");
            let mut is_test = false;
            for line in text.lines().filter(|_| path.extension().is_some_and(|ending| ending == "rs")) {
                is_test |= is_marker(line);
                if let Some(found) = function.captures(line).filter(|_| is_test) {
                    names.insert(found[1].to_owned());
                    is_test = false;
                }
            }
        }
    }
    names
}

#[test]
fn every_attack_has_a_test_or_says_that_it_has_none() {
    let (attacks, tests) = (attacks(), tests_of_the_tree());
    assert!(attacks.len() > 45 && tests.len() > 300, "{} attacks, {} tests", attacks.len(), tests.len());
    let mut wrong = Vec::new();
    for [tries, answers, tested] in &attacks {
        let names: Vec<&str> = tested.split('`').skip(1).step_by(2).collect();
        let is_open = tested == "not answered";
        if is_open != answers.starts_with("not answered: ") {
            wrong.push(format!("{tries}: one cell says that it is not answered, the other does not"));
        }
        if names.is_empty() && !is_open && !tested.starts_with("no test: ") {
            wrong.push(format!("{tries}: no test, and no word on why"));
        }
        wrong
            .extend(names.iter().filter(|name| !tests.contains(**name)).map(|name| format!("{tries}: no test {name}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
