//! The file an archive is written to, front to back: as it is, or encrypted on the way.

use crate::archive::encryption::{EncryptedFile, Recipients};
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

/// A file that grows at its end.
#[derive(Debug)]
pub(super) enum Output {
    Plain(File),
    Encrypted(EncryptedFile),
}

impl Output {
    /// Begins in an empty file.
    pub fn new(file: File, recipients: Option<&Recipients>) -> io::Result<Self> {
        Ok(match recipients {
            Some(recipients) => Self::Encrypted(recipients.begin(file)?),
            None => Self::Plain(file),
        })
    }

    pub fn file(&self) -> &File {
        match self {
            Self::Plain(file) => file,
            Self::Encrypted(file) => file.file(),
        }
    }

    /// Takes back what was written behind `end`, if that is possible at all. What is encrypted cannot be taken back: so
    /// nothing more is taken.
    pub fn go_back(&mut self, end: u64) {
        match self {
            Self::Plain(file) => {
                let _ = file.set_len(end).and_then(|()| file.seek(SeekFrom::Start(end)));
            }
            Self::Encrypted(file) => file.give_up(),
        }
    }

    /// Ends the file, and gives it to be synced.
    pub fn finish(self) -> io::Result<File> {
        match self {
            Self::Plain(file) => Ok(file),
            Self::Encrypted(file) => file.finish(),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(file) => file.write(bytes),
            Self::Encrypted(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(file) => file.flush(),
            Self::Encrypted(file) => file.flush(),
        }
    }
}
