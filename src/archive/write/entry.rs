//! One entry on its way into an archive: compressed and hashed where its bytes come from, on any thread.
//!
//! A small entry waits in memory, a large one in a file without a name beside the archive, so that a log of any
//! size passes in bounded memory and nothing is left behind by a kill.

use crate::archive::encryption::Recipients;
use crate::archive::error::ArchiveError;
use crate::archive::format::ManifestEntry;
use crate::archive::hash::hex;
use crate::archive::layout;
use crate::archive::records::{self, Packed};
use crate::archive::scratch::{Scratch, ScratchFile};
use crate::redact::{Counts, Redactor, Stream};
use chrono::{DateTime, Datelike, Timelike, Utc};
use flate2::Compression;
use flate2::write::DeflateEncoder;
use sha2::{Digest, Sha256};
use std::io::{self, Seek, Write};
use std::path::Path;
use std::sync::Arc;

/// What kind of text an entry is, which decides how hard it is compressed.
///
/// Measured on node logs with zlib-rs: level 3 packs within 5 % of `zip -6` at almost three times its speed, while
/// small JSON gains from level 6. Levels 1 and 9 are never worth it there. Logs of containers are many and small, each
/// an entry of its own: with level 7 all of them are no larger than in one tar.gz, at two thirds of the speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Log,
    ContainerLog,
    Json,
}

impl Content {
    fn level(self) -> Compression {
        Compression::new(match self {
            Self::Log => 3,
            Self::ContainerLog => 7,
            Self::Json => 6,
        })
    }
}

/// What every entry of one archive has in common: its top folder, its time stamp, where it waits, for whom it is, and
/// what takes credentials out of it.
#[derive(Clone, Debug)]
pub struct Target {
    top: String,
    pub(super) modified: (u16, u16),
    scratch: Scratch,
    recipients: Option<Arc<Recipients>>,
    redactor: Option<Redactor>,
}

impl Target {
    /// `top` is the top folder's name; `time` (UTC) becomes every entry's modification time; large entries wait in
    /// `folder`, best that of the archive, where there is room for them anyway.
    pub fn new(top: impl Into<String>, time: DateTime<Utc>, folder: &Path) -> Self {
        Self {
            top: top.into(),
            modified: ms_dos(time),
            scratch: Scratch::new(folder),
            recipients: None,
            redactor: None,
        }
    }

    /// The same, but encrypted, what waits included; not for none.
    pub fn encrypted_to(mut self, recipients: Option<Arc<Recipients>>) -> Self {
        if let Some(recipients) = &recipients {
            self.scratch = self.scratch.encrypted(recipients.scratch_key());
        }
        Self { recipients, ..self }
    }

    /// The same, with credentials taken out of every entry by `redactor`; not by none.
    pub fn redacted_by(self, redactor: Option<Redactor>) -> Self {
        Self { redactor, ..self }
    }

    /// What takes credentials out, for what waits elsewhere or is said.
    pub fn redactor(&self) -> Option<&Redactor> {
        self.redactor.as_ref()
    }

    /// Where large entries wait, and where there is room for what else is too large for memory.
    pub fn scratch(&self) -> &Scratch {
        &self.scratch
    }

    pub(super) fn recipients(&self) -> Option<&Recipients> {
        self.recipients.as_deref()
    }

    /// `PATH` below the top folder, as it is called in the zip.
    pub(super) fn full(&self, path: &str) -> String {
        format!("{}/{path}", self.top)
    }
}

/// Time and date as APPNOTE 4.4.6 has them: two seconds fine, from 1980 to 2107; outside of that, the beginning of it.
fn ms_dos(time: DateTime<Utc>) -> (u16, u16) {
    let Some(years) = u16::try_from(time.year() - 1980).ok().filter(|years| *years < 128) else {
        return (0, 1 << 5 | 1);
    };
    // At most 60, and so on: each fits its bits.
    let part = |number: u32| u16::try_from(number).unwrap_or_default();
    let clock = part(time.hour()) << 11 | part(time.minute()) << 5 | part(time.second() / 2);
    (clock, years << 9 | part(time.month()) << 5 | part(time.day()))
}

/// Redacts, compresses and hashes one entry as its bytes arrive. Dropping it loses the entry and nothing else.
pub struct EntryBuilder {
    redacted: Option<Stream>,
    taken: u64,
    packing: Packing,
}

/// An entry as it is in the archive.
struct Packing {
    path: String,
    packer: DeflateEncoder<Counted>,
    crc: crc32fast::Hasher,
    sha256: Sha256,
    bytes: u64,
}

