//! What an entry of an input holds, whatever the format of the input: all that the readers of evidence know of it.

use super::columns::{CheckColumns, NoteColumns};
use crate::logline::boot::Boot;
use crate::objects::Typed;
use crate::objects::kinds::Named;

/// A kind of content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Objects of Kubernetes.
    Objects { form: ObjectForm, of: ObjectKind },
    /// What a container printed.
    Log { form: LogForm, of: LogOf },
    /// What a unit of a node, or its `kernel`, wrote; or what several wrote to the file called so.
    Journal { node: String, unit: String, form: JournalForm },
    /// The answer of a Prometheus to a range query; `server` is empty for the first that was asked.
    Series { query: String, server: String },
    /// What a Prometheus had pending or firing when it was asked.
    Alerts,
    /// The configuration that the kubelet of a node runs with.
    KubeletConfig { node: String },
    /// One [`Outcome`](crate::archive::format::Outcome) a line.
    Outcomes,
    /// One [`ClockReading`](crate::archive::format::ClockReading) a line.
    Clocks,
    /// What each API server answered to the same questions, one answer a line.
    Members,
    /// The runs of an outside check.
    Check(CheckForm),
    /// What people wrote down of what they saw and did.
    Notes(NoteForm),
    /// What the input says of itself; read by those who open it.
    Custody,
    /// It came, and nothing here knows what it means.
    Unread,
}

/// How objects are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectForm {
    /// One as JSON on each line.
    Lines,
    /// A List as JSON: the items of one object.
    List,
    /// A List as YAML.
    Yaml,
}

/// What objects an entry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// All of this plural, with its group behind a dot where it has one (`pods`, `deployments.apps`).
    Plural(String),
    /// All of this kind, as a list says whose items do not.
    Kind { api_version: String, kind: String },
    /// Each says its own.
    Own,
}

impl ObjectKind {
    /// What kind all of them are of; none where each says its own.
    pub fn of_all(&self) -> Option<Named> {
        match self {
            Self::Plural(plural) => Some(Named::of_plural(plural)),
            Self::Kind { api_version, kind } => Some(Named::of_kind(api_version, kind)),
            Self::Own => None,
        }
    }

    /// What kind one of them is of, which may be missing where each says its own.
    pub fn named(&self, json: &[u8]) -> Result<Named, serde_json::Error> {
        if let Some(named) = self.of_all() {
            return Ok(named);
        }
        let typed: Typed = serde_json::from_slice(json)?;
        Ok(Named::of_kind(&typed.api_version, &typed.kind))
    }
}

/// How lines of a container's log bear their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// As the API shows it with timestamps: `TIME text`.
    Stamped,
    /// As the container's runtime writes it to its file, see [`container`](crate::logline::container).
    Runtime,
}

/// Whose log it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogOf {
    pub namespace: String,
    pub pod: String,
    /// Of a pod that was deleted, whose name another may have taken.
    pub uid: Option<String>,
    pub container: String,
}

/// How lines of a journal begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalForm {
    /// As journalctl or syslog print it, see [`syslog`](crate::logline::syslog): `Nov 21 06:58:33.518248 node-1
    /// kubelet[74]: MESSAGE`.
    ShortPrecise,
    /// klog's own header: `I1121 06:58:33.501922      74 flags.go:64] MESSAGE`.
    Klog,
    /// A file of syslog, in which each line names its program, or of one program with times of its own. Times without
    /// a zone are so many seconds ahead of UTC. Lines with the kernel's seconds alone count from `boot`, where it is known.
    Plain { ahead_s: i32, boot: Option<Boot> },
}

/// How the runs of an outside check are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckForm {
    /// A table, one run in a row.
    Csv(CheckColumns),
    /// The journal of an experiment of the Chaos Toolkit, as JSON.
    ChaosToolkit,
    /// Objects of Litmus or Chaos Mesh, as kubectl prints them as JSON.
    Json,
    /// The same as YAML.
    Yaml,
    /// Results of tests, as XML.
    JUnit,
}

/// How people wrote notes down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteForm {
    /// Markdown, or what was copied out of a chat: a note is a line that begins with a time.
    Text,
    /// A table, one note in a row.
    Csv(NoteColumns),
}

impl Kind {
    /// Whether nothing reads it.
    pub fn is_unread(&self) -> bool {
        *self == Self::Unread
    }
}
