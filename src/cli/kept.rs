//! The analysis behind a question: of a report that was written, or made and kept beside the input for the next question.
//!
//! What is kept is `report.json` as it is behind one line that says of what it is. It is as private as the report, gets
//! its name only when all of it is on the disk, and is relied on only where nobody else could have written it, its key is
//! that of the inputs as they are now, and it reads as a report. Where it is not, the input is analysed anew.

use super::asked::Source;
use super::failure::Failure;
use super::kept_key::{self, Key};
use super::private::Unnamed;
use super::{analyze, remote, terminal};
use k8s_forensics::inputs::Inputs;
use k8s_forensics::report;
use k8s_forensics::report::kept::Kept;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{self, File, Metadata};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// The largest report that is read: it is in memory as a whole, and more than once.
const MOST_BYTES: u64 = 512 << 20;
/// The longest first line.
const MOST_HEADER: u64 = 4096;
const FORM: &str = "k8s-forensics.kept/1";
/// What every encrypted file begins with (age-encryption.org/v1), as it is and as text.
const ENCRYPTED: [&[u8]; 2] = [b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED"];

/// The first line of a file that is kept.
#[derive(Serialize, Deserialize)]
struct Header {
    form: String,
    key: String,
}

/// The analysis of what was asked about.
pub fn analysis(of: &Source) -> Result<Kept, Failure> {
    found(of).map(|(kept, _)| kept)
}

/// The whole report of what was asked about, as it is written.
pub fn report(of: &Source) -> Result<Vec<u8>, Failure> {
    found(of).map(|(_, json)| json)
}

/// The analysis, and the report that it is read from.
fn found(of: &Source) -> Result<(Kept, Vec<u8>), Failure> {
    if let Some(report) = report_of(&of.asked.path) {
        return written_report(of, &report);
    }
    // What lies elsewhere has no place beside it, and none of its parts is here to be known by.
    if of.fresh || of.paths().iter().any(|path| remote::is_elsewhere(path)) {
        return made(of);
    }
    let (path, key) = match place(of) {
        Ok(place) => place,
        Err(why) => {
            // What is not there or cannot be read has no analysis that could be kept.
            let made = made(of)?;
            tell_not_kept(&of.asked.path, &why);
            return Ok(made);
        }
    };
    match read_kept(&path, &key) {
        Ok(Some(kept)) => return Ok(kept),
        Ok(None) => {}
        Err(why) => terminal::tell(&format!("note: {} is not relied on: {why}; analyzing anew", path.display())),
    }
    let (kept, json) = made(of)?;
    // What was changed while it was read is not what the key was made of.
    if kept_key::of(&of.paths(), &of.options()).is_ok_and(|now| now == key)
        && let Err(error) = keep(&path, &key, &json)
    {
        tell_not_kept(&of.asked.path, &error);
    }
    Ok((kept, json))
}

/// What is asked, opened with its checks and notes; none where it is a report, which keeps nothing but what it cites.
pub fn inputs(of: &Source) -> Result<Option<Inputs>, Failure> {
    if report_of(&of.asked.path).is_some() {
        return Ok(None);
    }
    open_all(of).map(Some)
}

fn open_all(of: &Source) -> Result<Inputs, Failure> {
    of.asked.means.open_all(std::slice::from_ref(&of.asked.path), &of.checks, &of.notes)
}

fn tell_not_kept(path: &Path, why: &io::Error) {
    terminal::tell(&format!(
        "note: the analysis is not kept beside {} ({why}); the next question analyzes anew. A report answers at once: \
         analyze it with -o DIR, and ask DIR",
        path.display()
    ));
}

/// The `report.json` that a path stands for, if it is a report and no input.
fn report_of(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        let report = path.join("report.json");
        return (report.is_file() && !path.join("meta/archive.json").exists()).then_some(report);
    }
    if path.extension().is_none_or(|extension| extension != "json") || !path.is_file() {
        return None;
    }
    let first = beginning(path, 256)?;
    String::from_utf8_lossy(&first).contains("\"k8s-forensics.report/").then(|| path.to_owned())
}

/// The first bytes of a file.
fn beginning(path: &Path, most: u64) -> Option<Vec<u8>> {
    let mut first = Vec::new();
    File::open(path).ok()?.take(most).read_to_end(&mut first).ok()?;
    Some(first)
}

