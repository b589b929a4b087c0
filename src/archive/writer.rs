//! Writes an archive front to back, so that whatever is finished survives whatever happens next.
//!
//! Entries are compressed where they come from ([`EntryBuilder`], any thread) and appended here, one after another,
//! by a single owner. The file is called `NAME.partial` until [`ArchiveWriter::seal`] renames it. The writer never
//! replaces a file unless told to.

use super::error::ArchiveError;
use super::format::{Header, Manifest, ManifestEntry, Outcome, Redaction, Redactions};
use super::layout;
use chrono::{DateTime, Datelike, Timelike, Utc};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zip::write::{SimpleFileOptions, ZipFileBuilder};
use zip::{CompressionMethod, ZipWriter};

/// Finished entries reach the disk at least this often.
const SYNC_EVERY: Duration = Duration::from_secs(2);

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

/// Compresses and hashes one entry as its bytes arrive. Dropping it loses the entry and nothing else.
pub struct EntryBuilder {
    path: String,
    zip: ZipFileBuilder,
    sha256: Sha256,
    bytes: u64,
}

impl EntryBuilder {
    /// Begins the entry `path` (below the top folder) of the archive `target`.
    pub fn new(target: &Target, path: impl Into<String>, content: Content) -> Result<Self, ArchiveError> {
        let path = path.into();
        let zip = ZipFileBuilder::new(format!("{}/{path}", target.top), target.options(content))
            .map_err(|error| ArchiveError::Entry { entry: path.clone(), why: error.to_string() })?;
        Ok(Self { path, zip, sha256: Sha256::new(), bytes: 0 })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.zip
            .write_all(bytes)
            .map_err(|error| ArchiveError::Entry { entry: self.path.clone(), why: error.to_string() })?;
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
        let zip =
            self.zip.finish().map_err(|error| ArchiveError::Entry { entry: path.clone(), why: error.to_string() })?;
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
    zip: zip::write::PreparedZipFile,
    manifest: ManifestEntry,
}

impl PreparedEntry {
    pub fn path(&self) -> &str {
        &self.manifest.path
    }

    pub fn bytes(&self) -> u64 {
        self.manifest.bytes
    }
}

/// What every entry of one archive has in common: its top folder and its time stamp.
#[derive(Clone, Debug)]
pub struct Target {
    top: String,
    modified: zip::DateTime,
}

impl Target {
    /// `top` is the top folder's name; `time` (UTC) becomes every entry's modification time.
    pub fn new(top: impl Into<String>, time: DateTime<Utc>) -> Self {
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
        Self { top: top.into(), modified }
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

/// An archive being written. Dropped without [`seal`](Self::seal), it leaves `NAME.partial` with all finished entries.
pub struct ArchiveWriter {
    zip: ZipWriter<File>,
    target: Target,
    path: PathBuf,
    partial: PathBuf,
    entries: Vec<ManifestEntry>,
    outcomes: Vec<Outcome>,
    flushed_outcomes: usize,
    outcome_parts: u32,
    redactions: Vec<Redaction>,
    synced: Instant,
}

/// What [`ArchiveWriter::seal`] made.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub path: PathBuf,
    pub bytes: u64,
    /// The hash over all entries, as in the manifest.
    pub sha256: String,
}

impl ArchiveWriter {
    /// Creates `PATH.partial` (mode 0600), to become `path`, with top folder `target`.
    ///
    /// Fails if either exists, unless `replace`; the existing file is left alone until the new one is sealed.
    pub fn create(path: &Path, target: Target, replace: bool) -> Result<Self, ArchiveError> {
        if path.exists() && !replace {
            return Err(ArchiveError::Exists { path: path.to_owned() });
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = create_private(&partial, replace).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => ArchiveError::Exists { path: partial.clone() },
            _ => ArchiveError::Io { action: "create", path: partial.clone(), source },
        })?;
        Ok(Self {
            zip: ZipWriter::new(file),
            target,
            path: path.to_owned(),
            partial,
            entries: Vec::new(),
            outcomes: Vec::new(),
            flushed_outcomes: 0,
            outcome_parts: 0,
            redactions: Vec::new(),
            synced: Instant::now(),
        })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Writes the first entry.
    pub fn header(&mut self, header: &Header) -> Result<(), ArchiveError> {
        self.json(layout::ARCHIVE, header)
    }

