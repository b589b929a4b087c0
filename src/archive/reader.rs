//! Opens an archive: a zip, an unpacked folder, or bytes. Everything in it is untrusted.
//!
//! Nothing is unpacked. Entries are read as streams of lines with a bound on the length of each, and limits are
//! checked on the directory before any content is touched. Opening refuses what breaks a limit; a single broken
//! entry is an error of that entry only.

use super::error::ArchiveError;
use super::format::{FORMAT, Header, Manifest, Outcome};
use super::layout;
use super::lines::Lines;
use super::shared_file::SharedFile;
use super::unsealed;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use zip::ZipArchive;

/// What an archive may be at most.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub entries: usize,
    /// Unpacked bytes of one entry.
    pub entry_bytes: u64,
    /// Unpacked bytes of all entries.
    pub total_bytes: u64,
    /// Unpacked to packed size of one entry. Deflate cannot exceed 1032.
    pub ratio: u64,
    pub path_bytes: usize,
    pub path_depth: usize,
    /// Bytes of a line that are kept; the rest of a longer one is passed over.
    pub line_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            entry_bytes: 8 << 30,
            total_bytes: 64 << 30,
            ratio: 1100,
            path_bytes: 4096,
            path_depth: 16,
            line_bytes: 1 << 20,
        }
    }
}

/// An open archive. Cheap to clone: every thread reads through its own.
#[derive(Clone)]
pub struct Archive {
    store: Store,
    /// Path below the top folder, and size.
    entries: Arc<BTreeMap<String, Entry>>,
    name: String,
    limits: Limits,
}

#[derive(Clone)]
enum Store {
    Zip(Box<ZipArchive<SharedFile>>),
    Folder(PathBuf),
}

#[derive(Clone, Debug)]
struct Entry {
    /// Index in the zip; unused for a folder.
    index: usize,
    bytes: u64,
}

