//! What can go wrong with an archive as a file.

use std::path::PathBuf;

/// An archive could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("{path} exists already")]
    Exists { path: PathBuf },
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{path} is neither a zip nor a folder that holds {expected}")]
    NotAnArchive { path: PathBuf, expected: &'static str },
    #[error("{path} is not a readable zip: {source}")]
    Zip { path: PathBuf, source: zip::result::ZipError },
    #[error("{path} is not a usable minisign key: {why}")]
    Key { path: PathBuf, why: String },
    #[error("entry {entry} cannot be read: {why}")]
    Entry { entry: String, why: String },
    #[error(
        "{path} is of format {found}, this version reads format {known}: use the version of k8s-forensics that wrote it, {tool}"
    )]
    Format { path: PathBuf, found: String, known: u32, tool: String },
    #[error("{path} breaks a limit: {what}")]
    Limit { path: PathBuf, what: String },
}
