//! Parts of a sealed archive, for trackers that limit the size of a file.
//!
//! A part is a zip of its own with the header and the closing records of the whole, so each opens alone and says what
//! the others hold. Parts that are joined by `cat` (decrypted first, if they are encrypted), or unpacked into one
//! folder, are the whole again: what all of them carry is the same bytes in each, and the manifest is that of the
//! whole.

use super::copy::{Copied, Copier};
use crate::archive::encryption::{self, Recipients};
use crate::archive::error::ArchiveError;
use crate::archive::format::Part;
use crate::archive::layout;
use crate::archive::read::Archive;
use crate::archive::write::entry::Target;
use crate::archive::write::{ArchiveWriter, json_entry};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What one entry costs besides its name (which stands twice) and its packed bytes: both headers with their zip64
/// fields, and its mention in the part's record.
const OVERHEAD: u64 = 30 + 46 + 2 * 28 + 8;
/// The end of the zip and the part's own record.
const ROOM: u64 = 2048;

/// Where the parts go.
#[derive(Clone, Copy, Debug)]
pub struct Splitting<'a> {
    pub folder: &'a Path,
    /// The most bytes a part may have.
    pub limit: u64,
    /// Whether files there may be replaced.
    pub replace: bool,
    /// For whom each part is encrypted, if it is.
    pub recipients: Option<&'a Arc<Recipients>>,
}

/// Writes the parts of `older`, as `STEM-partNofM.zip`, encrypted ones with `.age` behind that.
pub fn split(older: &Archive, splitting: &Splitting<'_>) -> Result<Vec<PathBuf>, ArchiveError> {
    let refused = |why: String| ArchiveError::NotSplit { name: older.name().to_owned(), why };
    if older.manifest_sha256()?.is_none() {
        return Err(refused("it was never sealed: repair it first".to_owned()));
    }
    if older.entries().any(layout::is_part) {
        return Err(refused("it is a part, or was joined from parts: repair it first".to_owned()));
    }
    let Splitting { folder, limit, recipients, .. } = *splitting;
    let inside = recipients.map_or(Ok(limit), |recipients| recipients.room_within(limit));
    let inside = inside.map_err(|error| refused(error.to_string()))?;
    let (shared, own): (Vec<&str>, Vec<&str>) = older.entries().partition(|entry| layout::is_in_every_part(entry));
    let room = shared.iter().fold(inside.saturating_sub(ROOM), |room, entry| room.saturating_sub(cost(older, entry)));
    let parts = divided(&own, room, |entry| cost(older, entry)).map_err(|(entry, needs)| {
        let least = needs + limit.saturating_sub(room);
        refused(format!("{entry} alone needs a part of {least} bytes"))
    })?;
    let of = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    let name = |number: u32| {
        let digits = of.to_string().len();
        let ending = if recipients.is_some() { encryption::ENDING } else { "" };
        folder.join(format!("{}-part{number:0digits$}of{of}.zip{ending}", older.name()))
    };
    let written = (1..=of).zip(&parts).map(|(number, entries)| {
        let part = Part { part: number, of, entries: entries.iter().map(|entry| (*entry).to_owned()).collect() };
        write(older, &name(number), &part, &shared, splitting)
    });
    written.collect()
}

fn cost(archive: &Archive, entry: &str) -> u64 {
    let name = (archive.top().len() + 1 + entry.len()) as u64;
    archive.packed_bytes_of(entry).unwrap_or_default() + 3 * name + OVERHEAD
}

/// Entries in their order, as many in a part as fit; or the one that does not fit into any, and what it needs.
fn divided<'a>(
    entries: &[&'a str],
    room: u64,
    cost: impl Fn(&str) -> u64,
) -> Result<Vec<Vec<&'a str>>, (&'a str, u64)> {
    let mut parts = vec![Vec::new()];
    let mut left = room;
    for entry in entries {
        let needs = cost(entry);
        if needs > room {
            return Err((entry, needs));
        }
        if needs > left {
            parts.push(Vec::new());
            left = room;
        }
        left -= needs;
        if let Some(part) = parts.last_mut() {
            part.push(*entry);
        }
    }
    Ok(parts)
}

fn write(
    older: &Archive,
    path: &Path,
    part: &Part,
    shared: &[&str],
    splitting: &Splitting<'_>,
) -> Result<PathBuf, ArchiveError> {
    let target = Target::new(older.top(), older.header()?.started_at, splitting.folder);
    let target = target.encrypted_to(splitting.recipients.cloned());
    let mut writer = ArchiveWriter::create_beside(path, target, splitting.replace)?;
    let mut copier = Copier::new(older);
    let closing = shared.iter().copied().filter(|entry| *entry != layout::ARCHIVE);
    let mut copy = |entry: &str, writer: &mut ArchiveWriter| match copier.copy(entry, writer)? {
        Copied::Whole => Ok(()),
        Copied::Unreadable(why) => Err(ArchiveError::NotSplit { name: older.name().to_owned(), why }),
    };
    copy(layout::ARCHIVE, &mut writer)?;
    let record = json_entry(writer.target(), &layout::part(part.part, part.of), part)?;
    writer.append(record)?;
    for entry in part.entries.iter().map(String::as_str).chain(closing) {
        copy(entry, &mut writer)?;
    }
    writer.end().map(|(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_filled_in_order() {
        let cost = |entry: &str| entry.len() as u64;
        assert_eq!(divided(&["aaa", "bb", "c", "dddd"], 5, cost), Ok(vec![vec!["aaa", "bb"], vec!["c", "dddd"]]));
        assert_eq!(divided(&["aaa", "bbbbbb"], 5, cost), Err(("bbbbbb", 6)));
        assert_eq!(divided(&[], 5, cost), Ok(vec![vec![]]));
    }
}
