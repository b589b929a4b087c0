//! One open file, or bytes in memory, read by many at once.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// A file that many threads read at positions of their own.
#[derive(Clone)]
pub(super) struct SharedFile {
    source: Arc<Source>,
    length: u64,
    position: u64,
}

enum Source {
    File(File),
    Bytes(&'static [u8]),
}

impl SharedFile {
    pub fn of_file(file: File, length: u64) -> Self {
        Self { source: Arc::new(Source::File(file)), length, position: 0 }
    }

    pub fn of_bytes(bytes: &'static [u8]) -> Self {
        Self { source: Arc::new(Source::Bytes(bytes)), length: bytes.len() as u64, position: 0 }
    }
}

impl Read for SharedFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &*self.source {
            Source::File(file) => read_at(file, buffer, self.position)?,
            Source::Bytes(bytes) => {
                let at = usize::try_from(self.position).unwrap_or(usize::MAX);
                bytes.get(at..).unwrap_or_default().read(buffer)?
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
