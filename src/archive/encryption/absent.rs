//! Encryption in a build without it: types that have no values, so that nobody else need ask which build this is.

use crate::archive::error::ArchiveError;
use crate::archive::read::shared_file::SharedFile;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// For whom an archive is encrypted: this build cannot.
#[derive(Debug)]
pub enum Recipients {}

/// Who reads encrypted archives: this build cannot.
#[derive(Debug)]
pub enum Identities {}

#[derive(Debug)]
pub enum EncryptedFile {}

#[derive(Debug)]
pub enum ScratchKey {}

#[derive(Clone, Debug)]
pub enum ScratchCipher {}

pub enum Decrypted {}

impl Recipients {
    pub(in crate::archive) fn begin(&self, _: File) -> io::Result<EncryptedFile> {
        match *self {}
    }

    pub(in crate::archive) fn scratch_key(&self) -> Arc<ScratchKey> {
        match *self {}
    }

    pub(in crate::archive) fn room_within(&self, _: u64) -> io::Result<u64> {
        match *self {}
    }

    pub fn encrypt(&self, _: &[u8]) -> io::Result<Vec<u8>> {
        match *self {}
    }

    /// Who can read what was encrypted to these while this program runs.
    #[cfg(feature = "live")]
    pub(crate) fn reader(&self) -> Option<Arc<Identities>> {
        match *self {}
    }
}

impl EncryptedFile {
    pub fn file(&self) -> &File {
        match *self {}
    }

    pub fn give_up(&mut self) {
        match *self {}
    }

    pub fn finish(self) -> io::Result<File> {
        match self {}
    }
}

impl io::Write for EncryptedFile {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match *self {}
    }
}

impl ScratchKey {
    pub fn next(&self) -> ScratchCipher {
        match *self {}
    }
}

impl ScratchCipher {
    pub fn apply(&self, _: u64, _: &mut [u8]) -> io::Result<()> {
        match *self {}
    }
}

impl Decrypted {
    pub fn open(_: SharedFile, _: &Path, who: &Arc<Identities>) -> Result<Self, ArchiveError> {
        match **who {}
    }

    pub fn length(&self) -> u64 {
        match *self {}
    }

    pub fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
        match *self {}
    }
}
