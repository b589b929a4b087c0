//! Opens what is no archive of ours in the same way: loose files in a folder, or a text, read within the same limits.

use super::index::{EntryRecord, Index};
use super::limits::Limits;
use super::shared_file::SharedFile;
use super::soundness::{Anomalies, Condition};
use super::{Archive, Store, container, is_encrypted, plain_path, refused};
use crate::archive::encryption::Identities;
use crate::archive::error::{ArchiveError, Hostile};
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// Bytes by which a text is known: a zip has zeros in the first thirty.
const TEXT_BYTES: usize = 1 << 12;

impl Archive {
    /// Opens whatever is there, without asking whether it is an archive: a zip, a folder, or a text, which is an
    /// entry of its own.
    pub fn open_any(path: &Path, limits: Limits, who: Option<&Arc<Identities>>) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "open", path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.is_dir() {
            return Self::any_folder(path, limits);
        }
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        let file = SharedFile::of_file(file, metadata.len());
        match is_text(&file).map_err(io)? && !is_encrypted(&file).map_err(io)? {
            true => Self::plain(file, metadata.modified().ok(), path, limits),
            false => Self::open_as(path, limits, who),
        }
    }

    /// A text held in memory, as an entry of its own that was last written at `written`.
    pub fn text_from_bytes(
        bytes: impl Into<Cow<'static, [u8]>>,
        name: &str,
        written: SystemTime,
    ) -> Result<Self, ArchiveError> {
        Self::plain(SharedFile::of_bytes(bytes.into()), Some(written), Path::new(name), Limits::default())
    }

    fn plain(file: SharedFile, written: Option<SystemTime>, path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let refused = |what: Hostile| refused(path, "open", what.into());
        plain_path::checked_on_disk(&name, &limits).map_err(refused)?;
        let mut index = Index::default();
        index
            .add_below(&name, EntryRecord { packed: file.length(), ..EntryRecord::new(file.length()) }, &limits)
            .map_err(refused)?;
        Ok(Self::new(Store::Plain { file, written }, index, path, limits, (Condition::Unsealed, Anomalies::default())))
    }

    /// Whether it is a file that is no container.
    pub fn is_plain(&self) -> bool {
        matches!(self.inside.store, Store::Plain { .. })
    }

    /// What it may be at most.
    pub fn limits(&self) -> &Limits {
        &self.inside.limits
    }

    /// When the file that an entry is was last written, where it is one.
    pub fn modified(&self, entry: &str) -> Option<SystemTime> {
        match &self.inside.store {
            Store::Folder(root) => std::fs::metadata(root.join(entry)).ok()?.modified().ok(),
            Store::Plain { written, .. } => *written,
            Store::Zip { .. } => None,
        }
    }
}

/// Whether a file begins as a text and not as a zip: neither with the signature of one, cut or whole, nor with a zero.
fn is_text(file: &SharedFile) -> io::Result<bool> {
    let mut start = Vec::new();
    file.read_at(0, TEXT_BYTES, &mut start)?;
    let is_zip = start.starts_with(&container::LOCAL) || container::LOCAL.starts_with(&start);
    Ok(!is_zip && !start.contains(&0))
}