    /// Appends a finished entry; it is in the file when this returns, and on the disk within two seconds.
    pub fn append(&mut self, entry: PreparedEntry) -> Result<(), ArchiveError> {
        self.zip.add_prepared_file(entry.zip).map_err(|error| self.io("write", error.into()))?;
        self.entries.push(entry.manifest);
        self.sync_if_due()
    }

    /// Notes how a planned item ended.
    pub fn outcome(&mut self, outcome: Outcome) -> Result<(), ArchiveError> {
        self.outcomes.push(outcome);
        self.sync_if_due()
    }

    /// Notes that `redaction.count` values were left out.
    pub fn redaction(&mut self, redaction: Redaction) {
        self.redactions.push(redaction);
    }

    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// Brings entries and outcomes to the disk if the last time was two seconds ago. Call it while idle too.
    pub fn sync_if_due(&mut self) -> Result<(), ArchiveError> {
        if self.synced.elapsed() < SYNC_EVERY {
            return Ok(());
        }
        self.flush_outcomes()?;
        if let Some(file) = self.zip.get_ref() {
            file.sync_data().map_err(|error| self.io("sync", error))?;
        }
        self.synced = Instant::now();
        Ok(())
    }

    /// Writes outcomes, redactions and manifest, ends the zip, and gives the file its name.
    pub fn seal(mut self) -> Result<Sealed, ArchiveError> {
        let mut outcomes = std::mem::take(&mut self.outcomes);
        outcomes.sort_by(|a, b| (&a.source, &a.subject).cmp(&(&b.source, &b.subject)));
        self.text(layout::OUTCOMES, Content::Json, &json_lines(&outcomes))?;
        let mut redactions = std::mem::take(&mut self.redactions);
        redactions.sort();
        self.json(layout::REDACTIONS, &Redactions { redactions })?;
        let manifest = manifest(std::mem::take(&mut self.entries));
        let sha256 = manifest.sha256.clone();
        self.json(layout::MANIFEST, &manifest)?;
        let (path, partial) = (self.path, self.partial);
        let failed = |action, source| ArchiveError::Io { action, path: partial.clone(), source };
        let file = self.zip.finish().map_err(|error| failed("end", error.into()))?;
        file.sync_all().map_err(|error| failed("sync", error))?;
        let bytes = file.metadata().map_err(|error| failed("look at", error))?.len();
        std::fs::rename(&partial, &path).map_err(|error| failed("rename", error))?;
        Ok(Sealed { path, bytes, sha256 })
    }

    fn flush_outcomes(&mut self) -> Result<(), ArchiveError> {
        let new = self.outcomes.get(self.flushed_outcomes..).unwrap_or_default();
        if new.is_empty() {
            return Ok(());
        }
        let text = json_lines(new);
        self.flushed_outcomes = self.outcomes.len();
        self.outcome_parts += 1;
        self.text(&layout::outcomes_part(self.outcome_parts), Content::Json, &text)
    }

    fn json(&mut self, path: &str, value: &impl serde::Serialize) -> Result<(), ArchiveError> {
        let mut text = serde_json::to_vec_pretty(value)
            .map_err(|error| ArchiveError::Entry { entry: path.to_owned(), why: error.to_string() })?;
        text.push(b'\n');
        self.text(path, Content::Json, &text)
    }

    fn text(&mut self, path: &str, content: Content, bytes: &[u8]) -> Result<(), ArchiveError> {
        let entry = EntryBuilder::whole(&self.target, path, content, bytes)?;
        self.zip.add_prepared_file(entry.zip).map_err(|error| self.io("write", error.into()))?;
        self.entries.push(entry.manifest);
        Ok(())
    }

    fn io(&self, action: &'static str, source: std::io::Error) -> ArchiveError {
        ArchiveError::Io { action, path: self.partial.clone(), source }
    }
}

fn create_private(path: &Path, replace: bool) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    if replace {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn manifest(mut entries: Vec<ManifestEntry>) -> Manifest {
    entries.sort();
    let mut all = Sha256::new();
    for entry in &entries {
        all.update(format!("{}  {}\n", entry.sha256, entry.path));
    }
    Manifest { sha256: hex(&all.finalize()), entries }
}

fn json_lines<T: serde::Serialize>(items: &[T]) -> Vec<u8> {
    let mut text = Vec::new();
    for item in items {
        // A record of strings and numbers always serialises.
        if serde_json::to_writer(&mut text, item).is_ok() {
            text.push(b'\n');
        }
    }
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
