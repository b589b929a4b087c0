//! The entries of a tar, by the headers that stand before each (POSIX.1-1988 ustar with pax headers, and GNU tar's own
//! for long names), so that they can be read where they lie.
//!
//! What is no plain file, as a link, is passed over and never followed. A tar that ends before its time gives what is
//! whole before that.

use super::super::index::{EntryRecord, Index, RAW};
use super::super::limits::Limits;
use super::super::shared_file::SharedFile;
use super::super::soundness::{Anomalies, Condition};
use super::pax::{self, Pax};
use crate::archive::error::{Hostile, Refusal, quoted};
use tar::{EntryType, Header};

const BLOCK: u64 = 512;

/// Bytes of pax headers that are read: an extended attribute has 64 KiB at most, and a path a few thousand.
const PAX_BYTES: u64 = 1 << 20;

/// Headers for each entry that a tar may have: folders, links and long names have some too.
const HEADERS_EACH: usize = 4;

/// Bytes behind the end that are looked at: tars are filled up with zeros to a full record, 10 KiB by default.
const BEHIND_END: usize = 1 << 20;

/// Whether a file begins as a tar does: with a header whose sum of bytes is the one that it names.
pub fn is_tar(start: &[u8]) -> bool {
    header_in(start).is_some_and(is_sound)
}

/// All entries in order of path, and in what state the tar is.
pub fn open(file: &SharedFile, limits: &Limits, anomalies: &mut Anomalies) -> Result<(Index, Condition), Refusal> {
    let mut walk = Walk { file, limits, anomalies, index: Index::foreign(), at: 0, headers: 0, next: Next::default() };
    let mut buffer = Vec::new();
    let cut = loop {
        match walk.step(&mut buffer)? {
            Step::On => {}
            Step::End => break None,
            Step::Cut(entry, why) => break Some((entry, why)),
        }
    };
    let Walk { mut index, at, anomalies, .. } = walk;
    let finished = index.records().len();
    index.sorted_last(anomalies);
    let Some((entry, why)) = cut else { return Ok((index, Condition::Unsealed)) };
    anomalies.note(format!("{why}, so what is behind byte {at} is not read"));
    Ok((index, Condition::Cut { at, entry, finished, why }))
}

struct Walk<'a> {
    file: &'a SharedFile,
    limits: &'a Limits,
    anomalies: &'a mut Anomalies,
    index: Index,
    at: u64,
    headers: usize,
    next: Next,
}

/// What was said of the next entry before its header.
#[derive(Default)]
struct Next {
    long_name: Option<Vec<u8>>,
    pax: Pax,
    /// Why its name is not known.
    unknown: Option<String>,
}

enum Step {
    On,
    End,
    /// The path of the entry that is not whole, if there is one, and what is wrong.
    Cut(Option<String>, String),
}

