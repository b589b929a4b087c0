//! SECURITY.md names a test for every attack that it says is answered: each must exist. And what no other file tests of
//! it.

use crate::made::{begun, sealed};
use assert_cmd::Command;
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
