//! What ends a run, as against what costs it an item: an item that fails is an outcome, never one of these.

use crate::archive::ArchiveError;

/// The run could not begin, or could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SourcesError {
    /// There is no kubeconfig, or it does not make sense.
    #[error("{0}")]
    Config(String),
    /// The context that was asked for is not in the kubeconfig; `known` lists those that are.
    #[error("no context {context:?} in the kubeconfig")]
    Context { context: String, known: Vec<String> },
    /// The API server answered, and refuses whoever asks.
    #[error("{0}")]
    Credentials(String),
    /// The connection is up, and its certificate is not to be trusted.
    #[error("{0}")]
    Certificate(String),
    /// Nothing answers where the API server should be.
    #[error("{0}")]
    Unreachable(String),
    /// The archive to go on with is of the cluster whose `kube-system` has the UID `older`, and this is another.
    #[error("the archive is of the cluster with UID {older}, and this one has UID {here}")]
    OtherCluster { older: String, here: String },
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}
