//! Writes an archive front to back, so that whatever is finished survives whatever happens next.
//!
//! Entries are compressed where they come from ([`EntryBuilder`], any thread) and appended here, one after another,
//! by a single owner. The file is called `NAME.partial` until [`ArchiveWriter::seal`] renames it. The writer never
//! replaces a file unless told to.

use super::entry::{Content, EntryBuilder, PreparedEntry, Target};
use super::error::ArchiveError;
use super::format::{Act, Header, ManifestEntry, Outcome, Planned, Redaction, Redactions};
use super::layout;
use super::medium::{self, Medium};
use super::signature::SigningKey;
use super::sums;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use zip::ZipWriter;

/// Finished entries reach the disk at least this often.
const SYNC_EVERY: Duration = Duration::from_secs(2);

/// An archive being written. Dropped without [`seal`](Self::seal), it leaves `NAME.partial` with all finished entries.
pub struct ArchiveWriter {
    zip: ZipWriter<Medium>,
    target: Target,
    path: PathBuf,
    partial: PathBuf,
    entries: Vec<ManifestEntry>,
    notes: Notes,
    synced: Instant,
}

/// What is said about the entries, until it is written.
#[derive(Default)]
struct Notes {
    planned: Vec<Planned>,
    planned_parts: u32,
    outcomes: Vec<Outcome>,
    /// How many of them stand in parts.
    written_outcomes: usize,
    outcome_parts: u32,
    redactions: Vec<Redaction>,
    acts: Vec<Act>,
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
    /// Creates `PATH.partial` (mode 0600), to become `path`, with the top folder of `target`.
    ///
    /// Fails if either exists, unless `replace`; the existing file is left alone until the new one is sealed.
    pub fn create(path: &Path, target: Target, replace: bool) -> Result<Self, ArchiveError> {
        if path.exists() && !replace {
            return Err(ArchiveError::Exists { path: path.to_owned() });
        }
        let partial = partial(path);
        let medium = Medium::create(&partial, replace).map_err(|source| match source.kind() {
            std::io::ErrorKind::AlreadyExists => ArchiveError::Exists { path: partial.clone() },
            _ => ArchiveError::Io { action: "create", path: partial.clone(), source },
        })?;
        Ok(Self {
            zip: ZipWriter::new(medium),
            target,
            path: path.to_owned(),
            partial,
            entries: Vec::new(),
            notes: Notes::default(),
            synced: Instant::now(),
        })
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The file as it is called until it is sealed.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// Removes the file: nothing came that anybody wants.
    pub fn discard(self) -> Result<(), ArchiveError> {
        std::fs::remove_file(&self.partial).map_err(|error| self.io("remove", error))
    }

    /// Writes the first entry.
    pub fn header(&mut self, header: &Header) -> Result<(), ArchiveError> {
        self.json(layout::ARCHIVE, header)
    }

    /// Appends a finished entry; it is in the file when this returns, and on the disk within two seconds.
    pub fn append(&mut self, entry: PreparedEntry) -> Result<(), ArchiveError> {
        self.write_planned()?;
        self.push(entry)?;
        self.sync_if_due()
    }

    /// Whether an entry of this path is there.
    pub fn has(&self, path: &str) -> bool {
        self.entries.iter().any(|entry| entry.path == path)
    }

    /// Notes an item that is to be asked for; it is in the file before the next entry.
    pub fn planned(&mut self, item: Planned) {
        self.notes.planned.push(item);
    }

    /// Notes how a planned item ended.
    pub fn outcome(&mut self, outcome: Outcome) -> Result<(), ArchiveError> {
        self.notes.outcomes.push(outcome);
        self.sync_if_due()
    }

    /// Notes that `redaction.count` values were left out.
    pub fn redaction(&mut self, redaction: Redaction) {
        self.notes.redactions.push(redaction);
    }

    /// Notes what was done to the archive as a whole.
    pub fn act(&mut self, act: Act) {
        self.notes.acts.push(act);
    }

    pub fn outcomes(&self) -> &[Outcome] {
        &self.notes.outcomes
    }

    /// Brings entries and outcomes to the disk if the last time was two seconds ago. Call it while idle too.
    pub fn sync_if_due(&mut self) -> Result<(), ArchiveError> {
        if self.synced.elapsed() < SYNC_EVERY {
            return Ok(());
        }
        self.write_planned()?;
        self.write_outcomes()?;
        if let Some(medium) = self.zip.get_ref() {
            medium.file().sync_data().map_err(|error| self.io("sync", error))?;
        }
        self.synced = Instant::now();
        Ok(())
    }

    /// Writes outcomes, redactions, custody, sums and manifest, ends the zip, and gives the file its name.
    ///
    /// With a key, the sums are signed.
    pub fn seal(mut self, key: Option<&SigningKey>) -> Result<Sealed, ArchiveError> {
        self.write_planned()?;
        let mut notes = std::mem::take(&mut self.notes);
        notes.outcomes.sort_by(|a, b| (&a.source, &a.subject).cmp(&(&b.source, &b.subject)));
        self.text(layout::OUTCOMES, &json_lines(&notes.outcomes))?;
        notes.redactions.sort();
        self.json(layout::REDACTIONS, &Redactions { redactions: notes.redactions })?;
        self.text(layout::CUSTODY, &json_lines(&notes.acts))?;
        let sums = sums::of(std::mem::take(&mut self.entries));
        self.text(layout::SUMS, sums.text.as_bytes())?;
        if let Some(key) = key {
            self.text(layout::SIGNATURE, key.sign(sums.text.as_bytes())?.as_bytes())?;
        }
        self.json(layout::MANIFEST, &sums.manifest)?;
        self.end(sums.manifest.sha256)
    }

    fn end(self, sha256: String) -> Result<Sealed, ArchiveError> {
        let (path, partial) = (self.path, self.partial);
        let failed = |action, source| ArchiveError::Io { action, path: partial.clone(), source };
        let medium = self.zip.finish().map_err(|error| failed("end", error.into()))?;
        medium.file().sync_all().map_err(|error| failed("sync", error))?;
        let bytes = medium.file().metadata().map_err(|error| failed("look at", error))?.len();
        std::fs::rename(&partial, &path).map_err(|error| failed("rename", error))?;
        medium::sync_folder_of(&path).map_err(|source| ArchiveError::Io {
            action: "sync",
            path: path.clone(),
            source,
        })?;
        Ok(Sealed { path, bytes, sha256 })
    }

    fn write_planned(&mut self) -> Result<(), ArchiveError> {
        if self.notes.planned.is_empty() {
            return Ok(());
        }
        let text = json_lines(&std::mem::take(&mut self.notes.planned));
        self.notes.planned_parts += 1;
        self.text(&layout::planned_part(self.notes.planned_parts), &text)
    }

    fn write_outcomes(&mut self) -> Result<(), ArchiveError> {
        let new = self.notes.outcomes.get(self.notes.written_outcomes..).unwrap_or_default();
        if new.is_empty() {
            return Ok(());
        }
        let text = json_lines(new);
        self.notes.written_outcomes = self.notes.outcomes.len();
        self.notes.outcome_parts += 1;
        self.text(&layout::outcomes_part(self.notes.outcome_parts), &text)
    }

    fn json(&mut self, path: &str, value: &impl serde::Serialize) -> Result<(), ArchiveError> {
        let mut text = serde_json::to_vec_pretty(value)
            .map_err(|error| ArchiveError::Entry { entry: path.to_owned(), why: error.to_string() })?;
        text.push(b'\n');
        self.text(path, &text)
    }

    fn text(&mut self, path: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let entry = EntryBuilder::whole(&self.target, path, Content::Json, bytes)?;
        self.push(entry)
    }

    fn push(&mut self, entry: PreparedEntry) -> Result<(), ArchiveError> {
        let PreparedEntry { mut zip, manifest } = entry;
        let name = self.target.full(&manifest.path);
        self.copy(&mut zip, 0, &name)?;
        self.entries.push(manifest);
        Ok(())
    }

    /// Copies a compressed entry of another zip to the end of this one. What fails leaves the file as it was.
    fn copy<R: Read + Seek>(
        &mut self,
        from: &mut zip::ZipArchive<R>,
        index: usize,
        name: &str,
    ) -> Result<(), ArchiveError> {
        let end = self.zip.get_ref().and_then(|medium| medium.position().ok());
        let copied = from.by_index_raw(index).and_then(|entry| self.zip.raw_copy_file_rename(entry, name));
        copied.map_err(|error| {
            if let Some((medium, end)) = self.zip.get_ref().zip(end) {
                medium.cut_off(end);
            }
            self.io("write", error.into())
        })
    }

    fn io(&self, action: &'static str, source: std::io::Error) -> ArchiveError {
        ArchiveError::Io { action, path: self.partial.clone(), source }
    }
}

/// What the file of an archive is called until it is sealed.
pub fn partial(path: &Path) -> PathBuf {
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    PathBuf::from(partial)
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
