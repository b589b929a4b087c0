//! Opens any bytes as an archive and reads everything in it. Whatever they are, this ends soon, without a panic and
//! in little memory, and what is read has the size and CRC that were declared.

#![no_main]

use k8s_forensics::archive::{Archive, Limits};
use libfuzzer_sys::fuzz_target;

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
    let Ok(archive) = Archive::from_bytes_with(bytes.to_vec(), "fuzz.zip", LIMITS) else { return };
    let mut total = 0;
    for entry in archive.entries() {
        assert!(!entry.is_empty() && !entry.starts_with('/') && !entry.split('/').any(|part| part == ".."));
        let Ok(content) = archive.read(entry, u64::MAX) else { continue };
        total += content.len() as u64;
        assert_eq!(Some(content.len() as u64), archive.bytes_of(entry));
        let _ = archive.lines(entry, |_, line| line.len() <= LIMITS.line_bytes);
    }
    assert!(total <= LIMITS.total_bytes + 1024 * LIMITS.entries as u64);
    let _ = (archive.header(), archive.newer_minor(), archive.outcomes(), archive.manifest_sha256());
});
