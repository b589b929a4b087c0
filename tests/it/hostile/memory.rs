//! Opening takes a bounded amount of memory, whatever the file: measured in a process of its own.

use super::craft::Item;
use k8s_forensics::archive::{Archive, ArchiveError, Hostile};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

const FILE: &str = "K8SF_HOSTILE_FILE";
/// What opening may take, in KiB.
const MOST: u64 = 64 << 10;

/// A zip of `count` entries with paths of 67 bytes; one path, and as many lies about it, if `is_lying`.
fn huge(folder: &Path, count: u32, is_lying: bool) -> PathBuf {
    let path = folder.join(format!("{count}.zip"));
    let mut out = BufWriter::new(File::create(&path).expect("a file"));
    let (mut offset, mut entries) = (0_u32, 0_u32);
    let mut directory = BufWriter::new(File::create(folder.join("directory")).expect("a file"));
    let name = |at: u32| if at == 0 { "a/meta/archive.json".to_owned() } else { format!("a/{at:065}") };
    let sample = super::craft::zip_with(&[Item::stored("", b"")], |_| {}, |_| Vec::new());
    for at in 0..count {
        let name = name(at);
        let mut central = sample[30..76].to_vec();
        central[28..30].copy_from_slice(&(name.len() as u16).to_le_bytes());
        central[42..46].copy_from_slice(&offset.to_le_bytes());
        directory.write_all(&[&central[..], name.as_bytes()].concat()).expect("space");
        entries += 1;
        if !is_lying || at == 0 {
            let mut local = sample[..30].to_vec();
            local[26..28].copy_from_slice(&(name.len() as u16).to_le_bytes());
            let local = [&local[..], name.as_bytes()].concat();
            out.write_all(&local).expect("space");
            offset += local.len() as u32;
        }
    }
    directory.into_inner().expect("space");
    let mut directory = File::open(folder.join("directory")).expect("the file");
    let bytes = std::io::copy(&mut directory, &mut out).expect("space");
    let (bytes, offset) = (bytes, u64::from(offset));
    out.write_all(&super::craft::zip64(entries.into(), bytes, offset, bytes + offset)).expect("space");
    out.write_all(b"PK\x05\x06\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0").expect("space");
    path
}

/// What a process of its own needs to open `path`, in KiB, and what came of it.
fn opened_elsewhere(path: &Path) -> (u64, String) {
    let test = std::env::current_exe().expect("a test binary");
    let name = "hostile::memory::opens_what_it_is_told";
    let child = Command::new(test).args(["--exact", name, "--nocapture"]).env(FILE, path).output().expect("a child");
    let text = String::from_utf8_lossy(&child.stdout).into_owned();
    let line = text.lines().find_map(|line| line.split_once("took ")).unwrap_or_else(|| panic!("{text}")).1;
    let (took, came) = line.split_once(" KiB: ").expect("a number");
    (took.parse().expect("a number"), came.to_owned())
}

/// The most memory this process ever had, in KiB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}

/// The other side of [`opened_elsewhere`]; does nothing in an ordinary run.
#[test]
fn opens_what_it_is_told() {
    let Some(path) = std::env::var_os(FILE) else { return };
    let before = peak();
    let came = match Archive::open(Path::new(&path)) {
        Ok(archive) => format!("{} entries, {} anomalies", archive.entries().count(), archive.anomalies().len()),
        Err(ArchiveError::Hostile { what: Hostile::TooManyEntries { .. }, .. }) => "too many".to_owned(),
        Err(error) => error.to_string(),
    };
    println!("took {} KiB: {came}", peak() - before);
}

#[cfg(target_os = "linux")]
#[test]
fn opening_takes_little_memory_whatever_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = |path: &Path, wanted: &str| {
        let (took, came) = opened_elsewhere(path);
        println!("{}: {took} KiB, {came}", path.file_name().expect("a name").to_string_lossy());
        assert!(came.starts_with(wanted), "{came}");
        assert!(took < MOST, "{took} KiB to open a hostile file");
    };
    check(&huge(folder.path(), 1_000_000, true), "too many");
    let most = huge(folder.path(), 250_000, false);
    check(&most, "250000 entries, 0 anomalies");
    // The same without its directory.
    let file = File::options().write(true).open(&most).expect("the file");
    file.set_len(most.metadata().expect("the file").len() - 30).expect("a cut");
    check(&most, "250000 entries, 1 anomalies");
    check(&huge(folder.path(), 250_000, true), "");
}
