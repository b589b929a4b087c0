//! A zip's central directory, every header of which is compared with the entry's own header.
//!
//! Nothing is believed because it is claimed: the directory is streamed header by header, and what is kept of an
//! entry is its path and a small record.

use super::super::index::{EntryRecord, Index};
use super::super::limits::Limits;
use super::super::shared_file::SharedFile;
use super::super::soundness::Anomalies;
use super::end::Directory;
use super::hints;
use super::local::{self, Found, Header};
use super::spans::{self, Span};
use super::writers::Looks;
use crate::archive::error::{Hostile, Refusal, quoted};
use crate::archive::records::{self, Central, Common};
use chrono::{NaiveDate, NaiveTime, TimeDelta};
use std::borrow::Cow;
use std::io::{self, BufReader, Read};

/// Why a directory gives no entries.
pub enum Stop {
    Refused(Refusal),
    /// It is damaged, or not of this file: in a few words.
    Unreadable(String),
}

impl From<Hostile> for Stop {
    fn from(what: Hostile) -> Self {
        Self::Refused(what.into())
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Refused(error.into())
    }
}

/// The entries that the directory at `directory` lists, added to an index that is empty.
pub fn read(
    file: &SharedFile,
    (directory, index): (&Directory, Index),
    limits: &Limits,
    anomalies: &mut Anomalies,
) -> Result<Index, Stop> {
    let mut reading = Reading {
        file,
        limits,
        anomalies,
        index,
        spans: Vec::new(),
        looks: Looks::default(),
        shift: None,
        buffer: Vec::new(),
    };
    reading.headers(directory)?;
    let Reading { mut index, spans, looks, anomalies, mut buffer, .. } = reading;
    if !index.is_foreign() {
        looks.note_odd_ones(&index, anomalies);
    }
    let first = spans.iter().map(|span| span.start).min();
    file.read_at(0, records::LOCAL.len(), &mut buffer)?;
    // Else a zip within an entry at the end of a file that was cut would stand for the whole of it.
    if buffer == records::LOCAL && first != Some(0) {
        return Err(Stop::Unreadable("the directory at its end does not list the entry it begins with".to_owned()));
    }
    let gone = spans::settled(spans, directory, &index, anomalies)?;
    index.remove(&gone);
    match index.is_foreign() {
        true => index.sorted_last(anomalies),
        false => index.sorted_unique()?,
    }
    Ok(index)
}

struct Reading<'a> {
    file: &'a SharedFile,
    limits: &'a Limits,
    anomalies: &'a mut Anomalies,
    index: Index,
    spans: Vec<Span>,
    looks: Looks,
    /// How far behind their claimed offset the entries are, once that is known.
    shift: Option<u64>,
    buffer: Vec<u8>,
}

