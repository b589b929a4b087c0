//! Repairs any bytes that open as an archive. What comes out is sound, and holds every entry that could be read.

#![no_main]

use k8s_forensics::archive::verify::verify;
use k8s_forensics::archive::{self, Archive, Limits, RewriteOptions, layout};
use libfuzzer_sys::fuzz_target;
use std::path::Path;

const LIMITS: Limits = Limits {
    entries: 200,
    entry_bytes: 1 << 20,
    total_bytes: 4 << 20,
    ratio: 1100,
    path_bytes: 200,
    path_depth: 8,
    all_path_bytes: 4096,
    line_bytes: 4096,
    record_bytes: 1 << 18,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(older) = Archive::from_bytes_with(bytes.to_vec(), "fuzz.zip", LIMITS) else { return };
    // Memory where there is such a folder: thousands of files a second come and go.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    let folder = folder.expect("a folder");
    let path = folder.path().join("repaired.zip");
    let began_at = older.header().map(|header| header.started_at).unwrap_or_default();
    let options = RewriteOptions { path: &path, replace: false, tool: "fuzz", began_at, key: None, recipients: None };
    let Ok(rewritten) = archive::repair(&older, &options) else {
        // Only an archive whose header is no header cannot be repaired.
        assert!(older.header().is_err());
        return;
    };
    let newer = Archive::open(&path).expect("what was repaired opens");
    let verdict = verify(&newer, None, 1);
    assert!(verdict.is_sound(), "{verdict:?}");
    for entry in older.entries().filter(|entry| !layout::is_rewritten(entry)) {
        let read = (older.read(entry, u64::MAX), newer.read(entry, u64::MAX));
        match read {
            (Ok(old), Ok(new)) => assert_eq!(old, new),
            (Ok(_), Err(error)) => panic!("{entry} could be read, and now: {error}"),
            (Err(_), _) => assert!(rewritten.lost.contains_key(entry)),
        }
    }
});
