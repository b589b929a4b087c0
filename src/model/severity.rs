//! How bad a signal is on its own, whatever it led to.

use serde::{Deserialize, Serialize};

/// Ordered from harmless to fatal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Normal operation that explains others: a rollout, a pod scheduled.
    Info,
    /// Abnormal, often survivable: a failed probe, a pressure condition.
    Warning,
    /// Something stopped working: a kill, an eviction, a node that is not ready.
    Error,
    /// A whole node, service or control plane is gone.
    Fatal,
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        })
    }
}
