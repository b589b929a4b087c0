//! The hashes of an archive's entries as `sha256sum -c` reads them.

use crate::archive::format::ManifestEntry;

/// One line of `meta/SHA256SUMS`. Our paths hold neither a backslash nor a line break, which sha256sum would escape.
pub(in crate::archive) fn line(entry: &ManifestEntry) -> String {
    format!("{}  {}\n", entry.sha256, entry.path)
}