impl Archive {
    /// Opens a zip file or an unpacked folder.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        Self::open_with(path, Limits::default())
    }

    pub fn open_with(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "open", path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.is_dir() {
            return Self::open_folder(path, limits);
        }
        let file = File::open(path).map_err(io)?;
        let length = file.metadata().map_err(io)?.len();
        Self::open_zip(SharedFile::of_file(file, length), path, limits)
    }

    /// Opens a zip held in memory, as the example archive inside the binary; `name` stands for its file name.
    pub fn from_bytes(bytes: &'static [u8], name: &str) -> Result<Self, ArchiveError> {
        let file = SharedFile::of_bytes(bytes);
        Self::open_zip(file, Path::new(name), Limits::default())
    }

    fn open_zip(file: SharedFile, path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let limit = |what: String| ArchiveError::Limit { path: path.to_owned(), what };
        let zip = |source| ArchiveError::Zip { path: path.to_owned(), source };
        let mut archive = ZipArchive::new(file).map_err(zip)?;
        if archive.len() > limits.entries {
            return Err(limit(format!("{} entries, more than {}", archive.len(), limits.entries)));
        }
        let mut found = Vec::new();
        let mut total = 0_u64;
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(zip)?;
            if entry.is_dir() {
                continue;
            }
            let name = entry.name().map_err(zip)?.into_owned();
            let (bytes, packed) = (entry.size(), entry.compressed_size());
            total = total.saturating_add(bytes);
            if bytes > limits.entry_bytes || total > limits.total_bytes {
                return Err(limit(format!("entry {name} brings the unpacked size to {total} bytes")));
            }
            if bytes > packed.saturating_mul(limits.ratio).saturating_add(1024) {
                return Err(limit(format!("entry {name} unpacks {packed} bytes to {bytes}")));
            }
            found.push((name, Entry { index, bytes }));
        }
        let entries = below_top_folder(found, limits).map_err(limit)?;
        Self { store: Store::Zip(Box::new(archive)), entries: Arc::new(entries), name: stem(path), limits }.known(path)
    }

    fn open_folder(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let limit = |what: String| ArchiveError::Limit { path: path.to_owned(), what };
        let root = folder_root(path);
        let mut entries = BTreeMap::new();
        let mut pending = vec![root.clone()];
        while let Some(folder) = pending.pop() {
            let io = |source| ArchiveError::Io { action: "list", path: folder.clone(), source };
            for item in std::fs::read_dir(&folder).map_err(io)? {
                let item = item.map_err(io)?;
                // Neither type nor metadata follows a symbolic link here, so links are passed over.
                let kind = item.file_type().map_err(io)?;
                if kind.is_dir() {
                    pending.push(item.path());
                } else if let (true, Some(name)) = (kind.is_file(), relative(&root, &item.path())) {
                    checked_path(&name, limits).map_err(limit)?;
                    let bytes = item.metadata().map_err(io)?.len();
                    entries.insert(name, Entry { index: 0, bytes });
                }
                if entries.len() + pending.len() > limits.entries {
                    return Err(limit(format!("more than {} files", limits.entries)));
                }
            }
        }
        Self { store: Store::Folder(root), entries: Arc::new(entries), name: stem(path), limits }.known(path)
    }

    /// Refuses what is no archive of ours.
    fn known(self, path: &Path) -> Result<Self, ArchiveError> {
        if self.entries.contains_key(layout::ARCHIVE) {
            return Ok(self);
        }
        Err(ArchiveError::NotAnArchive { path: path.to_owned(), expected: layout::ARCHIVE })
    }

    /// The file's name without its ending: how people call this archive.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All entries below the top folder, in order of path.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// Unpacked size of an entry as its directory claims it.
    pub fn bytes_of(&self, entry: &str) -> Option<u64> {
        self.entries.get(entry).map(|found| found.bytes)
    }

    /// Streams an entry's lines to `each`, as `(line number from 1, bytes without the line break)`.
    ///
    /// `each` returns whether to go on. Lines beyond [`Limits::line_bytes`] are given cut.
    pub fn lines(&self, entry: &str, mut each: impl FnMut(u64, &[u8]) -> bool) -> Result<(), ArchiveError> {
        let limits = self.limits;
        self.with_reader(entry, |reader| {
            let mut lines = Lines::new(BufReader::with_capacity(1 << 16, reader), limits.line_bytes);
            while let Some((number, line)) = lines.next_line()? {
                if !each(number, line) {
                    break;
                }
            }
            Ok(())
        })
    }

    /// A whole entry, at most `limit` bytes of it.
    pub fn read(&self, entry: &str, limit: u64) -> Result<Vec<u8>, ArchiveError> {
        self.with_reader(entry, |reader| {
            let mut bytes = Vec::new();
            reader.take(limit).read_to_end(&mut bytes)?;
            Ok(bytes)
        })
    }

    /// `meta/archive.json`. Refuses a newer major format.
    pub fn header(&self) -> Result<Header, ArchiveError> {
        let bytes = self.read(layout::ARCHIVE, 1 << 20)?;
        let broken = |error: serde_json::Error| entry_error(layout::ARCHIVE, error);
        let version: JustFormat = serde_json::from_slice(&bytes).map_err(broken)?;
        if version.format.major != FORMAT.major {
            let found = format!("{}.{}", version.format.major, version.format.minor);
            let path = PathBuf::from(&self.name);
            return Err(ArchiveError::Format { path, found, known: FORMAT.major, tool: version.tool });
        }
        serde_json::from_slice(&bytes).map_err(broken)
    }

    /// How every planned item ended, in order of source and subject.
    ///
    /// Of an archive that was never sealed: the outcomes that reached the disk, and one for every item that was
    /// planned and has none, see `unsealed`.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = if self.entries.contains_key(layout::OUTCOMES) {
            self.records(layout::OUTCOMES)
        } else {
            let of = |is_part: fn(&str) -> bool| self.entries().filter(move |entry| is_part(entry));
            let ended = of(layout::is_outcomes_part).flat_map(|part| self.records(part)).collect();
            let planned = of(layout::is_planned_part).flat_map(|part| self.records(part)).collect();
            unsealed::outcomes(ended, planned, |entry| self.bytes_of(entry))
        };
        outcomes.sort_by(|a, b| (&a.source, &a.subject).cmp(&(&b.source, &b.subject)));
        outcomes
    }

    /// The records of an entry with one a line. A broken one is one less: the manifest tells that it is altered.
    fn records<T: serde::de::DeserializeOwned>(&self, entry: &str) -> Vec<T> {
        let mut records = Vec::new();
        let _ = self.lines(entry, |_, line| {
            records.extend(serde_json::from_slice::<T>(line));
            true
        });
        records
    }

    /// `meta/manifest.json`, absent from an archive that was never sealed.
    pub fn manifest(&self) -> Result<Option<Manifest>, ArchiveError> {
        if !self.entries.contains_key(layout::MANIFEST) {
            return Ok(None);
        }
        let bytes = self.read(layout::MANIFEST, 1 << 30)?;
        serde_json::from_slice(&bytes).map(Some).map_err(|error| entry_error(layout::MANIFEST, error))
    }

    fn with_reader<T>(
        &self,
        entry: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, ArchiveError> {
        let Some(found) = self.entries.get(entry) else {
            return Err(ArchiveError::Entry { entry: entry.to_owned(), why: "no such entry".to_owned() });
        };
        let result = match &self.store {
            Store::Folder(root) => File::open(root.join(entry)).and_then(|mut file| read(&mut file)),
            Store::Zip(zip) => match (**zip).clone().by_index(found.index) {
                Ok(file) => read(&mut file.take(self.limits.entry_bytes)),
                Err(error) => Err(error.into()),
            },
        };
        result.map_err(|error| entry_error(entry, error))
    }
}

