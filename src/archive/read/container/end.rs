//! The place of a zip's directory, found by its end record, whose numbers are cross-checked and never believed alone.

use super::super::shared_file::SharedFile;
use super::super::soundness::Anomalies;
use crate::archive::records::{self, End};
use memchr::memmem;
use std::io;

/// Where the directory is, and what is claimed of it.
pub struct Directory {
    /// Of its first header.
    pub start: u64,
    /// Behind its last header: where the end records begin.
    pub end: u64,
    /// Behind everything that belongs to the zip.
    pub behind: u64,
    /// How many entries it is to have; none where that did not fit its field.
    pub entries: Option<u64>,
    /// How far entries may be from where they say: the bytes that were put before the zip.
    pub shift: u64,
    /// Nothing is behind the end record and its comment, and it is right about where the directory is.
    pub is_at_the_end: bool,
}

/// How far from the end of the file its end record may be, in bytes: the longest comment, and as much of what others
/// may have appended.
const WINDOW: u64 = 1 << 20;

/// How many places that look like an end record are tried.
const TRIES: usize = 16;

/// The last end record that a directory ends at. None if there is none.
pub fn find(file: &SharedFile, anomalies: &mut Anomalies) -> io::Result<Option<Directory>> {
    let start = file.length().saturating_sub(WINDOW);
    let mut tail = Vec::new();
    file.read_at(start, usize::try_from(WINDOW).unwrap_or_default(), &mut tail)?;
    for at in memmem::rfind_iter(&tail, &records::END).take(TRIES) {
        let Some(end) = tail.get(at..).and_then(records::end) else { continue };
        let mut noted = Anomalies::default();
        if let Some(directory) = locate(file, start + at as u64, &end, &mut noted)? {
            *anomalies = noted;
            return Ok(Some(directory));
        }
    }
    Ok(None)
}

/// Where the directory is that the record `end` at `at` is of, if one is there.
fn locate(file: &SharedFile, at: u64, end: &End, anomalies: &mut Anomalies) -> io::Result<Option<Directory>> {
    let mut claimed = Claims::of(end);
    let mut directory_end = at;
    if let Some((wide_at, wide)) = wide(file, at, anomalies)? {
        claimed.check_against(&wide, anomalies);
        directory_end = wide_at;
    }
    let by_size = claimed.bytes.and_then(|bytes| directory_end.checked_sub(bytes));
    let mut buffer = Vec::new();
    for start in [by_size, claimed.offset].into_iter().flatten() {
        file.read_at(start, records::CENTRAL.len(), &mut buffer)?;
        let is_empty = start == directory_end && claimed.entries == Some(0);
        if start > directory_end || !(is_empty || buffer == records::CENTRAL) {
            continue;
        }
        let bytes = directory_end - start;
        if claimed.bytes.is_some_and(|claimed| claimed != bytes) {
            anomalies.note(format!("the end record gives the directory another size than its {bytes} bytes"));
        }
        if claimed.offset.is_some_and(|claimed| claimed != start) {
            anomalies.note(format!("the end record says the directory is elsewhere than at byte {start}, where it is"));
        }
        let comment_end = at + records::END_BYTES as u64 + u64::from(end.comment_bytes);
        note_tail(file, end, comment_end, anomalies);
        if claimed.speaks_of_disks {
            anomalies.note("the end record speaks of several disks, or counts the entries in two ways");
        }
        let is_at_the_end = comment_end == file.length() && claimed.offset == Some(start);
        let shift = claimed.offset.and_then(|claimed| start.checked_sub(claimed)).unwrap_or_default();
        let behind = comment_end.min(file.length());
        let entries = claimed.entries;
        return Ok(Some(Directory { start, end: directory_end, behind, entries, shift, is_at_the_end }));
    }
    Ok(None)
}

fn note_tail(file: &SharedFile, end: &End, comment_end: u64, anomalies: &mut Anomalies) {
    if end.comment_bytes > 0 {
        anomalies.note(format!("the file has a comment of {} bytes", end.comment_bytes));
    }
    if comment_end < file.length() {
        let bytes = file.length() - comment_end;
        anomalies.note(format!("{bytes} bytes behind the end of the zip, from byte {comment_end}, belong to nothing"));
    }
    if comment_end > file.length() {
        anomalies.note("the file ends within the comment of its end record");
    }
}

/// What the end records say, as far as it fitted their fields.
struct Claims {
    entries: Option<u64>,
    bytes: Option<u64>,
    offset: Option<u64>,
    speaks_of_disks: bool,
}

impl Claims {
    fn of(end: &End) -> Self {
        let narrow = |number: u64, none: u64| (number != none).then_some(number);
        Self {
            entries: narrow(end.entries, 0xffff),
            bytes: narrow(end.bytes, 0xffff_ffff),
            offset: narrow(end.offset, 0xffff_ffff),
            speaks_of_disks: (end.disk, end.directory_disk) != (0, 0) || end.entries_here != end.entries,
        }
    }

    fn check_against(&mut self, wide: &End, anomalies: &mut Anomalies) {
        let differs = |narrow: Option<u64>, wide: u64| narrow.is_some_and(|narrow| narrow != wide);
        if differs(self.entries, wide.entries) || differs(self.bytes, wide.bytes) || differs(self.offset, wide.offset) {
            anomalies.note("the end record and the zip64 end record disagree about the directory");
        }
        self.entries = self.entries.or(Some(wide.entries));
        self.bytes = self.bytes.or(Some(wide.bytes));
        self.offset = self.offset.or(Some(wide.offset));
        self.speaks_of_disks |= (wide.disk, wide.directory_disk) != (0, 0) || wide.entries_here != wide.entries;
    }
}

/// The zip64 end record before an end record at `at`, and where it is.
fn wide(file: &SharedFile, at: u64, anomalies: &mut Anomalies) -> io::Result<Option<(u64, End)>> {
    let mut buffer = Vec::new();
    let Some(locator_at) = at.checked_sub(records::LOCATOR_BYTES as u64) else { return Ok(None) };
    file.read_at(locator_at, records::LOCATOR_BYTES, &mut buffer)?;
    let Some((disk, claimed, disks)) = records::locator(&buffer) else { return Ok(None) };
    if disk != 0 || disks > 1 {
        anomalies.note(format!("the zip64 locator speaks of disk {disk} of {disks}"));
    }
    for start in [Some(claimed), locator_at.checked_sub(records::END64_BYTES as u64)].into_iter().flatten() {
        file.read_at(start, records::END64_BYTES, &mut buffer)?;
        if let Some(end) = records::end64(&buffer).filter(|_| start < locator_at) {
            if start != claimed {
                anomalies.note(format!("the zip64 locator says the end record is elsewhere than at byte {start}"));
            }
            if !records::end64_is_usual(&buffer) {
                anomalies
                    .note(format!("the zip64 end record at byte {start} is of another length or version than usual"));
            }
            let bytes = (locator_at - start).saturating_sub(records::END64_BYTES as u64);
            if bytes > 0 {
                anomalies
                    .note(format!("{bytes} bytes before the zip64 locator at byte {locator_at} belong to nothing"));
            }
            return Ok(Some((start, end)));
        }
    }
    anomalies.note(format!("the zip64 locator at byte {locator_at} points to no end record"));
    Ok(None)
}
