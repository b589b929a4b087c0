//! Writes an archive front to back, so that whatever is finished survives whatever happens next.
//!
//! Entries are compressed where they come from ([`EntryBuilder`], any thread) and appended here, one after another,
//! by a single owner. The file is called `NAME.partial` until [`ArchiveWriter::seal`] renames it. The writer never
//! replaces a file unless told to.

mod container;
pub(in crate::archive) mod entry;
mod notes;
mod output;
pub(in crate::archive) mod signature;
mod spool;
pub(in crate::archive) mod sums;

use crate::archive::coverage::Coverage;
use crate::archive::error::ArchiveError;
use crate::archive::format::{Act, Header, ManifestEntry, Outcome, Planned, Redaction};
use crate::archive::layout;
use crate::archive::records::Packed;
use container::Container;
use entry::{Content, EntryBuilder, PreparedEntry, Target};
use notes::Notes;
use serde::Serialize;
use signature::SigningKey;
use spool::{Sequence, Sorted, Spool};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Finished entries reach the disk at least this often.
const SYNC_EVERY: Duration = Duration::from_secs(2);
/// What is said about them is in the file after this time, where a kill of this program does not reach it.
const NOTE_EVERY: Duration = Duration::from_millis(500);

/// How many unfinished files of one name may lie about.
const SIBLINGS: u32 = 100;

/// An archive being written. Dropped without [`seal`](Self::seal), it leaves `NAME.partial` with all finished entries.
pub struct ArchiveWriter {
    zip: Container,
    target: Target,
    path: PathBuf,
    partial: PathBuf,
    entries: Spool<ManifestEntry>,
    notes: Notes,
    noted: Instant,
    synced: Instant,
}

/// What [`ArchiveWriter::seal`] made.
#[derive(Clone, Debug)]
pub struct Sealed {
    pub path: PathBuf,
    pub bytes: u64,
    /// The hash over all entries, as in the manifest.
    pub sha256: String,
    /// How the planned items ended; the archive has the outcome of each.
    pub coverage: Coverage,
}

impl ArchiveWriter {
    /// Creates `PATH.partial` (mode 0600), to become `path`, with the top folder of `target`.
    ///
    /// Fails if either exists, unless `replace`: then the file at `path` is left alone until the new one is sealed,
    /// and what a run that was ended has left as `PATH.partial` stays beside it.
    pub fn create(path: &Path, target: Target, replace: bool) -> Result<Self, ArchiveError> {
        if path.exists() && !replace {
            return Err(ArchiveError::Exists { path: path.to_owned() });
        }
        let tries = if replace { SIBLINGS } else { 1 };
        let mut exists = ArchiveError::Exists { path: path.to_owned() };
        for number in 1..=tries {
            let partial =
                with_ending(path, &if number == 1 { ".partial".to_owned() } else { format!(".{number}.partial") });
            match Self::create_as(path, partial, target.clone()) {
                Err(error @ ArchiveError::Exists { .. }) => exists = error,
                other => return other,
            }
        }
        Err(exists)
    }

