//! One open file, plain or encrypted, or bytes in memory, read by many at once.

use crate::archive::encryption::Decrypted;
#[cfg(feature = "live")]
use crate::archive::encryption::ScratchCipher;
use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// A file that many threads read at positions of their own. Its length is that at opening: what a run that still
/// goes on appends is not seen.
#[derive(Clone)]
pub(crate) struct SharedFile {
    source: Arc<Source>,
    length: u64,
    position: u64,
}

enum Source {
    File(File),
    Bytes(Cow<'static, [u8]>),
    /// The content of an encrypted file.
    Decrypted(Decrypted),
    /// A file of this run, encrypted with a key of its own.
    #[cfg(feature = "live")]
    Scratch(File, ScratchCipher),
}

impl SharedFile {
    pub fn of_file(file: File, length: u64) -> Self {
        Self { source: Arc::new(Source::File(file)), length, position: 0 }
    }

    pub fn of_bytes(bytes: Cow<'static, [u8]>) -> Self {
        Self { length: bytes.len() as u64, source: Arc::new(Source::Bytes(bytes)), position: 0 }
    }

    pub fn of_decrypted(content: Decrypted) -> Self {
        Self { length: content.length(), source: Arc::new(Source::Decrypted(content)), position: 0 }
    }

    #[cfg(feature = "live")]
    pub fn of_scratch(file: File, cipher: ScratchCipher, length: u64) -> Self {
        Self { source: Arc::new(Source::Scratch(file, cipher)), length, position: 0 }
    }

    pub fn length(&self) -> u64 {
        self.length
    }

    /// The same file, to be read from `at`.
    pub fn from(&self, at: u64) -> Self {
        Self { source: Arc::clone(&self.source), length: self.length, position: at }
    }

    /// Up to `count` bytes at `at`, in `buffer` in place of what it held; fewer where the file ends before.
    pub fn read_at(&self, at: u64, count: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
        buffer.clear();
        self.from(at).take(count as u64).read_to_end(buffer).map(drop)
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(self.position)).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        let buffer = buffer.get_mut(..most).unwrap_or_default();
        let count = match &*self.source {
            Source::File(file) => read_at(file, buffer, self.position)?,
            Source::Bytes(bytes) => {
                let at = usize::try_from(self.position).unwrap_or(usize::MAX);
                bytes.get(at..).unwrap_or_default().read(buffer)?
            }
            Source::Decrypted(content) => content.read_at(buffer, self.position)?,
            #[cfg(feature = "live")]
            Source::Scratch(file, cipher) => {
                let count = read_at(file, buffer, self.position)?;
                cipher.apply(self.position, buffer.get_mut(..count).unwrap_or_default())?;
                count
            }
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
