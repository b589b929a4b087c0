//! What of an upload has arrived, kept beside the file so that a later run sends the rest only.
//!
//! It helps where it is there: without it, or where it is of another file or place, an upload begins anew.

use super::package::Item;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The most that is read of one: a hundred bytes or so for each of ten thousand parts.
const MOST: u64 = 4 << 20;

/// An upload in parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unfinished {
    /// Where it goes, as an address.
    pub to: String,
    pub sha256: String,
    pub bytes: u64,
    /// Bytes of each part but the last.
    pub part: u64,
    /// The store's name for it.
    pub id: String,
    /// The store's name for each part that arrived, in order.
    pub parts: Vec<String>,
}

impl Unfinished {
    /// One that has just begun.
    pub fn new(item: &Item, to: &str, part: u64, id: String) -> Self {
        Self { to: to.to_owned(), sha256: item.sum.sha256.clone(), bytes: item.bytes, part, id, parts: Vec::new() }
    }

    /// That of a file to a place, if there is one.
    pub fn find(item: &Item, to: &str) -> Option<Self> {
        let path = place(&item.path);
        let is_small = fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.len() <= MOST);
        let found: Self = serde_json::from_slice(&fs::read(&path).ok().filter(|_| is_small)?).ok()?;
        let is_sound = found.part > 0 && (found.parts.len() as u64).saturating_sub(1) <= found.bytes / found.part;
        let is_same = found.to == to && found.sha256 == item.sum.sha256 && found.bytes == item.bytes;
        (is_same && is_sound).then_some(found)
    }

    /// Keeps it in place of what was kept before.
    pub fn keep(&self, file: &Path) -> io::Result<()> {
        let path = place(file);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut kept = tempfile::NamedTempFile::new_in(folder)?;
        kept.write_all(&serde_json::to_vec(self)?)?;
        kept.persist(&path)?;
        Ok(())
    }

    /// Removes what is kept of a file.
    pub fn forget(file: &Path) {
        // It is no harm if it stays: it is of an upload that the store does not know any more.
        let _ = fs::remove_file(place(file));
    }
}

fn place(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    file.with_file_name(format!(".{name}.k8s-forensics-upload"))
}