    /// As [`create`](Self::create), for a file that is made from another, which may be the one called `PATH.partial`.
    pub(in crate::archive) fn create_beside(path: &Path, target: Target, replace: bool) -> Result<Self, ArchiveError> {
        if path.exists() && !replace {
            return Err(ArchiveError::Exists { path: path.to_owned() });
        }
        let partial = with_ending(path, ".new.partial");
        // What a run that was ended has left there can be made again from the same file.
        match std::fs::remove_file(&partial) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                Err(ArchiveError::Io { action: "remove", path: partial, source })
            }
            _ => Self::create_as(path, partial, target),
        }
    }

    fn create_as(path: &Path, partial: PathBuf, target: Target) -> Result<Self, ArchiveError> {
        let zip = Container::create(&partial, &target).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => ArchiveError::Exists { path: partial.clone() },
            _ => ArchiveError::Io { action: "create", path: partial.clone(), source },
        })?;
        let (entries, notes) = (Spool::new(target.scratch()), Notes::new(target.scratch()));
        Ok(Self {
            zip,
            target,
            path: path.to_owned(),
            partial,
            entries,
            notes,
            noted: Instant::now(),
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
        let redactions = entry.redactions.clone();
        let path = entry.path().to_owned();
        self.push(entry)?;
        for (rule, count) in redactions {
            self.redaction(&Redaction { rule, entry: path.clone(), count })?;
        }
        self.sync_if_due()
    }

    /// Gives the path of every entry that is there to `take`, in the order they came.
    pub(in crate::archive) fn each_entry(&mut self, mut take: impl FnMut(String)) -> Result<(), ArchiveError> {
        let read = self.entries.each(|entry| {
            take(entry.path);
            Ok(())
        });
        read.map_err(|error| self.waiting(error))
    }

    /// Appends an entry as another archive has it packed; `manifest` tells of its content.
    pub(in crate::archive) fn adopt(
        &mut self,
        packed: Packed,
        data: &mut dyn Read,
        manifest: ManifestEntry,
    ) -> Result<(), ArchiveError> {
        self.put(packed, data, manifest)?;
        self.sync_if_due()
    }

    /// The outcomes noted so far, as `change` has them. What was written of them in parts stays as it is.
    pub(in crate::archive) fn change_outcomes(
        &mut self,
        change: impl Fn(Outcome) -> Outcome,
    ) -> Result<(), ArchiveError> {
        let mut changed = Spool::new(self.target.scratch());
        let read = self.notes.all_outcomes.each(|outcome| changed.push(&change(outcome)));
        read.map_err(|error| self.waiting(error))?;
        self.notes.all_outcomes = changed;
        Ok(())
    }

    /// Notes an item that is to be asked for; it is in the file before the next entry.
    pub fn planned(&mut self, item: &Planned) -> Result<(), ArchiveError> {
        self.notes.plan(item).map_err(|error| self.waiting(error))
    }

    /// Notes how a planned item ended.
    pub fn outcome(&mut self, outcome: &Outcome) -> Result<(), ArchiveError> {
        let said = self.target.redactor().filter(|_| !outcome.why.is_empty());
        let clean = said.map(|redactor| Outcome { why: redactor.text(&outcome.why), ..outcome.clone() });
        self.notes.outcome(clean.as_ref().unwrap_or(outcome)).map_err(|error| self.waiting(error))?;
        self.sync_if_due()
    }

    /// Notes that `redaction.count` values were left out.
    pub fn redaction(&mut self, redaction: &Redaction) -> Result<(), ArchiveError> {
        self.notes.redaction(redaction).map_err(|error| self.waiting(error))
    }

    /// Notes what was done to the archive as a whole.
    pub fn act(&mut self, act: Act) {
        self.notes.acts.push(act);
    }

    /// Writes what was noted if the last time was half a second ago, and brings everything to the disk if that was
    /// two seconds ago. Call it while idle too.
    pub fn sync_if_due(&mut self) -> Result<(), ArchiveError> {
        if self.noted.elapsed() >= NOTE_EVERY {
            self.write_notes()?;
            self.noted = Instant::now();
        }
        if self.synced.elapsed() >= SYNC_EVERY {
            self.zip.file().sync_data().map_err(|error| self.io("sync", error))?;
            self.synced = Instant::now();
        }
        Ok(())
    }

    /// Writes outcomes, redactions, custody, sums and manifest, ends the zip, and gives the file its name.
    ///
    /// With a key, the sums are signed.
    pub fn seal(mut self, key: Option<&SigningKey>) -> Result<Sealed, ArchiveError> {
        let fresh = Notes::new(self.target.scratch());
        let Notes { all_outcomes, all_redactions, acts, .. } = std::mem::replace(&mut self.notes, fresh);
        let coverage = self.outcomes(all_outcomes)?;
        let redactions = all_redactions.sorted(|redaction| redaction).map_err(|error| self.waiting(error))?;
        self.json(layout::REDACTIONS, &Redactions { redactions: redactions.sequence() })?;
        self.custody(&acts)?;
        let entries = std::mem::replace(&mut self.entries, Spool::new(self.target.scratch()));
        let mut entries = entries.sorted(|entry| entry.path).map_err(|error| self.waiting(error))?;
        let sha256 = self.sums(&mut entries, key)?;
        self.json(layout::MANIFEST, &Manifest { sha256: &sha256, entries: entries.sequence() })?;
        let (path, bytes) = self.end()?;
        Ok(Sealed { path, bytes, sha256, coverage })
    }

    /// Writes the outcomes in order of source and subject, and sums them up.
    fn outcomes(&mut self, all: Spool<Outcome>) -> Result<Coverage, ArchiveError> {
        let mut coverage = Coverage::default();
        let sorted = all.sorted(|outcome| {
            coverage.add(&outcome);
            (outcome.source, outcome.subject)
        });
        let mut sorted = sorted.map_err(|error| self.waiting(error))?;
        let mut builder = EntryBuilder::as_it_is(&self.target, layout::OUTCOMES, Content::Json)?;
        let written = sorted.lines(|line| builder.write_all(line));
        written.map_err(|error| self.waiting(error))?;
        self.push(builder.finish()?)?;
        Ok(coverage)
    }

    fn custody(&mut self, acts: &[Act]) -> Result<(), ArchiveError> {
        let mut text = Vec::new();
        for act in acts {
            text.extend(spool::line(act).map_err(|error| self.waiting(error))?);
        }
        self.text(layout::CUSTODY, &text)
    }

    /// Writes the sums, and signs them if there is a key. Gives the hash of them all.
    fn sums(&mut self, entries: &mut Sorted<ManifestEntry>, key: Option<&SigningKey>) -> Result<String, ArchiveError> {
        let mut builder = EntryBuilder::as_it_is(&self.target, layout::SUMS, Content::Json)?;
        let mut signed = key.map(|key| (key, String::new()));
        let read = entries.each(|entry| {
            let line = sums::line(&entry);
            if let Some((_, text)) = &mut signed {
                text.push_str(&line);
            }
            builder.write_all(line.as_bytes())
        });
        read.map_err(|error| self.waiting(error))?;
        let prepared = builder.finish()?;
        let sha256 = prepared.manifest.sha256.clone();
        self.push(prepared)?;
        if let Some((key, text)) = signed {
            self.text(layout::SIGNATURE, key.sign(text.as_bytes())?.as_bytes())?;
        }
        Ok(sha256)
    }

    /// Ends the zip as it is, and gives the file its name. Gives that and its size.
    pub(in crate::archive) fn end(self) -> Result<(PathBuf, u64), ArchiveError> {
        let (path, partial) = (self.path, self.partial);
        let failed = |action, source| ArchiveError::Io { action, path: partial.clone(), source };
        let file = self.zip.finish().map_err(|error| failed("end", error))?;
        file.sync_all().map_err(|error| failed("sync", error))?;
        let bytes = file.metadata().map_err(|error| failed("look at", error))?.len();
        std::fs::rename(&partial, &path).map_err(|error| failed("rename", error))?;
        container::sync_folder_of(&path).map_err(|source| ArchiveError::Io {
            action: "sync",
            path: path.clone(),
            source,
        })?;
        Ok((path, bytes))
    }

    fn write_planned(&mut self) -> Result<(), ArchiveError> {
        let part = self.notes.planned.part();
        part.map_or(Ok(()), |(path, text)| self.text(&path, &text))
    }

    fn write_notes(&mut self) -> Result<(), ArchiveError> {
        let parts = [self.notes.planned.part(), self.notes.redactions.part(), self.notes.outcomes.part()];
        parts.into_iter().flatten().try_for_each(|(path, text)| self.text(&path, &text))
    }

    fn json(&mut self, path: &str, value: &impl serde::Serialize) -> Result<(), ArchiveError> {
        self.push(json_entry(&self.target, path, value)?)
    }

    fn text(&mut self, path: &str, bytes: &[u8]) -> Result<(), ArchiveError> {
        let mut entry = EntryBuilder::as_it_is(&self.target, path, Content::Json)?;
        entry.write(bytes)?;
        self.push(entry.finish()?)
    }

    fn push(&mut self, entry: PreparedEntry) -> Result<(), ArchiveError> {
        let PreparedEntry { mut data, packed, manifest, .. } = entry;
        self.put(packed, &mut data, manifest)
    }

    fn put(&mut self, packed: Packed, data: &mut dyn Read, manifest: ManifestEntry) -> Result<(), ArchiveError> {
        let name = self.target.full(&manifest.path);
        self.zip.append(&name, self.target.modified, packed, data).map_err(|error| self.io("write", error))?;
        self.entries.push(&manifest).map_err(|error| self.waiting(error))
    }

    /// What is to be said when records that wait beside the archive cannot be written or read.
    fn waiting(&self, source: io::Error) -> ArchiveError {
        ArchiveError::Io { action: "keep records beside", path: self.partial.clone(), source }
    }

    fn io(&self, action: &'static str, source: io::Error) -> ArchiveError {
        ArchiveError::Io { action, path: self.partial.clone(), source }
    }
}

