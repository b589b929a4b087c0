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
pub(super) use view::View;

use super::error::Refusal;
use super::index::Index;
use super::layout;
use super::limits::Limits;
use super::shared_file::SharedFile;
use super::soundness::{Anomalies, Condition};
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
