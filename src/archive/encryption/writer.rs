//! An age file that grows at its end. It is on the disk in pieces of 64 KiB: what is in the last, unfinished one is in
//! memory, and lost by a kill.

use age::stream::StreamWriter;
use std::fmt;
use std::fs::File;
use std::io::{self, Write};

/// A file that is encrypted as it is written.
pub struct EncryptedFile {
    stream: Box<StreamWriter<File>>,
    /// The same file, to be synced.
    file: File,
    /// Nothing more can follow what was written last.
    is_broken: bool,
}

impl EncryptedFile {
    /// Writes the header of the age file.
    pub(super) fn begin(file: File, encryptor: age::Encryptor) -> io::Result<Self> {
        let stream = Box::new(encryptor.wrap_output(file.try_clone()?)?);
        Ok(Self { stream, file, is_broken: false })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// Refuses whatever is written from now on: the last entry is not whole, and what is written cannot be taken back.
    pub fn give_up(&mut self) {
        self.is_broken = true;
    }

    /// Writes the last piece, without which the age file counts as cut.
    pub fn finish(self) -> io::Result<File> {
        self.refuse_if_broken()?;
        self.stream.finish()?;
        Ok(self.file)
    }

    fn refuse_if_broken(&self) -> io::Result<()> {
        match self.is_broken {
            true => {
                Err(io::Error::other("an earlier entry could not be written, and an encrypted file cannot go back"))
            }
            false => Ok(()),
        }
    }
}

impl Write for EncryptedFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.refuse_if_broken()?;
        let written = self.stream.write(bytes);
        self.is_broken = written.is_err();
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl fmt::Debug for EncryptedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedFile").field("file", &self.file).finish_non_exhaustive()
    }
}
