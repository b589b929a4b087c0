//! One entry on its way into an archive: compressed and hashed where its bytes come from, on any thread.
//!
//! A small entry waits in memory, a large one in a file without a name beside the archive, so that a log of any
//! size passes in bounded memory and nothing is left behind by a kill.

use crate::archive::error::ArchiveError;
use crate::archive::format::ManifestEntry;
use crate::archive::hash::hex;
use crate::archive::read::container::{self, View};
use crate::archive::read::shared_file::SharedFile;
use chrono::{DateTime, Datelike, Timelike, Utc};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::{SpooledData, SpooledTempFile};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Compressed bytes of an entry that are held in memory; what is more goes to the disk.
const IN_MEMORY: usize = 1 << 20;

/// What kind of text an entry is, which decides how hard it is compressed.
///
/// Measured on node logs with zlib-rs: level 3 packs within 5 % of `zip -6` at almost three times its speed, while
/// small JSON gains from level 6. Levels 1 and 9 are never worth it there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Log,
    Json,
}

impl Content {
    fn level(self) -> i64 {
        match self {
            Self::Log => 3,
            Self::Json => 6,
        }
    }
}

/// What every entry of one archive has in common: its top folder, its time stamp, and where it waits.
#[derive(Clone, Debug)]
pub struct Target {
    pub(in crate::archive) top: String,
    modified: zip::DateTime,
    folder: PathBuf,
}

impl Target {
    /// `top` is the top folder's name; `time` (UTC) becomes every entry's modification time; large entries wait in
    /// `folder`, best that of the archive, where there is room for them anyway.
    pub fn new(top: impl Into<String>, time: DateTime<Utc>, folder: &Path) -> Self {
        let part = |value: u32| u8::try_from(value).unwrap_or_default();
        let modified = zip::DateTime::from_date_and_time(
            u16::try_from(time.year()).unwrap_or(1980),
            part(time.month()),
            part(time.day()),
            part(time.hour()),
            part(time.minute()),
            part(time.second()),
        )
        .unwrap_or_default();
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Self { top: top.into(), modified, folder: folder.to_owned() }
    }

    /// `PATH` below the top folder, as it is called in the zip.
    pub(in crate::archive) fn full(&self, path: &str) -> String {
        format!("{}/{path}", self.top)
    }

    fn options(&self, content: Content) -> SimpleFileOptions {
        SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(content.level()))
            .last_modified_time(self.modified)
            .unix_permissions(0o600)
            .large_file(true)
    }
}

/// Compresses and hashes one entry as its bytes arrive. Dropping it loses the entry and nothing else.
pub struct EntryBuilder {
    path: String,
    // Boxed, because it is large and stands in many futures.
    zip: Box<ZipWriter<SpooledTempFile>>,
    sha256: Sha256,
    bytes: u64,
}

impl EntryBuilder {
    /// Begins the entry `path` (below the top folder) of the archive `target`.
    pub fn new(target: &Target, path: impl Into<String>, content: Content) -> Result<Self, ArchiveError> {
        let path = path.into();
        let mut zip = Box::new(ZipWriter::new(tempfile::spooled_tempfile_in(IN_MEMORY, &target.folder)));
        zip.start_file(target.full(&path), target.options(content)).map_err(|error| failed(&path, error))?;
        Ok(Self { path, zip, sha256: Sha256::new(), bytes: 0 })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.zip.write_all(bytes).map_err(|error| failed(&self.path, error))?;
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Bytes taken so far, before compression.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    pub fn finish(self) -> Result<PreparedEntry, ArchiveError> {
        let path = self.path;
        let spool = self.zip.finish().map_err(|error| failed(&path, error))?;
        let file = shared(spool).map_err(|error| failed(&path, error))?;
        // Its size was not known when it began, so it has wide fields, which the archive is to have where needed only.
        let view = container::view_of_own(&file).map_err(|error| failed(&path, error))?;
        let zip = ZipArchive::new(view).map_err(|error| failed(&path, error))?;
        let manifest = ManifestEntry { path, bytes: self.bytes, sha256: hex(&self.sha256.finalize()) };
        Ok(PreparedEntry { zip, manifest })
    }

    /// Begins, fills and finishes an entry in one call.
    pub fn whole(
        target: &Target,
        path: impl Into<String>,
        content: Content,
        bytes: &[u8],
    ) -> Result<PreparedEntry, ArchiveError> {
        let mut entry = Self::new(target, path, content)?;
        entry.write(bytes)?;
        entry.finish()
    }
}

/// A compressed entry on its way to the file.
pub struct PreparedEntry {
    /// A zip of this one entry.
    pub(in crate::archive) zip: ZipArchive<View>,
    pub(in crate::archive) manifest: ManifestEntry,
}

impl PreparedEntry {
    pub fn path(&self) -> &str {
        &self.manifest.path
    }

    /// Before compression.
    pub fn bytes(&self) -> u64 {
        self.manifest.bytes
    }
}

fn shared(spool: SpooledTempFile) -> std::io::Result<SharedFile> {
    Ok(match spool.into_inner() {
        SpooledData::InMemory(bytes) => SharedFile::of_bytes(bytes.into_inner().into()),
        SpooledData::OnDisk(file) => {
            let length = file.metadata()?.len();
            SharedFile::of_file(file, length)
        }
    })
}

fn failed(path: &str, error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Entry { entry: path.to_owned(), why: error.to_string() }
}
