//! What entries there are: all paths in one text and one small record each, so that a quarter of a million of them
//! are a few dozen megabytes.
//!
//! Filled in any order; nothing is found in it before one of the `sorted_` calls.

use super::limits::Limits;
use super::packing::Packing;
use super::plain_path::{self, folded};
use super::shared_file::SharedFile;
use super::soundness::Anomalies;
use crate::archive::error::{Hostile, quoted};
use std::borrow::Cow;
use std::hash::{DefaultHasher, Hasher};

/// The method of an entry that lies in its file as it is, without a sum; no zip has it.
pub(super) const RAW: u16 = u16::MAX;

/// Where an entry is and what it must come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct EntryRecord {
    /// Of its local header; 0 in a folder, as are all but the size.
    pub offset: u64,
    pub packed: u64,
    pub size: u64,
    pub crc: u32,
    /// Bytes of its local header, with name and extra field: the data are behind them.
    pub header: u32,
    pub method: u16,
    /// How it is packed by itself, beside what its container does; `size` is that of the packed file then.
    pub packing: Option<Packing>,
    /// What such a one unpacks to.
    pub unpacked: u64,
    /// When it was last written, in seconds since 1970, where its container says so; else 0.
    pub written: u64,
    /// Which file of the index it is in, from 1; 0 is the input's own.
    pub file: u16,
    /// Set when it is added to an index.
    pub path: Span,
}

/// Where in the index's text a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    length: u16,
    start: u32,
}

impl EntryRecord {
    pub fn new(size: u64) -> Self {
        Self {
            offset: 0,
            packed: 0,
            size,
            crc: 0,
            header: 0,
            method: 0,
            packing: None,
            unpacked: 0,
            written: 0,
            file: 0,
            path: Span { length: 0, start: 0 },
        }
    }

    /// Bytes that reading it gives.
    pub fn bytes(&self) -> u64 {
        if self.packing.is_some() { self.unpacked } else { self.size }
    }

    /// Whether it is in the input's own file, not in one of the index.
    pub fn is_in_store(&self) -> bool {
        self.file == 0
    }

    /// Where its data begin.
    pub fn data(&self) -> u64 {
        self.offset.saturating_add(self.header.into())
    }

    /// Where its data end.
    pub fn end(&self) -> u64 {
        self.data().saturating_add(self.packed)
    }
}

#[derive(Clone, Default)]
pub(super) struct Index {
    /// Of an input that is no archive of ours: nobody unpacks it, so it has no top folder, and of two entries of one
    /// path the last stays.
    is_foreign: bool,
    /// Files beside the input's own, which entries are in.
    files: Vec<SharedFile>,
    /// With its slash; empty for a folder.
    top: String,
    paths: String,
    records: Vec<EntryRecord>,
    total: u64,
}

impl Index {
    /// For an input that is no archive of ours.
    pub fn foreign() -> Self {
        Self { is_foreign: true, ..Self::default() }
    }

    pub fn is_foreign(&self) -> bool {
        self.is_foreign
    }

