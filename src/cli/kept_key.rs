//! By what an analysis that is kept is known to be of the same inputs, options, rules and program.
//!
//! A file is known by size, times of its last write and last change, and inode: none of them can be had by a file with
//! other content that anybody puts in its place, as nobody sets the time of the last change. Those times are coarse, so
//! what is small is known by its content as well, and what is large is not kept right after it was written.

use sha2::{Digest, Sha256};
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What is known by its content too: reading it takes some hundredths of a second.
const SMALL: u64 = 32 << 20;
/// How coarse the times of files are, on the coarsest file systems.
const COARSE: Duration = Duration::from_secs(2);
/// A folder with more files than this is not looked through before each question.
const MOST_FILES: usize = 20_000;
/// Folders within folders.
const MOST_DEEP: usize = 32;

/// A hash of all that an analysis depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(pub String);

/// The key of inputs, each known by its path, and of whatever else the analysis depends on, in words.
pub fn of(paths: &[&Path], options: &[String]) -> io::Result<Key> {
    let mut hash = Sha256::new();
    hash.update(program()?);
    for option in options {
        hash.update(format!("\0option {option}"));
    }
    for path in paths {
        let mut seen = Seen::default();
        seen.look(path, Path::new(""), 0)?;
        seen.files.sort();
        let is_small = seen.bytes <= SMALL;
        if !is_small && seen.newest.is_some_and(is_recent) {
            return Err(io::Error::other("it was written just now"));
        }
        hash.update(format!("\0input {}\0", path.file_name().unwrap_or_default().display()));
        for (name, words) in &seen.files {
            hash.update(format!("{}\0{words}\0", name.display()));
            if is_small {
                hash_content(&path.join(name), &mut hash)?;
            }
        }
    }
    Ok(Key(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// This program: what another build of the same version finds may differ.
fn program() -> io::Result<String> {
    let metadata = fs::metadata(std::env::current_exe()?)?;
    Ok(format!("{} {}", k8s_forensics::analysis::TOOL, words(&metadata)))
}

/// The files of an input.
#[derive(Default)]
struct Seen {
    /// Path below the input, and what is known of it.
    files: Vec<(PathBuf, String)>,
    bytes: u64,
    newest: Option<SystemTime>,
}

impl Seen {
    fn look(&mut self, input: &Path, below: &Path, deep: usize) -> io::Result<()> {
        // Joined to nothing, a file would be taken for a folder.
        let path = if below.as_os_str().is_empty() { input.to_owned() } else { input.join(below) };
        let metadata = fs::metadata(&path)?;
        if metadata.is_file() {
            self.bytes = self.bytes.saturating_add(metadata.len());
            self.newest = self.newest.max(Some(changed(&metadata)));
            self.files.push((below.to_owned(), words(&metadata)));
            return Ok(());
        }
        if !metadata.is_dir() {
            return Err(io::Error::other("it is neither a file nor a folder"));
        }
        if deep > MOST_DEEP || self.files.len() > MOST_FILES {
            return Err(io::Error::other("it has too many files to look through them before each question"));
        }
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            let (name, kind) = (below.join(entry.file_name()), entry.file_type()?);
            // A link is as what it names; where that is a folder, or nothing, its name alone counts.
            if kind.is_symlink() && !fs::metadata(entry.path()).is_ok_and(|target| target.is_file()) {
                self.files.push((name, "link".to_owned()));
            } else {
                self.look(input, &name, deep + 1)?;
            }
        }
        Ok(())
    }
}

fn hash_content(path: &Path, hash: &mut Sha256) -> io::Result<()> {
    // What a link names may be a folder: see `Seen::look`. A file at the top has no name below itself.
    let path = if path.is_file() { path.to_owned() } else { path.components().collect() };
    if !path.is_file() {
        return Ok(());
    }
    let mut file = fs::File::open(path)?.take(SMALL);
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(());
        }
        hash.update(buffer.get(..count).unwrap_or_default());
    }
}

fn is_recent(time: SystemTime) -> bool {
    // A time of tomorrow is as recent as can be.
    time.elapsed().is_ok_and(|age| age < COARSE) || time > SystemTime::now()
}

#[cfg(unix)]
fn words(metadata: &Metadata) -> String {
    use std::os::unix::fs::MetadataExt;
    let (size, inode, device) = (metadata.len(), metadata.ino(), metadata.dev());
    let write = (metadata.mtime(), metadata.mtime_nsec());
    let change = (metadata.ctime(), metadata.ctime_nsec());
    format!("{size} {inode} {device} {write:?} {change:?}")
}

#[cfg(not(unix))]
fn words(metadata: &Metadata) -> String {
    format!("{} {:?}", metadata.len(), metadata.modified().ok())
}

#[cfg(unix)]
fn changed(metadata: &Metadata) -> SystemTime {
    use std::os::unix::fs::MetadataExt;
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(metadata.ctime()).unwrap_or_default())
}

#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> SystemTime {
    metadata.modified().unwrap_or_else(|_| SystemTime::now())
}
