//! What an entry of an input holds, whatever the format of the input: all that the readers of evidence know of it.

use super::columns::{CheckColumns, NoteColumns};
use crate::logline::boot::Boot;
use crate::objects::Typed;
use crate::objects::kinds::Named;
use std::fmt;

/// A kind of content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Objects of Kubernetes.
    Objects { form: ObjectForm, of: ObjectKind },
    /// Versions of the objects of one kind in one namespace, or in none, as
    /// [`archive::history`](crate::archive::history) has them.
    History { namespace: String, plural: String },
    /// What a container printed.
    Log { form: LogForm, of: LogOf },
    /// What `kubectl cluster-info dump` printed: objects, logs of containers, or both.
    Dump,
    /// What a unit of a node, or its `kernel`, wrote; or what several wrote to the file called so. The node is empty where
    /// several wrote to one file and each line names its own.
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
    /// What an API server wrote down of the requests it was sent.
    Audit(AuditForm),
    /// The runs of an outside check.
    Check(CheckForm),
    /// What people wrote down of what they saw and did.
    Notes(NoteForm),
    /// Tables as kubectl prints them for people; `is_dated` where it is known when the file was written, from which
    /// their ages count.
    Tables { is_dated: bool },
    /// What `kubectl describe` says, with ages as in tables.
    Described { is_dated: bool },
    /// What a program printed that is no container known to be of a pod: that of somebody who watched from outside.
    Program { name: String, form: LogForm },
    /// An answer of a Prometheus as its HTTP API gives it, to a query that nobody wrote down; it was kept as `name`.
    Answer { name: String },
    /// What a cloud did to machines, as its command-line tool prints it.
    Cloud(CloudForm),
    /// What the input says of itself; read by those who open it.
    Custody,
    /// It came, and is not read.
    Unread(WhyUnread),
}

/// Why an entry is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WhyUnread {
    /// It belongs to an archive of ours, and no part of the analysis reads it.
    NotYet,
    /// Nothing here knows what it means.
    UnknownForm,
    Empty,
    /// It has bytes, and none of them can be read.
    Unreadable,
    /// It is no text.
    Binary,
    /// It is read as a whole or not at all, and has more than so many bytes.
    TooLarge(u64),
    /// The log of a container that nothing names.
    NobodysLog,
    /// The runs of an outside check, which are looked for only where somebody says that a file is one.
    LikeCheck,
    /// Notes that people wrote, in the same way.
    LikeNotes,
    /// A table of values.
    Values,
    /// The journal of a node that nothing names, or of no unit that is known.
    NobodysJournal,
    /// Objects that do not say of what kind they are.
    NoKind,
    /// What it holds is read elsewhere.
    Repeated,
}

impl fmt::Display for WhyUnread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotYet => "no part of the analysis reads it",
            Self::UnknownForm => "describes no form that is known",
            Self::Empty => "empty",
            Self::Unreadable => "it cannot be read",
            Self::Binary => "binary",
            Self::TooLarge(most) => return write!(f, "larger than {most} bytes"),
            Self::NobodysLog => "nothing says whose log it is",
            Self::LikeCheck => "it may be the runs of an outside check, and is read where --checks names it",
            Self::LikeNotes => "it may be notes that people wrote, and is read where --notes names it",
            Self::Values => "a table of values: nothing in it says what its columns measure, and in which unit",
            Self::NobodysJournal => "nothing says of which node and unit it is",
            Self::NoKind => "its objects do not say of what kind they are",
            Self::Repeated => "the same stands in another file, which is read",
        })
    }
}

/// How objects are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectForm {
    /// One as JSON on each line.
    Lines,
    /// As JSON: a List, an array, one object, or several of these one after the other.
    Json,
    /// As YAML: a List, a sequence, one object, or several documents.
    Yaml,
}

/// What objects an entry has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// All of this plural, with its group behind a dot where it has one (`pods`, `deployments.apps`).
    Plural(String),
    /// Those that do not say their own are of this kind, as their list says or the name of their file.
    Kind { api_version: String, kind: String },
    /// Each says its own.
    Own,
}

impl ObjectKind {
    /// What kind all of them are of, or those that say none; nothing where each says its own.
    pub fn of_all(&self) -> Option<Named> {
        match self {
            Self::Plural(plural) => Some(Named::of_plural(plural)),
            Self::Kind { api_version, kind } => Some(Named::of_kind(api_version, kind)),
            Self::Own => None,
        }
    }

    /// What kind one of them is of, which may be missing where each says its own.
    pub fn named(&self, json: &[u8]) -> Result<Named, serde_json::Error> {
        if let Self::Plural(plural) = self {
            return Ok(Named::of_plural(plural));
        }
        match (serde_json::from_slice::<Typed>(json), self.of_all()) {
            (Ok(typed), _) => Ok(Named::of_kind(&typed.api_version, &typed.kind)),
            (Err(error), Some(named)) if error.is_data() => Ok(named),
            (Err(error), _) => Err(error),
        }
    }
}

/// How lines of a container's log bear their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// As the API shows it with timestamps: `TIME text`.
    Stamped,
    /// As the container's runtime writes it to its file, see [`container`](crate::logline::container).
    Runtime,
    /// As the program printed it: lines bear times of its own, see [`plain`](crate::logline::plain), or none. Times
    /// without a zone are so many seconds ahead of UTC.
    Own { ahead_s: i32 },
}

/// Which operations of a cloud are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudForm {
    /// `aws autoscaling describe-scaling-activities`.
    ScalingActivities,
    /// `aws cloudtrail lookup-events`.
    CloudTrail,
    /// `gcloud compute operations list --format=json`.
    ComputeOperations,
    /// `az monitor activity-log list`.
    ActivityLog,
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

/// How the events of an audit log lie in its file; what is around each is for its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditForm {
    /// One on each line.
    Lines,
    /// One on each line, behind a time.
    Stamped,
    /// One JSON array.
    Array,
    /// The list that an object has under this name.
    Under(&'static str),
    /// Counts of equal requests of one minute, a line each, as our own archive has them.
    Counts,
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

/// The largest entry that is read as a whole: some hundred thousand runs of a check.
pub const MOST_BYTES: u64 = 32 << 20;

impl Kind {
    /// It, or that it is too large, for an entry of so many bytes.
    pub fn bounded(self, bytes: Option<u64>) -> Self {
        let is_whole = matches!(self, Self::KubeletConfig { .. } | Self::Alerts);
        match bytes.is_some_and(|bytes| is_whole && bytes > MOST_BYTES) {
            true => Self::Unread(WhyUnread::TooLarge(MOST_BYTES)),
            false => self,
        }
    }

    /// Whether nothing reads it.
    pub fn is_unread(&self) -> bool {
        matches!(self, Self::Unread(_))
    }
}
