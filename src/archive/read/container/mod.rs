//! The zip container, read by a reader of our own that trusts nothing and opens files that were cut.
//!
//! Other readers believe either the directory at the end or the headers before the data, and two programs that differ
//! in which see two archives in one file. This one reads both and names every difference. `records` knows the bytes,
//! `end` and `directory` read a whole file, `scan` one without its directory, `content` the data of an entry, and
//! `view` shows a cut file to others as if it had a directory.

mod content;
mod directory;
mod end;
mod local;
mod records;
mod scan;
mod spans;
mod view;
mod writers;

pub(super) use content::Content;
pub(super) use records::LOCAL;
pub(in crate::archive) use view::View;

use super::index::Index;
use super::limits::Limits;
use super::shared_file::SharedFile;
use super::soundness::{Anomalies, Condition};
use crate::archive::error::Refusal;
use crate::archive::layout;
use directory::Stop;
use scan::{Kind, Scanned};

/// The entries of a zip in order of path, and in what state it is.
pub(super) fn open(
    file: &SharedFile,
    limits: &Limits,
    anomalies: &mut Anomalies,
) -> Result<(Index, Condition), Refusal> {
    let mut kind = Kind::Cut;
    let why = if let Some(place) = end::find(file, anomalies)? {
        if place.shift > 0 && starts_at(file, 0, &LOCAL)? {
            return joined(file, limits, anomalies);
        }
        match directory::read(file, &place, limits, anomalies) {
            Ok(index) if index.get(layout::ARCHIVE).is_some() || anomalies.kept.is_empty() => {
                let is_sealed = index.get(layout::MANIFEST).is_some();
                return Ok((index, if is_sealed { Condition::Sealed } else { Condition::Unsealed }));
            }
            Ok(_) => format!("the directory does not list {}", layout::ARCHIVE),
            Err(Stop::Unreadable(why)) => {
                kind = if place.is_at_the_end { Kind::Damaged } else { Kind::Cut };
                why
            }
            Err(Stop::Refused(refusal)) => return Err(refusal),
        }
    } else {
        "the file does not end with a directory".to_owned()
    };
    *anomalies = Anomalies::default();
    anomalies.note(format!("{why}, so its entries were found by their own headers"));
    let Scanned { index, at, cut } = scan::read(file, kind, limits, anomalies)?;
    let finished = index.records().len();
    Ok((index, Condition::Cut { at, entry: cut, finished, why }))
}

/// A zip that this process wrote a moment ago, as others like it: with the fields its entries need and no more.
pub(in crate::archive) fn view_of_own(file: &SharedFile) -> std::io::Result<View> {
    let limits = Limits { entry_bytes: u64::MAX, total_bytes: u64::MAX, ratio: u64::MAX, ..Limits::default() };
    let mut anomalies = Anomalies::default();
    let broken = || std::io::Error::other("what was written is no zip");
    let place = end::find(file, &mut anomalies)?.ok_or_else(broken)?;
    let index = directory::read(file, &place, &limits, &mut anomalies).map_err(|_| broken())?;
    View::new(file, &index)
}

/// Several zips behind one another, as `cat` joins the parts of a split archive: the directory at the end is that of
/// the last one only. What is the same in several stands for one.
fn joined(file: &SharedFile, limits: &Limits, anomalies: &mut Anomalies) -> Result<(Index, Condition), Refusal> {
    *anomalies = Anomalies::default();
    let Scanned { index, at, cut } = scan::read(file, Kind::Joined, limits, anomalies)?;
    // A zip that is the content of the last entry of a file that was cut ends like a zip too, but at that entry's end.
    let is_whole = cut.is_none() && starts_at(file, at, &records::CENTRAL)?;
    let is_sealed = index.get(layout::MANIFEST).is_some();
    let condition = match (is_whole, is_sealed) {
        (false, _) => {
            let why = "the file does not end with a directory".to_owned();
            Condition::Cut { at, finished: index.records().len(), entry: cut, why }
        }
        (true, true) => Condition::Sealed,
        (true, false) => Condition::Unsealed,
    };
    Ok((index, condition))
}

fn starts_at(file: &SharedFile, at: u64, signature: &[u8]) -> std::io::Result<bool> {
    let mut start = Vec::new();
    file.read_at(at, signature.len(), &mut start)?;
    Ok(start == signature)
}
