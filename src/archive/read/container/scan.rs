//! Finds the entries of a file that has no readable directory, as one that was cut: walks their own headers from the
//! front.
//!
//! An entry is finished if its header and all of its data are there. The data are checked when they are read, but for
//! the last entry, which a kill may have left half written.
//!
//! Where a header should be and none is, the next one is looked for. Not so within the data of an entry that was cut:
//! a log may hold what looks like an entry, and would become evidence.

use super::super::index::{EntryRecord, Index};
use super::super::limits::Limits;
use super::super::shared_file::SharedFile;
use super::super::soundness::Anomalies;
use super::content::Content;
use super::directory::{refuse_packing, refuse_size};
use super::local::{self, Found, Header};
use crate::archive::error::{Hostile, Refusal};
use crate::archive::records;
use memchr::memmem;
use std::borrow::Cow;
use std::io;

/// What a scan found.
pub struct Scanned {
    pub index: Index,
    /// Where the last finished entry ends, in bytes from the start.
    pub at: u64,
    /// The path of the entry behind that, if it was begun and its name is there.
    pub cut: Option<String>,
    /// Directories between entries: how many zips there are, less one.
    pub directories: usize,
}

/// Why an end record is there or not: what may be behind an entry that is longer than the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The file ends before its time.
    Cut,
    /// The file has its end, and is damaged before that.
    Damaged,
    /// It is several zips: the directories of all but the last are between entries.
    Joined,
}

/// The entries are added to an index that is empty.
pub fn read(
    file: &SharedFile,
    (kind, index): (Kind, Index),
    limits: &Limits,
    anomalies: &mut Anomalies,
) -> Result<Scanned, Refusal> {
    let mut walk = Walk {
        file,
        kind,
        limits,
        anomalies,
        index,
        at: 0,
        end: 0,
        is_in_sequence: true,
        steps: 0,
        cut: None,
        directories: 0,
        buffer: Vec::new(),
    };
    while walk.step()? {}
    walk.drop_half_written()?;
    let Walk { mut index, end, cut, anomalies, directories, .. } = walk;
    index.sorted_first(anomalies)?;
    Ok(Scanned { index, at: end, cut, directories })
}

struct Walk<'a> {
    file: &'a SharedFile,
    kind: Kind,
    limits: &'a Limits,
    anomalies: &'a mut Anomalies,
    index: Index,
    at: u64,
    /// Of the last finished entry.
    end: u64,
    /// A finished entry ends at `at`, or the file begins there.
    is_in_sequence: bool,
    steps: usize,
    cut: Option<String>,
    directories: usize,
    buffer: Vec<u8>,
}

