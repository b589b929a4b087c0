//! The records of an archive of format 1 as they are written, and what this version can read.
//!
//! Changes of the format:
//! - 1.0: the first.
//! - 1.1: `meta/planned/NNNN.jsonl`, `meta/redactions/NNNN.jsonl`, `meta/custody.jsonl`, `meta/part-N-of-M.json`,
//!   `meta/SHA256SUMS` and its signature.
//! - 1.2: `history/`, the versions of objects.
//!
//! A reader takes any 1.x, ignoring what it does not know; fields are only ever added.

use chrono::{DateTime, Datelike, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The format this version writes.
pub const FORMAT: FormatVersion = FormatVersion { major: 1, minor: 2 };

/// Name and version of this program, as archives and reports carry it.
pub const TOOL: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// Readers refuse another `major`, and read a newer `minor` as far as they know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormatVersion {
    pub major: u32,
    pub minor: u32,
}

/// `meta/archive.json`, the first entry.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Header {
    pub format: FormatVersion,
    /// Name and version of the program that wrote it.
    pub tool: String,
    pub cluster: ClusterId,
    /// The incident window that was asked for.
    #[serde(deserialize_with = "time")]
    pub from: DateTime<Utc>,
    #[serde(deserialize_with = "time")]
    pub to: DateTime<Utc>,
    /// When collecting began, by the clock of the machine that collected.
    #[serde(deserialize_with = "time")]
    pub started_at: DateTime<Utc>,
    /// The options as given, by name.
    pub options: BTreeMap<String, String>,
    pub clocks: Vec<ClockReading>,
}

/// A time of RFC 3339, whose years have four digits. chrono reads more, which no sum with a span of time bears.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    let time = DateTime::<Utc>::deserialize(deserializer)?;
    let is_written_so = (0..=9999).contains(&time.year());
    is_written_so.then_some(time).ok_or_else(|| D::Error::custom("a year has four digits (RFC 3339)"))
}

/// Which cluster: enough to tell two archives apart, nothing that reaches it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterId {
    /// UID of the namespace `kube-system`, which lives as long as the cluster does.
    pub uid: Option<String>,
    /// The API server's `gitVersion`.
    pub version: Option<String>,
    /// The kubeconfig context that was used.
    pub context: Option<String>,
}

/// What one clock said between two readings of another: the `Date` header of an endpoint, or the renewal of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// `API server`, `Node/NAME` and others that were asked, or `Lease/NAMESPACE/NAME` for the clock of its holder.
    pub endpoint: String,
    #[serde(deserialize_with = "time")]
    pub local_before: DateTime<Utc>,
    #[serde(deserialize_with = "time")]
    pub local_after: DateTime<Utc>,
    /// In whole seconds where it was a `Date` (RFC 9110, 5.6.7): then it may have been up to a second later.
    #[serde(deserialize_with = "time")]
    pub remote: DateTime<Utc>,
    /// Whose clock `local_before` and `local_after` are of, if not that of the machine that collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against: Option<String>,
}

/// How a planned item ended. Every planned item ends in exactly one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It is in the archive, whole.
    Collected,
    /// It is in the archive, cut at a cap; `why` says which.
    Truncated,
    /// It was asked for and there was nothing: a container that printed no line, a kind with no object.
    Empty,
    /// The cluster refused it because a permission is missing.
    Denied,
    /// The thing itself does not exist: no such unit, no such API, no Prometheus.
    Absent,
    /// Nothing answered there.
    Unreachable,
    /// It answered too late.
    Timeout,
    /// It existed and is gone: a dead container that the kubelet has removed, an old continue token.
    Expired,
    /// It answered, with something that is not it; `why` quotes it.
    Failed,
    /// It was not asked for any more: the run ended, or an option said so.
    Skipped,
}

impl Status {
    pub const ALL: [Self; 10] = [
        Self::Collected,
        Self::Truncated,
        Self::Empty,
        Self::Denied,
        Self::Absent,
        Self::Unreachable,
        Self::Timeout,
        Self::Expired,
        Self::Failed,
        Self::Skipped,
    ];

