//! Opens archives for every command, and says what is odd about them before anybody relies on them.

use super::failure::Failure;
use k8s_forensics::archive::{Archive, ArchiveError, Condition};
use std::path::Path;

/// Opens an archive whatever its state, and says on stderr what its reader should know.
pub fn open(path: &Path) -> Result<Archive, Failure> {
    let archive = read(path).map_err(|error| failure(path, &error))?;
    match archive.condition() {
        Condition::Sealed => {}
        Condition::Unsealed => eprintln!("note: {} was never sealed: what is missing is said as such", path.display()),
        Condition::Cut { finished, entry, why, .. } => {
            let entry = entry.as_ref().map(|entry| format!("; {entry} was under way")).unwrap_or_default();
            eprintln!("note: {} is cut: {finished} entries are whole{entry} ({why})", path.display());
        }
    }
    if let Some(first) = archive.anomalies().first().filter(|_| *archive.condition() == Condition::Sealed) {
        let count = archive.anomalies().len();
        eprintln!("note: {} is damaged in {count} places, as: {}; see verify", path.display(), first.what);
    }
    if let Some(newer) = archive.newer_minor().map_err(|error| failure(path, &error))? {
        eprintln!("note: {newer}");
    }
    Ok(archive)
}

/// Opens an archive without a word.
pub fn read(path: &Path) -> Result<Archive, ArchiveError> {
    Archive::open(path)
}

/// Why an archive could not be opened.
pub fn failure(path: &Path, error: &ArchiveError) -> Failure {
    let failed = Failure::environment(format!("open {}", path.display()), error);
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    match error {
        ArchiveError::Io { .. } if Path::new(&partial).exists() => failed.hint(format!(
            "the run that was to write it was ended; {} holds what came, and opens like any archive",
            Path::new(&partial).display()
        )),
        ArchiveError::Io { .. } | ArchiveError::NotAnArchive { .. } => {
            failed.hint("give the zip that collect wrote, or the folder it was unpacked to")
        }
        _ => failed,
    }
}

/// Why an archive could not be written.
pub fn writing(tried: impl Into<String>, error: &ArchiveError) -> Failure {
    let failed = Failure::environment(tried, error);
    match error {
        ArchiveError::Exists { .. } => failed.hint("choose another name with -o, or replace it with --force"),
        ArchiveError::Io { action: "write" | "sync" | "end", path, .. } => {
            failed.hint(format!("what was finished stays readable in {}", path.display()))
        }
        _ => failed,
    }
}