    /// The path that a name stands for, or why it may not be one here.
    pub fn checked<'a>(&self, name: &'a [u8], limits: &Limits) -> Result<Cow<'a, str>, Hostile> {
        match self.is_foreign {
            true => plain_path::foreign(name, limits).map(Cow::Owned),
            false => plain_path::checked(name, limits).map(Cow::Borrowed),
        }
    }

    /// Adds an entry by its whole path, which begins with the top folder; the first one says what that is.
    pub fn add(&mut self, path: &str, record: EntryRecord, limits: &Limits) -> Result<(), Hostile> {
        if self.is_foreign {
            return self.add_below(path, record, limits);
        }
        if self.top.is_empty() {
            let (top, _) = path.split_once('/').ok_or_else(|| self.outside(path))?;
            self.top = format!("{top}/");
        }
        let below = path.strip_prefix(self.top.as_str()).ok_or_else(|| self.outside(path))?;
        self.add_below(below, record, limits)
    }

    /// Whether `path` is inside the top folder, as far as one is known.
    pub fn is_inside(&self, path: &str) -> bool {
        if self.is_foreign {
            return true;
        }
        if self.top.is_empty() { path.contains('/') } else { path.starts_with(&self.top) }
    }

    pub fn outside(&self, path: &str) -> Hostile {
        let top = if self.top.is_empty() { "one folder".to_owned() } else { quoted(self.top.as_bytes()) };
        Hostile::OutsideTopFolder { path: quoted(path.as_bytes()), top }
    }

    /// Adds an entry by its path below the top folder.
    pub fn add_below(&mut self, path: &str, record: EntryRecord, limits: &Limits) -> Result<(), Hostile> {
        if self.records.len() >= limits.entries {
            return Err(Hostile::TooManyEntries { limit: limits.entries });
        }
        let too_long = Hostile::PathsTooLong { limit: limits.all_path_bytes };
        let (Ok(start), Ok(length)) = (u32::try_from(self.paths.len()), u16::try_from(path.len())) else {
            return Err(too_long);
        };
        if self.paths.len() + path.len() > limits.all_path_bytes {
            return Err(too_long);
        }
        self.total = self.total.saturating_add(record.size.min(record.packed.saturating_mul(limits.ratio)));
        self.paths.push_str(path);
        self.records.push(EntryRecord { path: Span { length, start }, ..record });
        Ok(())
    }

    /// What all entries unpack to at most, in bytes; meaningless for a folder.
    pub fn total(&self) -> u64 {
        self.total
    }

    pub fn records(&self) -> &[EntryRecord] {
        &self.records
    }

    pub fn top(&self) -> &str {
        &self.top
    }

    /// The path of a record of this index, below the top folder.
    pub fn path(&self, record: &EntryRecord) -> &str {
        path_in(&self.paths, record)
    }

    pub fn get(&self, path: &str) -> Option<&EntryRecord> {
        self.records.get(self.position(path)?)
    }

    /// Where an entry stands in order of path.
    pub fn position(&self, path: &str) -> Option<usize> {
        self.records.binary_search_by(|record| self.path(record).cmp(path)).ok()
    }

    /// Takes out the entry that was added last.
    pub fn pop(&mut self) -> Option<EntryRecord> {
        let record = self.records.pop()?;
        self.paths.truncate(usize::try_from(record.path.start).unwrap_or(usize::MAX));
        Some(record)
    }

    /// Takes out the entries whose numbers, in the order they were added, are in `gone`, which is in order.
    pub fn remove(&mut self, gone: &[u32]) {
        let mut number = 0;
        self.records.retain(|_| {
            let stays = gone.binary_search(&number).is_err();
            number = number.saturating_add(1);
            stays
        });
    }

    /// Brings the entries in order of path, where the file system saw to it that none is there twice.
    pub fn sorted_names(&mut self) {
        self.sort();
    }

    /// Brings the entries in order of path. Two of one path are refused.
    pub fn sorted_unique(&mut self) -> Result<(), Hostile> {
        self.sort();
        for (first, second) in self.records.iter().zip(self.records.iter().skip(1)) {
            if self.path(first) == self.path(second) {
                return Err(Hostile::Duplicate(quoted(self.path(first).as_bytes())));
            }
        }
        self.refuse_collisions()
    }

    /// Brings the entries in order of path. Of several of one path the last stays, as it does where they are unpacked;
    /// the others are named.
    pub fn sorted_last(&mut self, anomalies: &mut Anomalies) {
        self.sort();
        let (paths, mut behind) = (&self.paths, self.records.iter().skip(1));
        let stays = |record: &EntryRecord| {
            let is_last = behind.next().is_none_or(|next| path_in(paths, next) != path_in(paths, record));
            if !is_last {
                anomalies.of(path_in(paths, record), "there is another of this path behind it, which is read instead");
            }
            is_last
        };
        self.records = self.records.iter().copied().filter(stays).collect();
    }

    /// Brings the entries in order of path. Of several of one path the first in the file stays; the others are
    /// named if they are not the same again.
    pub fn sorted_first(&mut self, anomalies: &mut Anomalies) -> Result<(), Hostile> {
        self.sort();
        let (paths, mut last) = (&self.paths, None::<EntryRecord>);
        self.records.retain(|record| {
            let same_path = last.as_ref().filter(|last| path_in(paths, last) == path_in(paths, record));
            let Some(first) = same_path else {
                last = Some(*record);
                return true;
            };
            if (first.size, first.crc) != (record.size, record.crc) {
                let what = format!("there is another of this path and other content at byte {}", record.offset);
                anomalies.of(path_in(paths, record), what);
            }
            false
        });
        self.refuse_collisions()
    }

    fn sort(&mut self) {
        let paths = &self.paths;
        let key = |record: &EntryRecord| (record.file, record.offset);
        self.records
            .sort_unstable_by(|a, b| path_in(paths, a).cmp(path_in(paths, b)).then_with(|| key(a).cmp(&key(b))));
    }

    /// Two paths that differ in case alone are one file where the archive is unpacked on such a file system.
    fn refuse_collisions(&self) -> Result<(), Hostile> {
        if self.is_foreign {
            return Ok(());
        }
        let mut name = String::new();
        let mut hash = |record: &EntryRecord| {
            name.clear();
            name.push_str(self.path(record));
            if name.is_ascii() {
                name.make_ascii_lowercase();
            } else {
                name.clear();
                name.extend(folded(self.path(record)));
            }
            let mut hasher = DefaultHasher::new();
            hasher.write(name.as_bytes());
            hasher.finish()
        };
        let mut hashes: Vec<(u64, u32)> = self.records.iter().zip(0..).map(|(record, at)| (hash(record), at)).collect();
        hashes.sort_unstable();
        for ((one, first), (other, second)) in hashes.iter().zip(hashes.iter().skip(1)) {
            if one != other {
                continue;
            }
            let path = |at: u32| usize::try_from(at).ok().and_then(|at| self.records.get(at)).map(|r| self.path(r));
            if let (Some(first), Some(second)) = (path(*first), path(*second))
                && folded(first).eq(folded(second))
            {
                let (first, second) = (quoted(first.as_bytes()), quoted(second.as_bytes()));
                return Err(Hostile::CaseCollision { first, second });
            }
        }
        Ok(())
    }
}

