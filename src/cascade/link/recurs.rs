//! Whether the cause of a link comes back.

use serde::Deserialize;

/// Whether a cause comes back for as long as its effect lasts, and often only its last time is recorded: of a container
/// that is started again and again the API keeps the last end (Kubernetes API reference, ContainerStatus, lastState).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "bool")]
pub enum Recurs {
    #[default]
    No,
    Yes,
}

impl From<bool> for Recurs {
    fn from(recurs: bool) -> Self {
        if recurs { Self::Yes } else { Self::No }
    }
}
