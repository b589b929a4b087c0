//! Opens an archive: a zip, an unpacked folder, or bytes. Everything in it is untrusted.
//!
//! Nothing is unpacked. Entries are read as streams of lines with a bound on the length of each, and limits are
//! checked on the directory before any content is touched. Opening refuses what breaks a limit or could harm; damage
//! is named, and a single broken entry is an error of that entry only.

mod any;
mod blocks;
pub(in crate::archive) mod container;
mod credentials;
mod encoding;
mod folder;
mod foreign;
mod index;
pub(in crate::archive) mod limits;
mod lines;
mod manifest;
mod packing;
pub(in crate::archive) mod parts;
mod plain_path;
pub mod ranged;
pub mod remote;
mod rewritten;
pub(crate) mod shared_file;
pub(in crate::archive) mod soundness;
mod store;
mod unsealed;

use crate::archive::encryption::{self, Identities};
use crate::archive::error::{ArchiveError, Refusal};
use crate::archive::format::{FORMAT, Header, Outcome};
use crate::archive::layout;
use crate::archive::records::Packed;
pub use blocks::Block;
use credentials::Hiding;
use index::{EntryRecord, Index};
use limits::Limits;
use lines::Lines;
use parts::Parts;
pub(crate) use rewritten::Rewriting;
use shared_file::SharedFile;
use soundness::{Anomalies, Anomaly, Condition};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Store;

/// Bytes of the header that are read: it has a few hundred.
const HEADER_BYTES: u64 = 1 << 20;

/// An open archive. Cheap to clone, and read by many threads at once.
#[derive(Clone)]
pub struct Archive {
    inside: Arc<Inside>,
    /// Whether what is read of it passes the redactor.
    hides_credentials: bool,
}

struct Inside {
    store: Arc<Store>,
    index: Index,
    name: String,
    limits: Limits,
    condition: Condition,
    anomalies: Anomalies,
}

