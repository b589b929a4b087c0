//! An archive that lies elsewhere, as in an object store, and is read there piece by piece.
//!
//! This room knows neither stores nor networks: whoever does gives it a [`Ranged`].

use super::Archive;
use super::limits::Limits;
use super::shared_file::SharedFile;
use crate::archive::encryption::Identities;
use crate::archive::error::ArchiveError;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

/// Bytes of which any part can be asked for. Many threads ask at once.
pub trait Ranged: Send + Sync {
    /// How many there are, from when it was opened on.
    fn length(&self) -> u64;

    /// Bytes from `at` on, at least one unless `buffer` is empty or `at` is the end.
    ///
    /// The caller will go on to `until` if that is further than the buffer, so that as much may be read at once.
    fn read_at(&self, buffer: &mut [u8], at: u64, until: u64) -> io::Result<usize>;

    /// Small pieces, in order, that are read next: they may be fetched together. What was expected before is no more.
    fn expect(&self, pieces: &[Range<u64>]) -> io::Result<()>;
}

/// A file that lies elsewhere.
#[derive(Clone)]
pub struct Remote {
    /// What is read of it.
    pub source: Arc<dyn Ranged>,
    /// How it is called where something is said of it, an address.
    pub name: PathBuf,
    /// When it was last written.
    pub written: Option<SystemTime>,
}

impl Remote {
    fn file(&self) -> SharedFile {
        SharedFile::of_ranged(Arc::clone(&self.source))
    }
}

impl Archive {
    /// Opens a zip that lies elsewhere, as [`open_as`](Self::open_as) does one that is here.
    pub fn open_remote(remote: &Remote, limits: Limits, who: Option<&Arc<Identities>>) -> Result<Self, ArchiveError> {
        Self::shared_as(remote.file(), &remote.name, limits, who)
    }

    /// Opens any file that lies elsewhere, as [`open_any`](Self::open_any) does one that is here.
    pub fn open_any_remote(
        remote: &Remote,
        limits: Limits,
        who: Option<&Arc<Identities>>,
    ) -> Result<Self, ArchiveError> {
        Self::any_shared(remote.file(), (&remote.name, remote.written), limits, who)
    }
}
