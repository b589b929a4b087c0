//! An input some of whose entries are given in another form: what they are turned into lies in a file without a name,
//! and is read like any other entry.

use super::index::{EntryRecord, RAW};
use super::{Archive, Inside, entry_error};
use crate::archive::error::{ArchiveError, Hostile};
use crate::archive::scratch::{Scratch, ScratchFile};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

/// Bytes that are held in memory; what is more waits on the disk.
const IN_MEMORY: usize = 16 << 20;

/// What entries are turned into, one after the other.
pub(crate) struct Rewriting<'a> {
    files: &'a Archive,
    scratch: ScratchFile,
    written: u64,
    /// Entries with the path of the new one, where it begins and how long it is.
    texts: Vec<(String, String, u64, u64)>,
}

impl Archive {
    /// Whether it is anything but an archive of ours.
    pub(crate) fn is_foreign(&self) -> bool {
        self.inside.index.is_foreign()
    }

    /// Gives `read` an entry as a file in a folder of its own, for libraries that read nothing else. Only its owner may
    /// look there, and both are gone afterwards.
    pub(crate) fn with_file<T>(
        &self,
        entry: &str,
        name: &str,
        read: impl FnOnce(&Path) -> T,
    ) -> Result<T, ArchiveError> {
        let failed = |error: io::Error| entry_error(entry, error);
        let folder = tempfile::tempdir().map_err(failed)?;
        let path = folder.path().join(name);
        let mut file = File::create_new(&path).map_err(failed)?;
        self.with_reader(entry, |reader| io::copy(reader, &mut file).map(drop))?;
        drop(file);
        Ok(read(folder.path()))
    }
}

impl<'a> Rewriting<'a> {
    pub fn of(files: &'a Archive) -> Self {
        Self { files, scratch: Scratch::of_system().file_with(IN_MEMORY), written: 0, texts: Vec::new() }
    }

    /// Has `write` write what stands for `entry` from now on, at `path`; several may stand for one. Where it fails, the
    /// entry stays as it is.
    pub fn text<T>(
        &mut self,
        entry: &str,
        path: &str,
        write: impl FnOnce(&mut dyn Write) -> Result<T, ArchiveError>,
    ) -> Result<T, ArchiveError> {
        let failed = |error: io::Error| entry_error(entry, error);
        let start = self.written;
        let most = self.files.limits().entry_bytes.min(self.files.limits().total_bytes.saturating_sub(start));
        let mut out = Bounded { out: &mut self.scratch, bytes: 0, most };
        let result = write(&mut out);
        let bytes = out.bytes;
        if result.is_ok() {
            self.written += bytes;
            self.texts.push((entry.to_owned(), path.to_owned(), start, bytes));
        } else {
            self.scratch.seek(SeekFrom::Start(start)).map_err(failed)?;
        }
        result
    }

    /// The input with the new entries in place of theirs.
    pub fn finish(self) -> Result<Archive, ArchiveError> {
        if self.texts.is_empty() {
            return Ok(self.files.clone());
        }
        let failed = |error: io::Error| entry_error("", error);
        let inside = &self.files.inside;
        let mut index = inside.index.clone();
        let shared = self.scratch.into_shared(self.written).map_err(failed)?;
        let refused = |what: Hostile| entry_error("", what);
        let number =
            index.add_file(shared).ok_or_else(|| refused(Hostile::TooManyEntries { limit: usize::from(u16::MAX) }))?;
        let mut texts = self.texts;
        texts.sort();
        let mut records = Vec::new();
        index.retain(|path, record| {
            let at = texts.partition_point(|(entry, ..)| entry.as_str() < path);
            let own = texts.get(at..).unwrap_or_default().iter().take_while(|(entry, ..)| entry == path);
            let before = records.len();
            records.extend(own.map(|(_, path, start, bytes)| {
                let text = EntryRecord {
                    offset: *start,
                    packed: *bytes,
                    method: RAW,
                    file: number,
                    ..EntryRecord::new(*bytes)
                };
                (path.clone(), EntryRecord { written: record.written, ..text })
            }));
            records.len() == before
        });
        for (path, record) in records {
            index.add_below(&path, record, &inside.limits).map_err(refused)?;
        }
        let mut anomalies = inside.anomalies.clone();
        index.sorted_last(&mut anomalies);
        let (store, name) = (Arc::clone(&inside.store), inside.name.clone());
        let (limits, condition) = (inside.limits, inside.condition.clone());
        let inside = Inside { store, index, name, limits, condition, anomalies };
        Ok(Archive { inside: Arc::new(inside), hides_credentials: self.files.hides_credentials })
    }
}

/// Writes up to `most` bytes.
struct Bounded<'a> {
    out: &'a mut ScratchFile,
    bytes: u64,
    most: u64,
}

impl Write for Bounded<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.saturating_add(bytes.len() as u64) > self.most {
            return Err(io::Error::other(format!("it comes to more than {} bytes", self.most)));
        }
        let count = self.out.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