impl Reading<'_> {
    fn headers(&mut self, directory: &Directory) -> Result<(), Stop> {
        self.file.expect(|| hints::headers(self.file, directory))?;
        let mut stream =
            BufReader::with_capacity(1 << 16, self.file.through(directory.start, directory.end - directory.start));
        let (mut at, mut count, mut fixed, mut rest) = (directory.start, 0_u64, Vec::new(), Vec::new());
        loop {
            fixed.clear();
            (&mut stream).take(records::CENTRAL_BYTES as u64).read_to_end(&mut fixed)?;
            let Some(central) = records::central(&fixed) else { break };
            count += 1;
            if count > self.limits.entries as u64 {
                return Err(Hostile::TooManyEntries { limit: self.limits.entries }.into());
            }
            let (name, extra) = (usize::from(central.common.name_bytes), usize::from(central.common.extra_bytes));
            let length = name + extra + usize::from(central.comment_bytes);
            rest.clear();
            (&mut stream).take(length as u64).read_to_end(&mut rest)?;
            let (name, behind) = rest.split_at_checked(name).unwrap_or_default();
            let Some(extra) = behind.get(..extra).filter(|_| rest.len() == length) else {
                return Err(Stop::Unreadable(format!("the directory is damaged at byte {at}")));
            };
            self.entry(central, name, extra, directory)?;
            at += (records::CENTRAL_BYTES + length) as u64;
        }
        self.file.expect(|| Ok(Vec::new()))?;
        if at < directory.end {
            if directory.entries != Some(count) {
                return Err(Stop::Unreadable(format!("the directory is damaged at byte {at}")));
            }
            let bytes = directory.end - at;
            self.anomalies.note(format!("{bytes} bytes behind the directory, from byte {at}, belong to nothing"));
        }
        if let Some(claimed) = directory.entries.filter(|claimed| *claimed != count) {
            self.anomalies.note(format!("the end record counts {claimed} entries, and the directory has {count}"));
        }
        Ok(())
    }

    fn entry(&mut self, mut central: Central, name: &[u8], extra: &[u8], directory: &Directory) -> Result<(), Stop> {
        let is_broken = central.widen(extra).is_err();
        let offset = central.offset.saturating_add(self.shift(&central, name, directory)?);
        let header = match local::at(self.file, offset, &mut self.buffer)? {
            Found::Header(header) => header,
            Found::Cut(_) | Found::Nothing => {
                let what =
                    format!("its own header is not at byte {offset}, where the directory says, so it is left out");
                self.anomalies.of(&quoted(name), what);
                return Ok(());
            }
        };
        let mut differences = header.differences(&central.common, name);
        if is_broken {
            differences.push("extra field");
        }
        let is_named = !differences.contains(&"name");
        let is_sure = is_named && !differences.contains(&"packed size") && !differences.contains(&"extra field");
        let record = EntryRecord {
            offset,
            packed: central.common.packed,
            crc: central.common.crc,
            header: header.bytes,
            method: central.common.method,
            written: written_at(&central.common),
            ..EntryRecord::new(central.common.size)
        };
        let path = if is_named { self.accepted(&central, &header.common, name)? } else { None };
        let number = self.listed(path.as_deref(), record)?;
        if number.is_some() {
            self.looks.add(&central);
        }
        let end = self.end_of(&central.common, &header, &record)?;
        self.spans.push(Span { start: offset, end, number, is_sure });
        self.note(&central, name, &differences);
        Ok(())
    }

    /// The path of an entry that nothing is against. What is against one costs a foreign zip this entry only, unless it
    /// is too large.
    fn accepted<'a>(
        &mut self,
        central: &Central,
        local: &Common,
        name: &'a [u8],
    ) -> Result<Option<Cow<'a, str>>, Hostile> {
        let refused = refuse_content(central, local, name, self.limits);
        match refused.and_then(|()| self.index.checked(name, self.limits)) {
            Ok(path) => Ok(Some(path)),
            Err(what @ (Hostile::EntryTooLarge { .. } | Hostile::RatioTooHigh { .. })) => Err(what),
            Err(what) if self.index.is_foreign() => {
                self.anomalies.of(&quoted(name), format!("it is passed over: {what}"));
                Ok(None)
            }
            Err(what) => Err(what),
        }
    }

    /// The number it has in the index now. A folder has none, nor has what goes by no certain name.
    fn listed(&mut self, path: Option<&str>, record: EntryRecord) -> Result<Option<u32>, Hostile> {
        let Some(path) = path else { return Ok(None) };
        if path.ends_with('/') {
            return if self.index.is_inside(path) { Ok(None) } else { Err(self.index.outside(path)) };
        }
        let number = u32::try_from(self.index.records().len()).ok();
        self.index.add(path, record, self.limits)?;
        if self.index.total() > self.limits.total_bytes {
            return Err(Hostile::TotalTooLarge { limit: self.limits.total_bytes });
        }
        Ok(number)
    }

    /// Entries of a zip that something was put in front of are that much further on; the first one tells, by its
    /// name. A lie about where the directory is looks much the same, and moves no entry.
    fn shift(&mut self, first: &Central, name: &[u8], directory: &Directory) -> Result<u64, Stop> {
        if let Some(shift) = self.shift {
            return Ok(shift);
        }
        let further = first.offset.saturating_add(directory.shift);
        let shift = match local::at(self.file, further, &mut self.buffer)? {
            Found::Header(header) if header.name == name => directory.shift,
            Found::Header(_) | Found::Cut(_) | Found::Nothing => 0,
        };
        self.shift = Some(shift);
        Ok(shift)
    }

    fn end_of(&mut self, common: &Common, header: &Header, record: &EntryRecord) -> Result<u64, Stop> {
        if header.common.flags & records::DESCRIBED_BEHIND == 0 {
            return Ok(record.end());
        }
        let bytes = local::descriptor(self.file, record.end(), common, &mut self.buffer)?;
        Ok(record.end().saturating_add(bytes.unwrap_or_default()))
    }

    fn note(&mut self, central: &Central, name: &[u8], differences: &[&str]) {
        let listed = std::str::from_utf8(name).ok().and_then(|path| path.strip_prefix(self.index.top()));
        let is_named = !differences.contains(&"name");
        let entry = listed.filter(|_| is_named).map_or_else(|| quoted(name), str::to_owned);
        if !differences.is_empty() {
            let left_out = if is_named { "" } else { ", so it is left out" };
            let fields = differences.join(", ");
            self.anomalies.of(&entry, format!("its own header and the directory disagree on: {fields}{left_out}"));
        }
        if central.comment_bytes > 0 {
            self.anomalies.of(&entry, format!("it has a comment of {} bytes", central.comment_bytes));
        }
        if central.disk != 0 {
            self.anomalies.of(&entry, format!("it is said to be on disk {}", central.disk));
        }
    }
}

