//! SHA-256, as everything in an archive is hashed.

use super::error::ArchiveError;
use super::format::ManifestEntry;
use super::read::Archive;
use sha2::{Digest, Sha256};
use std::io::Read;

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Size and hash of an entry's content. An error is one of its content.
pub(super) fn hashed(archive: &Archive, entry: &str, buffer: &mut [u8]) -> Result<ManifestEntry, ArchiveError> {
    let (sha256, bytes) = archive.with_reader(entry, |reader: &mut dyn Read| {
        let (mut sha256, mut bytes) = (Sha256::new(), 0);
        loop {
            let count = reader.read(buffer)?;
            if count == 0 {
                return Ok((sha256, bytes));
            }
            sha256.update(buffer.get(..count).unwrap_or_default());
            bytes += count as u64;
        }
    })?;
    Ok(ManifestEntry { path: entry.to_owned(), bytes, sha256: hex(&sha256.finalize()) })
}
