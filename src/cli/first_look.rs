//! What is said of an archive that was just collected: what seems to have happened, whom it hurts, and what is missing.
//!
//! It helps whoever waits and never harms the collection: it has a few seconds, and where it fails nothing is said.

use super::threads;
use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::summary;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Whoever collects during an incident waits no longer for it.
pub const LIMIT: Duration = Duration::from_secs(5);

/// At most ten lines of at most `width` columns; none where the archive cannot be analysed within `limit`.
pub fn first_look(archive: &Path, width: usize, limit: Duration) -> Option<String> {
    let (done, wait) = mpsc::sync_channel(1);
    let archive = archive.to_path_buf();
    // A thread that is late is left to itself: it writes nothing, and goes with the program.
    let begun = thread::Builder::new().name("first-look".to_owned()).spawn(move || {
        // Nobody listens any more where it took too long.
        let _ = done.send(look(archive, width));
    });
    begun.ok()?;
    wait.recv_timeout(limit).ok().flatten()
}

fn look(path: PathBuf, width: usize) -> Option<String> {
    let archive = Archive::open(&path).ok()?;
    let knowledge = Knowledge::built_in().ok()?;
    let analyzed = analysis::analyze(&archive, &knowledge, threads(None)).ok()?;
    Some(summary::first_look(&analyzed, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Long enough for a slow machine that does other things as well.
    const PATIENT: Duration = Duration::from_secs(120);

    fn recorded(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).join("archive")
    }

    #[test]
    fn it_says_what_happened_whom_it_hurts_and_what_is_missing() {
        let said = first_look(&recorded("node-crash"), 100, PATIENT).expect("a look");
        assert!(said.starts_with("First look: "), "{said}");
        assert!(said.contains("  hurt     ") && said.contains("bank/api"), "{said}");
        assert!(said.contains("  missing  "), "{said}");
        assert!(said.lines().count() <= 10 && said.lines().all(|line| line.chars().count() <= 100), "{said}");
        let calm = first_look(&recorded("healthy-quiet"), 100, PATIENT).expect("a look");
        assert!(!calm.contains("hurt     "), "{calm}");
    }

    #[test]
    fn it_says_nothing_where_it_takes_too_long_or_there_is_no_archive() {
        assert_eq!(first_look(&recorded("node-crash"), 100, Duration::ZERO), None);
        assert_eq!(first_look(Path::new("no-such-archive.zip"), 100, PATIENT), None);
        assert_eq!(first_look(Path::new(env!("CARGO_MANIFEST_DIR")), 100, Duration::from_secs(20)), None);
    }
}
