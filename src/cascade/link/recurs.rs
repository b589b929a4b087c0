//! Whether an end of a link comes back.

use serde::Deserialize;

/// Whether the cause or the effect of a link comes back, and often only its last time is recorded: of a container that is
/// started again and again the API keeps the last end (Kubernetes API reference, ContainerStatus, lastState).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub enum Recurs {
    #[default]
    No,
    /// The cause comes back for as long as its effect lasts.
    Cause,
    /// The effect comes back for as long as the kubelet backs off from starting its container: its first time may have
    /// been when that began.
    Effect,
}

/// `true`, which means the cause, or the end that recurs.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Cause(bool),
    End(String),
}

impl TryFrom<Written> for Recurs {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        match written {
            Written::Cause(false) => Ok(Self::No),
            Written::Cause(true) => Ok(Self::Cause),
            Written::End(end) if end == "cause" => Ok(Self::Cause),
            Written::End(end) if end == "effect" => Ok(Self::Effect),
            Written::End(end) => Err(format!("recurs: {end} is none of true, false, cause and effect")),
        }
    }
}
