//! The zip container, read by a reader of our own that trusts nothing and opens files that were cut.
//!
//! Other readers believe either the directory at the end or the headers before the data, and two programs that differ
//! in which see two archives in one file. This one reads both and names every difference. `end` and `directory` read a
//! whole file, `scan` one without its directory, and `content` the data of an entry.

mod content;
mod directory;
mod end;
mod hints;
mod local;
mod scan;
mod spans;
mod writers;

pub(super) use crate::archive::records::LOCAL;
pub(super) use content::Content;

use super::index::Index;
use super::limits::Limits;
use super::shared_file::SharedFile;
use super::soundness::{Anomalies, Condition};
use crate::archive::error::Refusal;
use crate::archive::layout;
use crate::archive::records;
use directory::Stop;
use scan::{Kind, Scanned};

/// The entries of a zip in order of path, added to `index`, which is empty, and in what state it is.
pub(super) fn open(
    file: &SharedFile,
    index: Index,
    limits: &Limits,
    anomalies: &mut Anomalies,
) -> Result<(Index, Condition), Refusal> {
    let empty = index.clone();
    let mut kind = Kind::Cut;
    let why = if let Some(directory) = end::find(file, anomalies)? {
        if directory.shift > 0 && starts_at(file, 0, &LOCAL)? {
            return joined(file, index, limits, anomalies);
        }
        match directory::read(file, (&directory, index), limits, anomalies) {
            Ok(index) if index.is_foreign() || index.get(layout::ARCHIVE).is_some() || anomalies.kept.is_empty() => {
                let is_sealed = index.get(layout::MANIFEST).is_some();
                return Ok((index, if is_sealed { Condition::Sealed } else { Condition::Unsealed }));
            }
            Ok(_) => format!("the directory does not list {}", layout::ARCHIVE),
            Err(Stop::Unreadable(why)) => {
                kind = if directory.is_at_the_end { Kind::Damaged } else { Kind::Cut };
                why
            }
            Err(Stop::Refused(refusal)) => return Err(refusal),
        }
    } else {
        "the file does not end with a directory".to_owned()
    };
    *anomalies = Anomalies::default();
    anomalies.note(format!("{why}, so its entries were found by their own headers"));
    let Scanned { index, at, cut, .. } = scan::read(file, (kind, empty), limits, anomalies)?;
    let finished = index.records().len();
    Ok((index, Condition::Cut { at, entry: cut, finished, why }))
}

/// Several zips behind one another, as `cat` joins the parts of a split archive: the directory at the end is that of
/// the last one only. What is the same in several stands for one.
fn joined(
    file: &SharedFile,
    index: Index,
    limits: &Limits,
    anomalies: &mut Anomalies,
) -> Result<(Index, Condition), Refusal> {
    *anomalies = Anomalies::default();
    let Scanned { index, at, cut, directories } = scan::read(file, (Kind::Joined, index), limits, anomalies)?;
    if directories == 0 {
        anomalies.note("the end record says the directory is elsewhere than where it is");
    }
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
