//! The hashes of an archive's entries, as the manifest and as `sha256sum -c` reads them.

use crate::archive::format::{Manifest, ManifestEntry};
use crate::archive::hash::hex;
use sha2::{Digest, Sha256};

/// The same hashes twice.
pub(in crate::archive) struct Sums {
    /// One line `SHA256  PATH` an entry, in order of path: `meta/SHA256SUMS`.
    pub text: String,
    /// Its `sha256` is that of `text`.
    pub manifest: Manifest,
}

pub(in crate::archive) fn of(mut entries: Vec<ManifestEntry>) -> Sums {
    entries.sort();
    let text: String = entries.iter().map(|entry| line(&entry.sha256, &entry.path)).collect();
    let manifest = Manifest { sha256: hex(&Sha256::digest(text.as_bytes())), entries };
    Sums { text, manifest }
}

/// As sha256sum prints it. Our paths hold neither a backslash nor a line break, which it would escape.
pub(in crate::archive) fn line(sha256: &str, path: &str) -> String {
    format!("{sha256}  {path}\n")
}