    /// Whether evidence may be missing that exists, or existed, in the cluster and a better run could have had.
    ///
    /// `Expired` is no such thing: it was gone before anybody asked.
    pub fn is_missing(self) -> bool {
        matches!(self, Self::Denied | Self::Unreachable | Self::Timeout | Self::Failed | Self::Skipped)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Collected => "collected",
            Self::Truncated => "truncated",
            Self::Empty => "empty",
            Self::Denied => "denied",
            Self::Absent => "absent",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
}

/// One line of `meta/outcomes.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The collector, as `pod-logs`.
    pub source: String,
    /// What of it, as `Pod/shop/api-0 container app, previous`.
    pub subject: String,
    pub status: Status,
    /// Why it is not simply `collected`; empty when it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_code: Option<u16>,
    /// The entry it was written to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The node it was to come from, where it is a node's to give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The span it covers, where it covers one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<DateTime<Utc>>,
    /// Bytes written, before compression.
    #[serde(default)]
    pub bytes: u64,
    /// When it ended, by the collecting machine's clock.
    #[serde(deserialize_with = "time")]
    pub at: DateTime<Utc>,
    pub took_ms: u64,
}

impl Outcome {
    /// What came of an item at once, of which nothing else is known: no entry, no node, no span, no bytes.
    pub fn new(source: &str, subject: &str, status: Status, at: DateTime<Utc>) -> Self {
        Self {
            source: source.to_owned(),
            subject: subject.to_owned(),
            status,
            why: String::new(),
            http_code: None,
            entry: None,
            node: None,
            from: None,
            to: None,
            bytes: 0,
            at,
            took_ms: 0,
        }
    }
}

/// One line of a [planned part](super::layout::planned_part): an item, written before it is asked for, so that an
/// archive that was cut short still knows what it was to hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    pub source: String,
    pub subject: String,
    /// The node it is to come from, where it is a node's to give.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The entry it will be, where that is one and known beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The item was given up for finer ones: it will have no outcome.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replaced: bool,
}

/// One line of `meta/custody.jsonl`: something that was done to the archive as a whole, the oldest first.
///
/// The chain of custody without persons: which program, when, and from which archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    pub act: ActKind,
    /// Name and version of the program that did it.
    pub tool: String,
    /// By the clock of the machine that did it.
    pub began_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    /// That clock against the API server's, where it was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<ClockReading>,
    /// The archive it was made from: its file's name, and the hash over all its entries if it was sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Origin>,
    /// What is to be said of it in a sentence, as how much was left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActKind {
    Collect,
    /// Went on with what was missing.
    Resume,
    /// Made a cut or damaged archive whole.
    Repair,
    /// Left out what is worth least, to keep a size.
    Fit,
    /// Took credentials out, or names as well.
    Redact,
    /// Wrote down what became of objects as it happened.
    Record,
    /// Something a newer version does.
    #[serde(other)]
    Other,
}

/// A [part](super::layout::part): this is one of several files that an archive was split into.
///
/// Its other records (outcomes, custody, manifest) are those of the whole, the same bytes in every part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// From 1.
    pub part: u32,
    pub of: u32,
    /// The entries of the manifest that this part holds.
    pub entries: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// `meta/redactions.json`: what was left out of which entry on purpose.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redactions {
    pub redactions: Vec<Redaction>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Redaction {
    pub rule: String,
    pub entry: String,
    pub count: u64,
}

/// `meta/manifest.json`, the last entry: every other but `meta/SHA256SUMS` and its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// SHA-256 over the lines `SHA256  PATH\n` of `entries` in order of path: the hash of `meta/SHA256SUMS`.
    pub sha256: String,
    pub entries: Vec<ManifestEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ManifestEntry {
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_have_four_digits() {
        let reading = |year: &str| {
            let time = format!("{year}-11-21T08:00:00Z");
            let json = serde_json::json!({
                "endpoint": "API server", "local_before": "2026-11-21T08:00:00Z", "local_after": "2026-11-21T08:00:01Z", "remote": time
            });
            serde_json::from_value::<ClockReading>(json).is_ok()
        };
        assert!(reading("2026") && reading("0000") && reading("9999"));
        assert!(!reading("-262143") && !reading("+262142"));
    }
}