#[derive(serde::Deserialize)]
struct JustFormat {
    format: super::format::FormatVersion,
    #[serde(default)]
    tool: String,
}

fn entry_error(entry: &str, error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Entry { entry: entry.to_owned(), why: error.to_string() }
}

fn stem(path: &Path) -> String {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    name.strip_suffix(".zip").unwrap_or(&name).to_owned()
}

/// An unpacked archive is the top folder itself, or the folder that `unzip` put it into.
fn folder_root(path: &Path) -> PathBuf {
    if path.join(layout::ARCHIVE).exists() {
        return path.to_owned();
    }
    let folders: Vec<PathBuf> = std::fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .map(|item| item.path())
        .filter(|p| p.is_dir())
        .collect();
    match folders.as_slice() {
        [only] => only.clone(),
        _ => path.to_owned(),
    }
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

/// Paths without their common top folder. Every path must be relative, plain, unique and within the limits.
fn below_top_folder(found: Vec<(String, Entry)>, limits: Limits) -> Result<BTreeMap<String, Entry>, String> {
    let top = found.first().and_then(|(path, _)| path.split_once('/')).map(|(top, _)| format!("{top}/"));
    let mut entries = BTreeMap::new();
    for (path, entry) in found {
        checked_path(&path, limits)?;
        let below = match &top {
            Some(top) => path.strip_prefix(top.as_str()).ok_or_else(|| format!("{path} is outside the top folder"))?,
            None => path.as_str(),
        };
        if entries.insert(below.to_owned(), entry).is_some() {
            return Err(format!("two entries are called {path}"));
        }
    }
    Ok(entries)
}

fn checked_path(path: &str, limits: Limits) -> Result<(), String> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let control = path.chars().any(|c| c.is_control() || c == '\\' || c == ':');
    if !plain || control || path.is_empty() || path.contains("//") || path.ends_with('/') {
        return Err(format!("the path {path:?} is not a plain relative one"));
    }
    if path.len() > limits.path_bytes || path.split('/').count() > limits.path_depth {
        return Err(format!("the path {:?}… is too long or too deep", path.get(..64).unwrap_or_default()));
    }
    Ok(())
}