impl Archive {
    /// Opens a zip file or an unpacked folder.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::open_with(path, Limits::default())
    }

    pub fn open_with(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        Self::open_as(path, limits, None)
    }

    /// Opens an archive that may be encrypted, with the keys to it. Nothing of it is written anywhere decrypted.
    pub fn open_as(path: &Path, limits: Limits, who: Option<&Arc<Identities>>) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "open", path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.is_dir() {
            return Self::open_folder(path, limits);
        }
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        Self::shared_as(SharedFile::of_file(file, length), path, limits, who)
    }

    /// Opens a zip held in memory, as the example archive inside the binary; `name` stands for its file name.
    pub fn from_bytes(bytes: impl Into<Cow<'static, [u8]>>, name: &str) -> Result<Self, ArchiveError> {
        Self::from_bytes_with(bytes, name, Limits::default())
    }

    pub fn from_bytes_with(
        bytes: impl Into<Cow<'static, [u8]>>,
        name: &str,
        limits: Limits,
    ) -> Result<Self, ArchiveError> {
        Self::open_zip(SharedFile::of_bytes(bytes.into()), Path::new(name), limits, false)
    }

    fn open_zip(file: SharedFile, path: &Path, limits: Limits, encrypted: bool) -> Result<Self, ArchiveError> {
        if file.length() == 0 {
            let path = path.to_owned();
            return Err(if encrypted { ArchiveError::CutAtStart { path } } else { ArchiveError::Empty { path } });
        }
        let mut anomalies = Anomalies::default();
        let refused = |refusal| refused(path, "read", refusal);
        let (index, condition) = container::open(&file, Index::default(), &limits, &mut anomalies).map_err(refused)?;
        if index.get(layout::ARCHIVE).is_none() {
            return Err(no_archive(&file, &condition, path).unwrap_or_else(|error| refused(error.into())));
        }
        Ok(Self::new(Store::Zip { file, encrypted }, index, path, limits, (condition, anomalies)))
    }

    fn open_folder(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let archive = Self::any_folder(path, limits)?;
        if archive.inside.index.get(layout::ARCHIVE).is_none() {
            return Err(ArchiveError::NotAnArchive { path: path.to_owned(), expected: layout::ARCHIVE });
        }
        Ok(archive)
    }

    fn new(store: Store, index: Index, path: &Path, limits: Limits, state: (Condition, Anomalies)) -> Self {
        let (condition, mut anomalies) = state;
        let of = |is_record: fn(&str) -> bool| {
            let records = index.records().iter().filter(|record| is_record(index.path(record)));
            records.map(|record| record.size).fold(0_u64, u64::saturating_add)
        };
        let records = of(|entry| entry == layout::OUTCOMES).max(of(is_part));
        if records > limits.record_bytes {
            let limit = limits.record_bytes;
            anomalies.note(format!("its outcomes have {records} bytes, of which no more than {limit} are looked at"));
        }
        let inside = Inside { store: Arc::new(store), index, name: stem(path), limits, condition, anomalies };
        Self { inside: Arc::new(inside), hides_credentials: false }
    }

    /// The file's name without its ending: how people call this archive.
    pub fn name(&self) -> &str {
        &self.inside.name
    }

    /// Whether its file is encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(*self.inside.store, Store::Zip { encrypted: true, .. })
    }

    /// In what state it was left.
    pub fn condition(&self) -> &Condition {
        &self.inside.condition
    }

    /// What is not as a writer leaves it, in the order it was found; the first thousand.
    ///
    /// Content is not looked at here: an entry that was altered shows when it is read.
    pub fn anomalies(&self) -> &[Anomaly] {
        &self.inside.anomalies.kept
    }

    /// How many anomalies there are beyond [`anomalies`](Self::anomalies).
    pub fn more_anomalies(&self) -> usize {
        self.inside.anomalies.beyond
    }

    /// All entries below the top folder, in order of path.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        let index = &self.inside.index;
        index.records().iter().map(|record| index.path(record))
    }

    /// Unpacked size of an entry as its directory claims it; of one that is packed by itself, what it was found to
    /// unpack to.
    pub fn bytes_of(&self, entry: &str) -> Option<u64> {
        self.inside.index.get(entry).map(EntryRecord::bytes)
    }

    /// The name of the top folder; of an unpacked archive, the archive's own.
    pub(in crate::archive) fn top(&self) -> &str {
        let top = self.inside.index.top().trim_end_matches('/');
        if top.is_empty() { self.name() } else { top }
    }

    /// Where an entry stands among [`entries`](Self::entries).
    pub(crate) fn index_of(&self, entry: &str) -> Option<usize> {
        self.inside.index.position(entry)
    }

    /// Bytes of an entry in the file.
    pub(in crate::archive) fn packed_bytes_of(&self, entry: &str) -> Option<u64> {
        self.inside.index.get(entry).map(|record| record.packed)
    }

    /// Streams an entry's lines to `each`, as `(line number from 1, bytes without the line break)`.
    ///
    /// `each` returns whether to go on. Lines beyond [`Limits::line_bytes`] are given cut.
    pub fn lines(&self, entry: &str, mut each: impl FnMut(u64, &[u8]) -> bool) -> Result<(), ArchiveError> {
        let limit = self.inside.limits.line_bytes;
        self.with_reader(entry, |reader| {
            let mut lines = Lines::new(BufReader::with_capacity(1 << 16, reader), limit);
            while let Some((number, line)) = lines.next_line()? {
                if !each(number, line) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Streams an entry to `each` in blocks of whole lines; a block that is given back is used again.
    ///
    /// Lines beyond [`Limits::line_bytes`] are given cut.
    pub fn blocks(&self, entry: &str, each: impl FnMut(Block) -> Option<Block>) -> Result<(), ArchiveError> {
        let limit = self.inside.limits.line_bytes;
        self.with_reader(entry, |reader| blocks::read(reader, limit, each))
    }

    /// A whole entry, at most `limit` bytes of it.
    pub fn read(&self, entry: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
        self.with_reader(entry, |reader| {
            let mut bytes = Vec::new();
            reader.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
    }

    /// `meta/archive.json`. Refuses another major format.
    pub fn header(&self) -> Result<Header, ArchiveError> {
        let (bytes, version) = self.format()?;
        if version.format.major != FORMAT.major {
            let found = format!("{}.{}", version.format.major, version.format.minor);
            let path = PathBuf::from(self.name());
            return Err(ArchiveError::Format { path, found, known: FORMAT.major, tool: version.tool });
        }
        serde_json::from_slice(&bytes).map_err(|error| entry_error(layout::ARCHIVE, error))
    }

    /// A warning, if the archive is of a newer minor format: this version reads what it knows of it.
    pub fn newer_minor(&self) -> Result<Option<String>, ArchiveError> {
        let (_, JustFormat { format, tool }) = self.format()?;
        let is_newer = format.major == FORMAT.major && format.minor > FORMAT.minor;
        let (name, known) = (self.name(), format!("{}.{}", FORMAT.major, FORMAT.minor));
        Ok(is_newer.then(|| {
            let found = format!("{}.{}", format.major, format.minor);
            format!("{name} is of format {found}, written by {tool}; this version knows {known}, and leaves out what is newer")
        }))
    }

    fn format(&self) -> Result<(Vec<u8>, JustFormat), ArchiveError> {
        let bytes = self.read(layout::ARCHIVE, HEADER_BYTES)?;
        let version = serde_json::from_slice(&bytes).map_err(|error| entry_error(layout::ARCHIVE, error))?;
        Ok((bytes, version))
    }

    /// How every planned item ended, in order of source and subject; no more than [`Limits::record_bytes`] of it.
    ///
    /// Of an archive that was never sealed: the outcomes that reached the disk, and one for every item that was
    /// planned and has none, see `unsealed`.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let is_part = !Parts::of(self).is_whole();
        unsealed::at_hand(self.outcomes_of_whole(), is_part, |entry| self.bytes_of(entry).is_some())
    }

    /// The same of the whole archive that this is a part of.
    pub fn outcomes_of_whole(&self) -> Vec<Outcome> {
        let mut room = self.inside.limits.record_bytes;
        let mut outcomes: Vec<Outcome> = if self.bytes_of(layout::OUTCOMES).is_some() {
            self.records(layout::OUTCOMES, &mut room)
        } else {
            let of = |is_part: fn(&str) -> bool| self.entries().filter(move |entry| is_part(entry));
            let ended = of(layout::is_outcomes_part).flat_map(|part| self.records(part, &mut room)).collect();
            let planned = of(layout::is_planned_part).flat_map(|part| self.records(part, &mut room)).collect();
            unsealed::outcomes(ended, planned, |entry| self.bytes_of(entry))
        };
        outcomes.sort_by(|a, b| (&a.source, &a.subject).cmp(&(&b.source, &b.subject)));
        outcomes
    }

    /// The records of an entry with one a line, as far as they can be read.
    pub(in crate::archive) fn all_records<T: serde::de::DeserializeOwned>(&self, entry: &str) -> Vec<T> {
        self.records(entry, &mut self.inside.limits.record_bytes.clone())
    }

    /// The one record that an entry is, if it can be read.
    pub(in crate::archive) fn record<T: serde::de::DeserializeOwned>(&self, entry: &str) -> Option<T> {
        serde_json::from_slice(&self.read(entry, self.inside.limits.record_bytes).ok()?).ok()
    }

    /// The records of an entry with one a line, until there is no `room` for more bytes. A broken one is one less:
    /// the manifest tells that it is altered.
    fn records<T: serde::de::DeserializeOwned>(&self, entry: &str, room: &mut u64) -> Vec<T> {
        let mut records = Vec::new();
        let _ = self.lines(entry, |_, line| {
            let taken = (line.len() + size_of::<T>()) as u64;
            let is_room = *room >= taken;
            *room = room.saturating_sub(taken);
            if is_room {
                records.extend(serde_json::from_slice::<T>(line));
            }
            is_room
        });
        records
    }

    /// Reads an entry as a stream. It ends with an error unless size and CRC are those declared.
    pub(crate) fn with_reader<T>(
        &self,
        entry: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, ArchiveError> {
        let Some(record) = self.inside.index.get(entry) else {
            return Err(entry_error(entry, "no such entry"));
        };
        let limit = self.inside.limits.entry_bytes;
        if record.size > limit {
            return Err(entry_error(entry, format!("it declares {} bytes, more than {limit}", record.size)));
        }
        let hides_credentials = self.hides_credentials;
        let read = |reader: &mut dyn Read| match hides_credentials {
            true => read(&mut Hiding::new(reader)?),
            false => read(reader),
        };
        let result = self.inside.store.read_unpacked(&self.inside.index, record, read);
        result.map_err(|error| entry_error(entry, error))
    }

    /// An entry as it is packed, to be copied without unpacking it. None for a folder.
    pub(in crate::archive) fn packed(&self, entry: &str) -> Option<(Packed, impl Read)> {
        let (Store::Zip { file, .. }, Some(record)) = (&*self.inside.store, self.inside.index.get(entry)) else {
            return None;
        };
        let EntryRecord { method, crc, packed, size, .. } = *record;
        let data = file.from(record.data()).take(packed);
        Some((Packed { method, crc, packed, size }, data))
    }
}

#[derive(serde::Deserialize)]
struct JustFormat {
    format: crate::archive::format::FormatVersion,
    #[serde(default)]
    tool: String,
}

fn is_part(entry: &str) -> bool {
    layout::is_outcomes_part(entry) || layout::is_planned_part(entry)
}

pub(in crate::archive) fn entry_error(entry: &str, error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Entry { entry: entry.to_owned(), why: error.to_string() }
}

fn refused(path: &Path, action: &'static str, refusal: Refusal) -> ArchiveError {
    let path = path.to_owned();
    match refusal {
        Refusal::Hostile(what) => ArchiveError::Hostile { path, what },
        Refusal::Io(source) => ArchiveError::Io { action, path, source },
    }
}

/// What a zip without `meta/archive.json` is, by how it begins and how far it goes.
fn no_archive(file: &SharedFile, condition: &Condition, path: &Path) -> io::Result<ArchiveError> {
    let mut start = Vec::new();
    file.read_at(0, container::LOCAL.len(), &mut start)?;
    let begins = !start.is_empty() && container::LOCAL.starts_with(&start);
    let path = path.to_owned();
    Ok(match condition {
        Condition::Cut { finished: 0, .. } if begins => ArchiveError::CutAtStart { path },
        Condition::Cut { finished: 0, .. } => ArchiveError::NotAZip { path },
        _ => ArchiveError::NotAnArchive { path, expected: layout::ARCHIVE },
    })
}

fn is_encrypted(file: &SharedFile) -> io::Result<bool> {
    let mut start = Vec::new();
    file.read_at(0, encryption::ARMOR.len(), &mut start)?;
    Ok(start.starts_with(encryption::MAGIC) || start == encryption::ARMOR)
}

/// What files are called behind their name that hold others.
const ENDINGS: [&str; 6] = [".zip", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar"];

fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let whole = name.strip_suffix(".partial").unwrap_or(&name);
    let whole = whole.strip_suffix(encryption::ENDING).unwrap_or(whole);
    let stem = ENDINGS.iter().find_map(|ending| whole.strip_suffix(ending));
    stem.filter(|stem| !stem.is_empty()).unwrap_or(&name).to_owned()
}
