//! Opens any bytes as whatever they are: a tar, a zip, packed or not, or one file. Whatever they are, this ends soon,
//! without a panic and in little memory, and what is read stays within the limits.

#![no_main]

use k8s_forensics::archive::{Archive, Limits};
use libfuzzer_sys::fuzz_target;
use std::time::UNIX_EPOCH;

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
    let Ok(archive) = Archive::any_from_bytes(bytes.to_vec(), "fuzz", UNIX_EPOCH, LIMITS) else { return };
    let mut total = 0;
    for entry in archive.entries() {
        assert!(!entry.is_empty() && !entry.starts_with('/') && !entry.split('/').any(|part| part == ".."));
        let Ok(content) = archive.read(entry, u64::MAX) else { continue };
        total += content.len() as u64;
        assert_eq!(Some(content.len() as u64), archive.bytes_of(entry));
        let _ = archive.lines(entry, |_, line| line.len() <= LIMITS.line_bytes);
    }
    // A zip's own limit allows each entry 1024 bytes beyond its ratio.
    assert!(total <= 2 * LIMITS.total_bytes + 1024 * LIMITS.entries as u64);
});
