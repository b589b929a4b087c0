//! `verify`: whether an archive still is what was sealed.

use super::exit::Exit;
use super::failure::Failure;
use super::open::{self, Opening};
use super::terminal;
use indicatif::HumanBytes;
use k8s_forensics::archive::verify::{self, Verdict};
use k8s_forensics::archive::{ArchiveError, VerifyingKey};
use std::fmt::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Check an archive against its hashes, and its signature against a key.
///
/// Names every entry that is altered, missing, added or cut. Exits 0 if nothing is wrong, 5 if anything is.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    /// A minisign public key: without its signature the archive is not sound
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Threads to read with [default: all processors]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let key = args.key.as_deref().map(VerifyingKey::read).transpose();
    let key = key.map_err(|error| Failure::environment("read the public key", error))?;
    let archive = match args.archive.read()? {
        Ok(archive) => archive,
        Err(
            error @ (ArchiveError::Io { .. }
            | ArchiveError::Encrypted { .. }
            | ArchiveError::NotDecrypted { .. }
            | ArchiveError::Identity { .. }),
        ) => return Err(open::failure(&args.archive.path, &error)),
        Err(error) => {
            terminal::print_text(&format!("not sound: {error}\n"))?;
            return Ok(Exit::Unsound);
        }
    };
    let verdict = verify::verify(&archive, key.as_ref(), super::threads(args.threads));
    terminal::print_text(&told(&verdict))?;
    if verdict.signed && key.is_none() {
        terminal::tell("it is signed; check by whom with --key, or `minisign -V` on the unpacked meta/SHA256SUMS");
    }
    Ok(if verdict.is_sound() { Exit::Whole } else { Exit::Unsound })
}

/// One finding a line, and a line that sums up.
fn told(verdict: &Verdict) -> String {
    let mut text = String::new();
    for finding in &verdict.findings {
        let entry = if finding.entry.is_empty() { String::new() } else { format!(" {}", finding.entry) };
        let _ = writeln!(text, "{}{entry}: {}", finding.fault.name(), finding.why);
    }
    if verdict.more > 0 {
        let _ = writeln!(text, "and {} more", verdict.more);
    }
    let read = format!("{} entries, {} unpacked", verdict.entries, HumanBytes(verdict.bytes));
    let elsewhere = match verdict.elsewhere {
        0 => String::new(),
        count => format!(", {count} more in other parts"),
    };
    let sha256 = verdict.sha256.as_ref().map(|sha256| format!(", sha256 {sha256}")).unwrap_or_default();
    let _ = match verdict.findings.len() + verdict.more {
        0 => writeln!(text, "sound: {read}{elsewhere}{sha256}"),
        count => writeln!(text, "not sound: {count} findings; {read} read well{elsewhere}"),
    };
    text
}
