//! A commit, as far as a report may tell of it: never who made it.

use chrono::{DateTime, Utc};

/// A commit of a repository of sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit {
    /// All of its hexadecimal digits.
    pub id: String,
    /// The first line of its message, without names of people and credentials.
    pub subject: String,
    /// When it was committed, by the clock of whoever did.
    pub at: DateTime<Utc>,
    /// Paths of files that it changed against its first parent, in order; not known where that is not there.
    pub files: Option<Files>,
}

/// Paths of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The first of them, in order.
    pub first: Vec<String>,
    /// How many there are beyond those; at least so many, where `is_more` says that not all were counted.
    pub beyond: usize,
    pub is_more: bool,
}
