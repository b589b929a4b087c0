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

impl Severity {
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::Error, Self::Fatal];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A word that names no severity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no severity: those are info, warning, error and fatal")]
pub struct SeverityError(String);

impl std::str::FromStr for Severity {
    type Err = SeverityError;

    fn from_str(name: &str) -> Result<Self, SeverityError> {
        Self::ALL.into_iter().find(|severity| severity.name() == name).ok_or_else(|| SeverityError(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files() {
        for severity in Severity::ALL {
            assert_eq!(serde_json::to_value(severity).expect("a name"), severity.name());
            assert_eq!(severity.name().parse(), Ok(severity));
        }
        assert_eq!("grave".parse::<Severity>(), Err(SeverityError("grave".to_owned())));
    }
}