impl EntryBuilder {
    /// Begins the entry `path` (below the top folder) of the archive `target`. Of objects the path tells the kind, and so
    /// what of them may be a credential wherever it stands.
    pub fn new(target: &Target, path: impl Into<String>, content: Content) -> Result<Self, ArchiveError> {
        let path = path.into();
        let redacted = target.redactor.as_ref().map(|redactor| match layout::parse_objects(&path) {
            Some((_, kind)) => redactor.stream_of(&kind),
            None => redactor.stream(),
        });
        Ok(Self { redacted, taken: 0, packing: Packing::new(target, path, content)? })
    }

    /// As [`new`](Self::new), for what this program says itself of the archive: sums, for example, stay what they are.
    pub(in crate::archive) fn as_it_is(
        target: &Target,
        path: impl Into<String>,
        content: Content,
    ) -> Result<Self, ArchiveError> {
        Ok(Self { redacted: None, taken: 0, packing: Packing::new(target, path.into(), content)? })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.taken += bytes.len() as u64;
        let packing = &mut self.packing;
        match &mut self.redacted {
            Some(stream) => stream.push(bytes, &mut |clean| packing.write(clean)),
            None => packing.write(bytes),
        }
    }

    /// Bytes taken so far, as they came.
    pub fn bytes(&self) -> u64 {
        self.taken
    }

    pub fn finish(self) -> Result<PreparedEntry, ArchiveError> {
        let Self { redacted, mut packing, .. } = self;
        let redactions = match redacted {
            Some(stream) => stream.end(&mut |clean| packing.write(clean))?,
            None => Counts::default(),
        };
        packing.finish(redactions)
    }

    /// Begins, fills and finishes an entry in one call.
    pub fn whole(
        target: &Target,
        path: impl Into<String>,
        content: Content,
        bytes: &[u8],
    ) -> Result<PreparedEntry, ArchiveError> {
        let mut entry = Self::new(target, path, content)?;
        entry.write(bytes)?;
        entry.finish()
    }
}

impl Packing {
    fn new(target: &Target, path: String, content: Content) -> Result<Self, ArchiveError> {
        if target.full(&path).len() > usize::from(u16::MAX) {
            return Err(failed(&path, "its path does not fit a zip"));
        }
        let spool = Counted { spool: target.scratch.file(), bytes: 0 };
        Ok(Self {
            path,
            packer: DeflateEncoder::new(spool, content.level()),
            crc: crc32fast::Hasher::new(),
            sha256: Sha256::new(),
            bytes: 0,
        })
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.packer.write_all(bytes).map_err(|error| failed(&self.path, error))?;
        self.crc.update(bytes);
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn finish(self, redactions: Counts) -> Result<PreparedEntry, ArchiveError> {
        let path = self.path;
        let Counted { spool: mut data, bytes: packed } = self.packer.finish().map_err(|error| failed(&path, error))?;
        data.rewind().map_err(|error| failed(&path, error))?;
        let (crc, size) = (self.crc.finalize(), self.bytes);
        let packed = Packed { method: records::DEFLATED, crc, packed, size };
        let manifest = ManifestEntry { path, bytes: size, sha256: hex(&self.sha256.finalize()) };
        Ok(PreparedEntry { data, packed, manifest, redactions })
    }
}

impl Write for EntryBuilder {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::write(self, bytes).map_err(io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where packed bytes wait, and how many there are.
struct Counted {
    spool: ScratchFile,
    bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.spool.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.spool.flush()
    }
}

/// A compressed entry on its way to the file.
pub struct PreparedEntry {
    pub(super) data: ScratchFile,
    pub(super) packed: Packed,
    pub(super) manifest: ManifestEntry,
    /// Credentials that were taken out, by rule.
    pub(super) redactions: Counts,
}

impl PreparedEntry {
    pub fn path(&self) -> &str {
        &self.manifest.path
    }

    /// Before compression.
    pub fn bytes(&self) -> u64 {
        self.manifest.bytes
    }
}

fn failed(path: &str, error: impl std::fmt::Display) -> ArchiveError {
    ArchiveError::Entry { entry: path.to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_ms_dos() {
        let at = |text: &str| ms_dos(DateTime::parse_from_rfc3339(text).expect("a time").to_utc());
        assert_eq!(at("2026-11-21T07:12:31Z"), (7 << 11 | 12 << 5 | 15, 46 << 9 | 11 << 5 | 21));
        assert_eq!(at("1970-01-01T00:00:00Z"), (0, 33));
        assert_eq!(at("2200-01-01T00:00:00Z"), (0, 33));
    }
}