/// When an entry was last written, in seconds since 1970. Zips have the time of a place that they do not name (APPNOTE
/// 4.4.6, MS-DOS): this is the latest that it may have been, twelve hours behind the same time in UTC.
fn written_at(common: &Common) -> u64 {
    let part = |field: u16, low: u32, bits: u32| u32::from(field >> low) & ((1 << bits) - 1);
    let (year, month, day) = (1980 + part(common.date, 9, 7), part(common.date, 5, 4), part(common.date, 0, 5));
    let time = NaiveTime::from_hms_opt(part(common.time, 11, 5), part(common.time, 5, 6), part(common.time, 0, 5) * 2);
    let date = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
    let at = date.zip(time).map(|(date, time)| date.and_time(time).and_utc() + TimeDelta::hours(12));
    at.and_then(|at| u64::try_from(at.timestamp()).ok()).unwrap_or_default()
}

/// The rules on what an entry is, each where both headers say the same of it.
fn refuse_content(central: &Central, local: &Common, name: &[u8], limits: &Limits) -> Result<(), Hostile> {
    let common = &central.common;
    // The type of a file in the upper half of the external attributes, as stat(2) has it.
    let kind = match central.external >> 28 {
        0o12 => Some("a symbolic link"),
        0o1 => Some("a named pipe"),
        0o2 | 0o6 => Some("a device"),
        0o14 => Some("a socket"),
        _ => None,
    };
    if let Some(kind) = kind {
        return Err(Hostile::SpecialFile { path: quoted(name), kind });
    }
    let agreed = Common {
        flags: common.flags & local.flags,
        method: if common.method == local.method { common.method } else { records::STORED },
        ..*common
    };
    let is_described_behind = local.flags & records::DESCRIBED_BEHIND != 0;
    let are_sizes_agreed = (common.packed, common.size) == (local.packed, local.size) || is_described_behind;
    refuse_packing(&agreed, name)?;
    if are_sizes_agreed { refuse_size(&agreed, name, limits) } else { Ok(()) }
}

/// Refuses what cannot be unpacked here.
pub fn refuse_packing(common: &Common, name: &[u8]) -> Result<(), Hostile> {
    if common.flags & records::ENCRYPTED != 0 {
        return Err(Hostile::Encrypted(quoted(name)));
    }
    if !matches!(common.method, records::STORED | records::DEFLATED) {
        return Err(Hostile::UnknownMethod { path: quoted(name), method: common.method });
    }
    Ok(())
}

/// Refuses what unpacks to too much.
pub fn refuse_size(common: &Common, name: &[u8], limits: &Limits) -> Result<(), Hostile> {
    let (packed, bytes) = (common.packed, common.size);
    if bytes > limits.entry_bytes {
        return Err(Hostile::EntryTooLarge { path: quoted(name), bytes, limit: limits.entry_bytes });
    }
    if bytes > packed.saturating_mul(limits.ratio).saturating_add(1024) {
        return Err(Hostile::RatioTooHigh { path: quoted(name), packed, bytes, limit: limits.ratio });
    }
    Ok(())
}