impl Walk<'_> {
    /// Takes what is at the current byte. Returns whether there is more.
    fn step(&mut self) -> Result<bool, Refusal> {
        self.steps += 1;
        if self.steps > self.limits.entries.saturating_mul(2) {
            return Err(Hostile::TooManyEntries { limit: self.limits.entries }.into());
        }
        let header = match local::at(self.file, self.at, &mut self.buffer)? {
            Found::Header(header) => header,
            Found::Cut(name) if self.is_in_sequence => {
                self.cut = name.and_then(|name| self.shown(&name));
                return Ok(false);
            }
            Found::Cut(_) => return Ok(self.look_further(4)?),
            Found::Nothing => return Ok(self.look_further(0)?),
        };
        let path = match self.accepted(&header) {
            Ok(path) => path,
            Err(hostile) if self.is_in_sequence && !self.index.is_foreign() => return Err(hostile.into()),
            Err(hostile) => {
                let at = self.at;
                self.anomalies.note(format!("what looks like an entry at byte {at} is left out: {hostile}"));
                return Ok(self.look_further(4)?);
            }
        };
        let record = EntryRecord {
            offset: self.at,
            packed: header.common.packed,
            crc: header.common.crc,
            header: header.bytes,
            method: header.common.method,
            ..EntryRecord::new(header.common.size)
        };
        match self.unfinished(&header, &record) {
            None => self.take(&path, record),
            Some(_) if self.kind != Kind::Damaged && self.is_in_sequence && !is_described_behind(&header) => {
                self.cut = self.shown(path.as_bytes());
                Ok(false)
            }
            Some(why) => {
                let at = self.at;
                let entry = self.shown(path.as_bytes()).unwrap_or_default();
                self.anomalies.of(&entry, format!("{why}, so what is at byte {at} is left out"));
                Ok(self.look_further(4)?)
            }
        }
    }

    /// The path of an entry, if nothing about it is against the rules.
    fn accepted<'a>(&self, header: &'a Header) -> Result<Cow<'a, str>, Hostile> {
        refuse_packing(&header.common, &header.name)?;
        let path = self.index.checked(&header.name, self.limits)?;
        if header.is_well_formed && !is_described_behind(header) && self.fits(header) {
            refuse_size(&header.common, &header.name, self.limits)?;
        }
        if self.index.is_inside(&path) { Ok(path) } else { Err(self.index.outside(&path)) }
    }

    fn fits(&self, header: &Header) -> bool {
        let data = self.at.saturating_add(header.bytes.into());
        header.common.packed > 0 && data.saturating_add(header.common.packed) <= self.file.length()
    }

    /// Why its data are not all there.
    fn unfinished(&self, header: &Header, record: &EntryRecord) -> Option<&'static str> {
        if is_described_behind(header) {
            return Some("its size is only behind its data and in the directory");
        }
        if !header.is_well_formed {
            return Some("its header is damaged");
        }
        if record.method == records::DEFLATED && record.packed == 0 {
            return Some("its header is not finished");
        }
        (record.end() > self.file.length()).then_some("it is longer than the file")
    }

    fn take(&mut self, path: &str, record: EntryRecord) -> Result<bool, Refusal> {
        if self.at > self.end && !self.is_directory_at(self.end)? {
            let (from, bytes) = (self.end, self.at - self.end);
            self.anomalies.note(format!("{bytes} bytes from byte {from} belong to no entry"));
        }
        if !path.ends_with('/') {
            self.index.add(path, record, self.limits)?;
            if self.index.total() > self.limits.total_bytes {
                return Err(Hostile::TotalTooLarge { limit: self.limits.total_bytes }.into());
            }
        }
        self.at = record.end();
        self.end = self.at;
        self.is_in_sequence = true;
        Ok(self.at < self.file.length())
    }

    /// Whether the end of one zip and the beginning of the next are all that is between two entries.
    fn is_directory_at(&mut self, at: u64) -> io::Result<bool> {
        self.file.read_at(at, records::CENTRAL.len(), &mut self.buffer)?;
        let is_directory = self.kind == Kind::Joined && self.buffer == records::CENTRAL;
        self.directories += usize::from(is_directory);
        Ok(is_directory)
    }

    /// Goes to the next signature of a local header, `skip` bytes on or later. Returns whether there is one.
    fn look_further(&mut self, skip: u64) -> io::Result<bool> {
        const WINDOW: usize = 64 << 10;
        self.is_in_sequence = false;
        self.at = self.at.saturating_add(skip);
        loop {
            self.file.read_at(self.at, WINDOW, &mut self.buffer)?;
            if let Some(found) = memmem::find(&self.buffer, &records::LOCAL) {
                self.at = self.at.saturating_add(found as u64);
                return Ok(true);
            }
            if self.buffer.len() < WINDOW {
                return Ok(false);
            }
            // A signature may lie across the border.
            self.at = self.at.saturating_add((WINDOW - records::LOCAL.len() + 1) as u64);
        }
    }

    /// A kill may have come between the last entry's header and its data. With another behind it there was none.
    fn drop_half_written(&mut self) -> io::Result<()> {
        let Some(last) = self.index.records().last().filter(|_| self.cut.is_none()) else { return Ok(()) };
        match Content::new(self.file, last).and_then(Content::check) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() != io::ErrorKind::InvalidData => return Err(error),
            Err(_) => {}
        }
        self.cut = Some(self.index.path(last).to_owned());
        self.end = last.offset;
        self.index.pop();
        Ok(())
    }

    /// A path below the top folder, if it is a plain one.
    fn shown(&self, name: &[u8]) -> Option<String> {
        let path = self.index.checked(name, self.limits).ok()?;
        if self.index.is_foreign() {
            return Some(path.into_owned());
        }
        let path = path.as_ref();
        let below = path.split_once('/').map_or(path, |(_, below)| below);
        Some(path.strip_prefix(self.index.top()).filter(|_| !self.index.top().is_empty()).unwrap_or(below).to_owned())
    }
}

/// Bit 3 is set, and the sizes are not there.
fn is_described_behind(header: &Header) -> bool {
    header.common.flags & records::DESCRIBED_BEHIND != 0 && header.common.packed == 0
}
