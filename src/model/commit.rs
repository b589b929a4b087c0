//! A commit, as far as a report may tell of it: never who made it.

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

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

/// What repositories know of the commits that were looked up in them.
#[derive(Clone, Debug, Default)]
pub struct Commits {
    /// Their names, in the order they were given.
    pub repositories: Vec<String>,
    /// By the digits of the commit.
    pub found: BTreeMap<String, LookedUp>,
}

/// What came of looking for a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookedUp {
    /// In the repository of that name.
    Found { repository: String, commit: Commit },
    /// None of the repositories has it.
    NotThere,
    /// One of them has it, and it cannot be read.
    Broken { repository: String, why: String },
}
