//! What ends a recording, as against what is a gap in it.

use crate::archive::ArchiveError;
use crate::signals::CatalogueError;
use crate::sources::SourcesError;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The recording could not begin, or could not end well.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    /// Another program records there.
    #[error("another program records into {path}")]
    InUse { path: PathBuf },
    /// The folder has segments of the cluster whose `kube-system` has the UID `older`, and this is another.
    #[error("the folder has a recording of the cluster with UID {older}, and this one has UID {here}")]
    OtherCluster { older: String, here: String },
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Sources(#[from] SourcesError),
}

impl RecordError {
    pub(super) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_owned(), source }
    }
}
