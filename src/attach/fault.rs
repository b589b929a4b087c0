//! What may go wrong between here and a host, each with what to do about it.

use std::io;
use thiserror::Error;

/// Why a report is not where it was to go.
#[derive(Debug, Error)]
pub enum Fault {
    /// Nobody answers: no such name, no way there, no TLS that is trusted.
    #[error("{address} does not answer: {why}")]
    Unreachable { address: String, why: String },
    /// It took a request and did not answer in time, or broke off; it may have done what it was asked.
    #[error("{address} broke off: {why}")]
    BrokeOff { address: String, why: String },
    /// The token is no good.
    #[error("{title} does not know the token (401){said}")]
    WrongToken { title: &'static str, said: String },
    /// The token may not do this.
    #[error("{title} does not let this token do it (403){said}")]
    Forbidden { title: &'static str, said: String },
    /// There is no such issue, or none that the token may see.
    #[error("there is no {issue}, or this token may not see it")]
    NoSuchIssue { issue: String },
    /// Something else that was to be there is not.
    #[error("{title} has nothing at {path} (404){said}")]
    Missing { title: &'static str, path: String, said: String },
    /// It has moved.
    #[error("{title} says that it is at {to} now ({status})")]
    Moved { title: &'static str, status: u16, to: String },
    /// More than the host takes.
    #[error("{what} has {has} bytes, and {title} takes {limit} at most")]
    TooLarge { title: &'static str, what: String, has: u64, limit: u64 },
    /// The host found it too large itself.
    #[error("{title} found it too large (413){said}")]
    FoundTooLarge { title: &'static str, said: String },
    /// It asks to wait for longer than anybody does at a terminal, or as often as it was asked.
    #[error("{title} asks to wait{wait} ({status}){said}")]
    Busy { title: &'static str, status: u16, wait: String, said: String },
    /// It fails by itself.
    #[error("{title} failed by itself ({status}){said}")]
    Failing { title: &'static str, status: u16, said: String },
    /// It understood and would not.
    #[error("{title} refused it ({status}){said}")]
    Refused { title: &'static str, status: u16, said: String },
    /// What it answered is not what its documentation says.
    #[error("{title} answered {path} otherwise than documented: {why}")]
    Unexpected { title: &'static str, path: String, why: String },
    /// People have changed the comment of an earlier run.
    #[error("the comment of an earlier run was edited since: {place}")]
    Edited { place: String },
    /// More comments than anybody reads, so that an earlier one of ours might be missed.
    #[error("{issue} has more than {most} comments, among which an earlier one would not be found")]
    TooManyComments { issue: String, most: usize },
    /// A file that is not ours has the name of one of the report.
    #[error("{0} is not what an earlier run wrote there")]
    NotOurs(String),
    /// The disk.
    #[error("{what}: {why}")]
    Disk { what: String, why: io::Error },
}

impl Fault {
    /// What to do next.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "look at the address (--url), the network and the proxy (HTTPS_PROXY); the report is where it was"
            }
            Self::BrokeOff { .. } | Self::Failing { .. } => {
                "run it again: it finds what an earlier run has written, and the report is where it was"
            }
            Self::WrongToken { .. } => {
                "make a new token, and look at whether it is for this host; docs/attach.md names the variables"
            }
            Self::Forbidden { .. } => {
                "docs/attach.md says what the token has to be allowed; a locked issue takes no comments either"
            }
            Self::NoSuchIssue { .. } => "look at the name and the number, and at what the token may see",
            Self::Missing { .. } | Self::Unexpected { .. } => {
                "look at the address (--url): is it the host's own, and does nothing stand before it?"
            }
            Self::Moved { .. } => "name it as it is called now",
            Self::TooLarge { .. } | Self::FoundTooLarge { .. } => {
                "--no-files posts the comment alone; --dry-run lists what each has"
            }
            Self::Busy { .. } => "run it again later: nothing that was written is written twice",
            Self::Refused { .. } => "the report is where it was; what the host says is all that is known",
            Self::Edited { .. } => {
                "what people wrote is not thrown away: --name OTHER posts another comment, --force replaces this one"
            }
            Self::TooManyComments { .. } => "post to another issue",
            Self::NotOurs(_) => "move it away, or choose another folder; --force replaces it",
            Self::Disk { .. } => "look at the folder and its permissions",
        }
    }

    /// Whether the host may have done what it was asked all the same.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Self::BrokeOff { .. } | Self::Failing { .. })
    }

    /// What is missing is the issue.
    pub(super) fn of_issue(self, issue: &impl ToString) -> Self {
        match self {
            Self::Missing { .. } => Self::NoSuchIssue { issue: issue.to_string() },
            other => other,
        }
    }
}
