//! Files that are no archive of ours, but hold others: a tar or a zip, packed or not, and single files that are packed.
//!
//! What they are shows in their first bytes; names are not believed. Nothing is unpacked to a place with a name: what
//! is packed as a whole goes to a file without one, and entries are read where they lie there.

pub(super) mod inside;
mod pax;
pub(super) mod tar;

use super::container;
use super::index::Index;
use super::limits::Limits;
use super::packing::{Packing, Unpacked};
use super::shared_file::SharedFile;
use super::soundness::{Anomalies, Condition};
use crate::archive::error::{Hostile, Refusal, quoted};
use crate::archive::layout;
use crate::archive::records;
use crate::archive::scratch::Scratch;
use std::io::{self, Read};

/// Unpacked bytes that are held in memory; what is more waits on the disk.
const IN_MEMORY: usize = 16 << 20;

/// Bytes by which a file is known: those of a tar's first header.
pub(super) const START_BYTES: usize = 512;

/// What a file holds that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Tar,
    Zip,
}

impl Container {
    pub fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(&container::LOCAL) {
            return Some(Self::Zip);
        }
        tar::is_tar(start).then_some(Self::Tar)
    }

    /// The entries of `file`, in order of path, and in what state it is.
    pub fn open(
        self,
        file: &SharedFile,
        limits: &Limits,
        anomalies: &mut Anomalies,
    ) -> Result<(Index, Condition), Refusal> {
        match self {
            Self::Tar => tar::open(file, limits, anomalies),
            Self::Zip => container::open(file, Index::foreign(), limits, anomalies),
        }
    }
}

/// Whether a zip is an archive of ours, by its first entry: the header is written first.
pub(super) fn is_ours(file: &SharedFile) -> io::Result<bool> {
    let mut start = Vec::new();
    file.read_at(0, START_BYTES, &mut start)?;
    Ok(is_ours_by(&start))
}

/// The same of a zip's first bytes.
fn is_ours_by(start: &[u8]) -> bool {
    let name = records::local(start).and_then(|header| {
        let end = records::LOCAL_BYTES.checked_add(header.name_bytes.into())?;
        start.get(records::LOCAL_BYTES..end)
    });
    name.is_some_and(is_header)
}

/// Whether a path is that of an archive's header in its top folder.
pub(super) fn is_header(path: &[u8]) -> bool {
    let below = memchr::memchr(b'/', path).and_then(|slash| path.get(slash + 1..));
    below == Some(layout::ARCHIVE.as_bytes())
}

/// A file that is packed as a whole, unpacked: in what it was packed and what came of it.
pub(super) struct Whole {
    pub file: SharedFile,
    pub packing: Packing,
    /// What is wrong with it behind what came.
    pub damage: Option<String>,
}

/// Unpacks `file` if it is packed as a whole.
pub(super) fn unpacked(file: &SharedFile, name: &str, limits: &Limits) -> Result<Option<Whole>, Refusal> {
    let mut start = Vec::new();
    file.read_at(0, START_BYTES, &mut start)?;
    let Some(packing) = Packing::of(&start) else { return Ok(None) };
    let of_ratio = packing.most(file.length(), limits);
    let most = of_ratio.min(limits.total_bytes);
    let mut scratch = Scratch::of_system().file_with(IN_MEMORY);
    let (bytes, damage) = match packing.unpack(&mut file.from(0), &mut scratch, most)? {
        Unpacked::Whole(bytes) => (bytes, None),
        Unpacked::Damaged(bytes, why) => (bytes, Some(why)),
        Unpacked::TooMuch if most < of_ratio => {
            return Err(Hostile::TotalTooLarge { limit: limits.total_bytes }.into());
        }
        Unpacked::TooMuch => {
            let (path, packed, limit) = (quoted(name.as_bytes()), file.length(), limits.ratio);
            return Err(Hostile::RatioTooHigh { path, packed, bytes: most, limit }.into());
        }
    };
    Ok(Some(Whole { file: scratch.into_shared(bytes)?, packing, damage }))
}

/// The first bytes of what `reader` holds.
fn start_of(reader: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    reader.take(START_BYTES as u64).read_to_end(&mut start)?;
    Ok(start)
}
