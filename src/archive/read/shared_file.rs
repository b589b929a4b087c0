//! One open file, plain or encrypted, bytes in memory, or a file that lies elsewhere, read by many at once.

use super::ranged::Ranged;
use crate::archive::encryption::{Decrypted, ScratchCipher};
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::sync::Arc;

/// A file that many threads read at positions of their own. Its length is that at opening: what a run that still
/// goes on appends is not seen.
#[derive(Clone)]
pub(crate) struct SharedFile {
    source: Arc<Source>,
    /// Where it begins in the source.
    start: u64,
    length: u64,
    position: u64,
    /// How far whoever reads will go on, where that is known.
    until: u64,
}

enum Source {
    File(File),
    Bytes(Cow<'static, [u8]>),
    /// The content of an encrypted file.
    Decrypted(Decrypted),
    /// A file of this run, encrypted with a key of its own.
    Scratch(File, ScratchCipher),
    Ranged(Arc<dyn Ranged>),
}

impl SharedFile {
    pub fn of_file(file: File, length: u64) -> Self {
        Self::of(Source::File(file), length)
    }

    pub fn of_bytes(bytes: Cow<'static, [u8]>) -> Self {
        let length = bytes.len() as u64;
        Self::of(Source::Bytes(bytes), length)
    }

    pub fn of_decrypted(content: Decrypted) -> Self {
        let length = content.length();
        Self::of(Source::Decrypted(content), length)
    }

    pub fn of_scratch(file: File, cipher: ScratchCipher, length: u64) -> Self {
        Self::of(Source::Scratch(file, cipher), length)
    }

    pub fn of_ranged(source: Arc<dyn Ranged>) -> Self {
        let length = source.length();
        Self::of(Source::Ranged(source), length)
    }

    fn of(source: Source, length: u64) -> Self {
        Self { source: Arc::new(source), start: 0, length, position: 0, until: 0 }
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// The same file, to be read from `at`.
    pub fn from(&self, at: u64) -> Self {
        Self { source: Arc::clone(&self.source), position: at, until: 0, ..*self }
    }

    /// `length` bytes of it from `at` on, by somebody who means to read all of them.
    pub fn through(&self, at: u64, length: u64) -> io::Take<Self> {
        let until = at.saturating_add(length).min(self.length);
        Self { source: Arc::clone(&self.source), position: at, until, ..*self }.take(length)
    }

    /// Says which small pieces are read next, to a source that is slow to answer each alone. None is for any other.
    pub fn expect(&self, pieces: impl FnOnce() -> io::Result<Vec<Range<u64>>>) -> io::Result<()> {
        match &*self.source {
            Source::Ranged(source) if self.start == 0 => source.expect(&pieces()?),
            _ => Ok(()),
        }
    }

    /// A part of it as a file of its own: `length` bytes from `start` on, as far as they are there.
    pub fn part(&self, start: u64, length: u64) -> Self {
        let start = start.min(self.length);
        let length = length.min(self.length - start);
        let start = self.start.saturating_add(start);
        Self { source: Arc::clone(&self.source), start, length, position: 0, until: 0 }
    }

    /// Up to `count` bytes at `at`, in `buffer` in place of what it held; fewer where the file ends before.
    pub fn read_at(&self, at: u64, count: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        buffer.clear();
        self.through(at, count as u64).read_to_end(buffer).map(drop)
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let at = self.start.saturating_add(self.position);
        let count = match &*self.source {
            Source::File(file) => read_at(file, buffer, at)?,
            Source::Bytes(bytes) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                bytes.get(at..).unwrap_or_default().read(buffer)?
            }
            Source::Decrypted(content) => content.read_at(buffer, at)?,
            Source::Scratch(file, cipher) => {
                let count = read_at(file, buffer, at)?;
                cipher.apply(at, buffer.get_mut(..count).unwrap_or_default())?;
                count
            }
            Source::Ranged(source) => source.read_at(buffer, at, self.start.saturating_add(self.until))?,
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.position)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}