impl Walk<'_> {
    fn step(&mut self, buffer: &mut Vec<u8>) -> Result<Step, Refusal> {
        self.headers += 1;
        if self.headers > self.limits.entries.saturating_mul(HEADERS_EACH) {
            return Err(Hostile::TooManyEntries { limit: self.limits.entries }.into());
        }
        self.file.read_at(self.at, 512, buffer)?;
        let Some(header) = header_in(buffer) else {
            return Ok(Step::Cut(None, "the tar ends without its end mark".to_owned()));
        };
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            self.look_behind(buffer)?;
            return Ok(Step::End);
        }
        let size = match header.entry_size() {
            Ok(size) if is_sound(header) => size,
            _ => return Ok(Step::Cut(None, format!("the tar is damaged at byte {}", self.at))),
        };
        let data = self.at + BLOCK;
        match header.entry_type() {
            EntryType::XHeader => self.pax(data, size)?,
            EntryType::GNULongName => self.long_name(data, size)?,
            EntryType::GNULongLink | EntryType::XGlobalHeader => {}
            kind => return self.entry(&header.clone(), kind, (data, size), buffer),
        }
        Ok(self.go_on(data, size))
    }

    /// Goes behind the data of a header that is no entry's own.
    fn go_on(&mut self, data: u64, size: u64) -> Step {
        match end_of(data, size).filter(|end| *end <= self.file.length()) {
            Some(end) => {
                self.at = end;
                Step::On
            }
            None => Step::Cut(None, "the tar ends within a header".to_owned()),
        }
    }

    fn pax(&mut self, data: u64, size: u64) -> Result<(), Refusal> {
        let mut bytes = Vec::new();
        if size <= PAX_BYTES {
            self.file.read_at(data, usize::try_from(size).unwrap_or_default(), &mut bytes)?;
        }
        match pax::read(&bytes).filter(|_| size <= PAX_BYTES) {
            Some(pax) => self.next.pax = pax,
            None => self.next.unknown = Some("its pax header cannot be read".to_owned()),
        }
        Ok(())
    }

    fn long_name(&mut self, data: u64, size: u64) -> Result<(), Refusal> {
        // A zero stands behind the name.
        let most = self.limits.path_bytes as u64 + 1;
        if size > most {
            self.next.unknown = Some(format!("its path has {size} bytes, more than {}", self.limits.path_bytes));
            return Ok(());
        }
        let mut name = Vec::new();
        self.file.read_at(data, usize::try_from(size).unwrap_or_default(), &mut name)?;
        let end = memchr::memchr(0, &name).unwrap_or(name.len());
        name.truncate(end);
        self.next.long_name = Some(name);
        Ok(())
    }

    fn entry(
        &mut self,
        header: &Header,
        kind: EntryType,
        (data, size): (u64, u64),
        buffer: &mut Vec<u8>,
    ) -> Result<Step, Refusal> {
        let next = std::mem::take(&mut self.next);
        let name = next.pax.path.or(next.long_name).unwrap_or_else(|| header.path_bytes().into_owned());
        let size = next.pax.size.unwrap_or(size);
        let mut why = next.unknown.or_else(|| passed_over(kind, next.pax.is_sparse));
        // Of old tars, where folders have no type of their own (tar(5)).
        let is_folder = kind.is_dir() || name.ends_with(b"/");
        let path = match self.index.checked(&name, self.limits) {
            Ok(path) => Some(path.into_owned()),
            Err(what) => {
                why = why.or_else(|| Some(what.to_string()));
                None
            }
        };
        let shown = quoted(&name);
        let has_data = !matches!(kind, EntryType::Link | EntryType::Symlink) && !is_folder;
        if has_data && size > self.limits.entry_bytes {
            let (path, limit) = (quoted(&name), self.limits.entry_bytes);
            return Err(Hostile::EntryTooLarge { path, bytes: size, limit }.into());
        }
        let data = if kind.is_gnu_sparse() { self.behind_map(header, data, buffer)? } else { data };
        let size = if has_data { size } else { 0 };
        let Some(end) = end_of(data, size) else {
            return Ok(Step::Cut(None, format!("the tar is damaged at byte {}", self.at)));
        };
        if data.saturating_add(size) > self.file.length() {
            return Ok(Step::Cut(path, format!("the tar ends within {shown}")));
        }
        match (path, why) {
            _ if is_folder => {}
            (Some(path), None) => {
                let written = header.mtime().unwrap_or_default();
                let written = next.pax.written.unwrap_or(written);
                let record = EntryRecord { offset: data, packed: size, method: RAW, written, ..EntryRecord::new(size) };
                self.index.add_below(&path, record, self.limits)?;
                if self.index.total() > self.limits.total_bytes {
                    return Err(Hostile::TotalTooLarge { limit: self.limits.total_bytes }.into());
                }
            }
            (_, why) => self.anomalies.of(&shown, format!("it is passed over: {}", why.unwrap_or_default())),
        }
        self.at = end;
        Ok(Step::On)
    }

    /// Where the data of a sparse file begin: its map may go on in blocks of their own (GNU tar, tar.h).
    fn behind_map(&mut self, header: &Header, mut data: u64, buffer: &mut Vec<u8>) -> Result<u64, Refusal> {
        const IS_EXTENDED: usize = 504;
        let mut goes_on = header.as_gnu().is_some_and(tar::GnuHeader::is_extended);
        while goes_on {
            self.headers += 1;
            if self.headers > self.limits.entries.saturating_mul(HEADERS_EACH) {
                return Err(Hostile::TooManyEntries { limit: self.limits.entries }.into());
            }
            self.file.read_at(data, 512, buffer)?;
            goes_on = buffer.get(IS_EXTENDED) == Some(&1);
            data = data.saturating_add(BLOCK);
        }
        Ok(data)
    }

    fn look_behind(&mut self, buffer: &mut Vec<u8>) -> Result<(), Refusal> {
        self.file.read_at(self.at, BEHIND_END, buffer)?;
        if let Some(more) = buffer.iter().position(|byte| *byte != 0) {
            let at = self.at.saturating_add(more as u64);
            self.anomalies.note(format!("something stands behind the end of the tar, at byte {at}, and is not read"));
        }
        Ok(())
    }
}

/// Why an entry of this type is no file to read.
fn passed_over(kind: EntryType, is_sparse: bool) -> Option<String> {
    let what = match kind {
        EntryType::Regular | EntryType::Continuous if is_sparse => "a sparse file",
        EntryType::Regular | EntryType::Continuous | EntryType::Directory => return None,
        EntryType::GNUSparse => "a sparse file",
        EntryType::Link => "another name of a file, a hard link",
        EntryType::Symlink => "a symbolic link",
        EntryType::Char | EntryType::Block => "a device",
        EntryType::Fifo => "a named pipe",
        _ => "of a type that is not known",
    };
    Some(format!("it is {what}"))
}

fn header_in(bytes: &[u8]) -> Option<&Header> {
    bytes.get(..512).map(Header::from_byte_slice)
}

/// Whether the sum of its bytes is the one that it names, with blanks in place of that (POSIX; some old programs summed
/// signed bytes).
fn is_sound(header: &Header) -> bool {
    let Ok(named) = header.cksum() else { return false };
    let bytes =
        header.as_bytes().iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let signed: i64 = bytes.clone().map(|byte| i64::from(byte.cast_signed())).sum();
    bytes.map(u32::from).sum::<u32>() == named || signed == i64::from(named)
}

/// Where the block behind some data begins.
fn end_of(data: u64, size: u64) -> Option<u64> {
    size.checked_next_multiple_of(BLOCK)?.checked_add(data)
}