/// [`Manifest`](crate::archive::format::Manifest), its entries not in memory.
#[derive(Serialize)]
struct Manifest<'a> {
    sha256: &'a str,
    entries: Sequence<ManifestEntry>,
}

/// [`Redactions`](crate::archive::format::Redactions), likewise.
#[derive(Serialize)]
struct Redactions {
    redactions: Sequence<Redaction>,
}

/// A record as an entry of its own.
pub(in crate::archive) fn json_entry(
    target: &Target,
    path: &str,
    value: &impl serde::Serialize,
) -> Result<PreparedEntry, ArchiveError> {
    let mut builder = EntryBuilder::as_it_is(target, path, Content::Json)?;
    let mut out = BufWriter::new(&mut builder);
    let written = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
    let written = written.and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush());
    drop(out);
    written.map_err(|error| ArchiveError::Entry { entry: path.to_owned(), why: error.to_string() })?;
    builder.finish()
}

/// What the top folder of an archive at `path` is called: the file's name without its endings.
pub(crate) fn top_folder(path: &Path) -> String {
    let plain = path.extension().is_some_and(|ending| ending == "age").then(|| path.with_extension(""));
    let stem = plain.as_deref().unwrap_or(path).file_stem();
    stem.map_or_else(|| "archive".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut longer = path.as_os_str().to_owned();
    longer.push(ending);
    PathBuf::from(longer)
}
