//! Opens an archive that lies elsewhere, as files that are here are opened.

use super::Archive;
use super::limits::Limits;
use super::ranged::Ranged;
use super::shared_file::SharedFile;
use crate::archive::encryption::Identities;
use crate::archive::error::ArchiveError;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

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