/// A report that `analyze` wrote.
fn written_report(of: &Source, path: &Path) -> Result<(Kept, Vec<u8>), Failure> {
    if of.rules.is_some() || !of.checks.is_empty() || !of.notes.is_empty() {
        let tried = format!("ask {}", path.display());
        return Err(Failure::usage(tried, "it is a report, made with its own rules, checks and notes")
            .hint("give what it was made of instead, or leave --rules, --checks and --notes out"));
    }
    let tried = || format!("read the report {}", path.display());
    let failed = |error: &dyn std::fmt::Display| {
        Failure::environment(tried(), error)
            .hint("analyze what it was made of with this version, and ask the new report")
    };
    let json = bounded(path).map_err(|error| failed(&error))?;
    let kept = Kept::read(&json).map_err(|error| failed(&error))?;
    Ok((kept, json))
}

/// A file's content, if it is not too large.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > MOST_BYTES {
        true => Err(io::Error::other("it is too large to be a report")),
        false => Ok(bytes),
    }
}

/// Analyses, and gives the report as it is written too.
fn made(of: &Source) -> Result<(Kept, Vec<u8>), Failure> {
    let inputs = open_all(of)?;
    let analyzed = analyze::analyze(inputs, &analyze::knowledge(of.rules.as_deref())?, None)?;
    let failed =
        |error: &dyn std::fmt::Display| Failure::environment(format!("analyze {}", of.asked.path.display()), error);
    let mut json = Vec::new();
    report::json::write(&analyzed, &mut json).map_err(|error| failed(&error))?;
    let kept = Kept::read(&json).map_err(|error| failed(&error))?;
    Ok((kept, json))
}

/// Where the analysis is kept, and by what it is known.
fn place(of: &Source) -> io::Result<(PathBuf, Key)> {
    let path = of.asked.path.as_path();
    if is_encrypted(path) {
        return Err(io::Error::other("it is encrypted, and what is kept would not be"));
    }
    let key = kept_key::of(&of.paths(), &of.options())?;
    // `archive/` and `.` have a name only once they are looked up.
    let whole = fs::canonicalize(path)?;
    let folder = whole.parent().ok_or_else(|| io::Error::other("it has no folder"))?;
    let name = whole.file_name().unwrap_or_default().display().to_string();
    let asked = of.options().join("\n");
    let tag: String = Sha256::digest(asked.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    Ok((folder.join(format!(".{name}.{tag}.k8s-forensics-kept")), key))
}

fn is_encrypted(path: &Path) -> bool {
    beginning(path, 64).is_some_and(|first| ENCRYPTED.iter().any(|sign| first.starts_with(sign)))
}

/// What is kept there under this key; none where there is nothing, or of other inputs or options.
fn read_kept(path: &Path, key: &Key) -> Result<Option<(Kept, Vec<u8>)>, String> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        found => found.map_err(|error| error.to_string())?,
    };
    if !found.is_file() {
        return Err("it is no file".to_owned());
    }
    if let Some(why) = is_of_others(&found) {
        return Err(why.to_owned());
    }
    if found.len() > MOST_BYTES {
        return Err("it is too large".to_owned());
    }
    let mut file = BufReader::with_capacity(1 << 20, File::open(path).map_err(|error| error.to_string())?);
    let mut first = Vec::new();
    file.by_ref().take(MOST_HEADER).read_until(b'\n', &mut first).map_err(|error| error.to_string())?;
    let header: Header = serde_json::from_slice(&first).map_err(|_| "its first line says nothing".to_owned())?;
    if header.form != FORM || header.key != key.0 {
        return Ok(None);
    }
    let mut json = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut json).map_err(|error| error.to_string())?;
    Kept::read(&json).map(|kept| Some((kept, json))).map_err(|error| error.to_string())
}

/// Why somebody else could have written it.
#[cfg(unix)]
fn is_of_others(found: &Metadata) -> Option<&'static str> {
    use std::os::unix::fs::MetadataExt;
    if found.uid() != rustix::process::geteuid().as_raw() {
        return Some("it is another user's");
    }
    (found.mode() & 0o022 != 0).then_some("others than its owner may write to it")
}

#[cfg(not(unix))]
fn is_of_others(_: &Metadata) -> Option<&'static str> {
    None
}

fn keep(path: &Path, key: &Key, json: &[u8]) -> io::Result<()> {
    if json.len() as u64 > MOST_BYTES - MOST_HEADER {
        return Err(io::Error::other("it is too large to be kept"));
    }
    let header = serde_json::to_string(&Header { form: FORM.to_owned(), key: key.0.clone() })?;
    let mut file = Unnamed::beside(path)?;
    file.fill_with(|out| {
        out.write_all(header.as_bytes())?;
        out.write_all(b"\n")?;
        out.write_all(json)
    })?;
    file.replace(path)
}
