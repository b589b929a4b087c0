//! Where the form of an example comes from: nobody may have made it up.

use serde::Deserialize;
use std::fmt;

/// What shows that a record looks like this.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A recording of a real cluster: the name of a fixture.
    Recording(String),
    /// A public report: its address, or title and tracker.
    Report(String),
    /// A format string in the source of the program that writes it: project, version, path.
    Source(String),
    /// A document: title and section.
    Document(String),
}

impl Origin {
    /// Whether a cluster showed it to this project.
    pub fn is_recorded(&self) -> bool {
        matches!(self, Self::Recording(_))
    }

    fn text(&self) -> &str {
        let (Self::Recording(text) | Self::Report(text) | Self::Source(text) | Self::Document(text)) = self;
        text
    }

    /// What is missing for it to be found again, if something is.
    pub(super) fn lacks(&self) -> Option<&'static str> {
        let has_digit = self.text().contains(|c: char| c.is_ascii_digit());
        match self {
            Self::Recording(name) => name.is_empty().then_some("names no recording"),
            Self::Report(text) => (text.split_whitespace().next().is_none()).then_some("names no report"),
            Self::Source(text) if !text.contains('/') => Some("names no file"),
            Self::Source(_) => (!has_digit).then_some("names no version"),
            Self::Document(text) => (text.len() < 8).then_some("names no section of a document"),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recording(name) => write!(f, "recorded ({name})"),
            Self::Report(text) | Self::Source(text) | Self::Document(text) => f.write_str(text),
        }
    }
}