/// What an input has beside its own file.
impl Index {
    /// The file beside the input's own that an entry is in.
    pub fn file_of(&self, record: &EntryRecord) -> Option<&SharedFile> {
        self.files.get(usize::from(record.file).checked_sub(1)?)
    }

    /// Adds a file that entries may be in; none where there are too many.
    pub fn add_file(&mut self, file: SharedFile) -> Option<u16> {
        let number = u16::try_from(self.files.len()).ok()?.checked_add(1)?;
        self.files.push(file);
        Some(number)
    }

    /// Adds all entries of another index, which are in `file`, in the folder `folder`; none where one may not be.
    pub fn absorb(&mut self, other: &Self, folder: &str, file: u16, limits: &Limits) -> Result<(), Hostile> {
        let (records, paths) = (self.records.len(), self.paths.len());
        let mut add = || {
            for record in &other.records {
                let path = format!("{folder}/{}", other.path(record));
                plain_path::foreign(path.as_bytes(), limits)?;
                self.add_below(&path, EntryRecord { file, ..*record }, limits)?;
            }
            Ok(())
        };
        let added = add();
        if added.is_err() {
            self.records.truncate(records);
            self.paths.truncate(paths);
        }
        added
    }

    /// Gives each record to `change`, with its path, and takes out those for which it returns false.
    pub fn retain(&mut self, mut change: impl FnMut(&str, &mut EntryRecord) -> bool) {
        let paths = &self.paths;
        self.records.retain_mut(|record| change(path_in(paths, record), record));
        self.total = self.records.iter().map(EntryRecord::bytes).fold(0, u64::saturating_add);
    }
}

fn path_in<'a>(paths: &'a str, record: &EntryRecord) -> &'a str {
    let start = usize::try_from(record.path.start).unwrap_or(usize::MAX);
    paths.get(start..start.saturating_add(record.path.length.into())).unwrap_or_default()
}
