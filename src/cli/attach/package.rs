//! What of a report is sent: the form that `analyze` wrote for the host, and the three files that every report has. Nothing
//! else in the folder is, and no link is followed: what redaction let into the report is all that leaves the machine.

use super::super::called;
use super::super::draft;
use super::super::failure::Failure;
use super::super::terminal;
use k8s_forensics::attach::{self, Upload};
use k8s_forensics::report::hosts::Host;
use k8s_forensics::report::lint;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The files of a report, in the order in which they are sent.
const FILES: [&str; 3] = [draft::FILE, "timeline.html", REPORT];
const REPORT: &str = "report.json";
/// What is larger is no file of a report.
const MOST_BYTES: u64 = 256 << 20;
/// The rule of `lint` that finds credentials.
const CREDENTIALS: &str = "BL18";

/// What is sent to a host.
pub struct Package {
    /// The comment.
    pub text: String,
    /// The file that it is from.
    pub from: PathBuf,
    /// What a comment has at most, in bytes.
    pub limit: usize,
    pub files: Vec<Upload>,
}

impl Package {
    /// Reads it from the folder of a report.
    pub fn read(folder: &Path, host: &attach::Host, other: Option<&Path>, no_files: bool) -> Result<Self, Failure> {
        let all = files(folder)?;
        let form = Host::named(host.name).expect("every host of issues has a form of the draft");
        let from = other.map_or_else(|| folder.join(form.file), Path::to_path_buf);
        let tried = format!("read {}", from.display());
        let bytes = read(&from).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound if other.is_none() => {
                Failure::environment(&*tried, "the draft was not written for this host").hint(format!(
                    "{} analyze ARCHIVE -o {} --for {}",
                    called::name(),
                    folder.display(),
                    host.name
                ))
            }
            _ => Failure::environment(&*tried, error),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| Failure::environment(&*tried, "it is no text"))?;
        if text.trim().is_empty() {
            return Err(Failure::environment(&*tried, "it is empty"));
        }
        if other.is_none() && is_older(&from, &folder.join(REPORT)) {
            let again = format!("analyze --for {} writes it anew", host.name);
            terminal::tell(&format!("note: {} is older than {REPORT} beside it; {again}", from.display()));
        }
        let files = if no_files { Vec::new() } else { all };
        Ok(Self { text, from, limit: host.comment, files })
    }

    /// Says what a person should know before it is sent, and refuses credentials.
    pub fn warn(&self, folder: &Path) -> Result<(), Failure> {
        check(&self.text, &self.from)?;
        let draft = folder.join(draft::FILE);
        if self.from != draft && draft::is_edited(&draft) {
            terminal::tell(&format!(
                "note: {} has been edited, and {} was written without that; --draft FILE posts another text",
                draft.display(),
                self.from.display()
            ));
        }
        if self.files.is_empty() { Ok(()) } else { warn(folder) }
    }
}

/// The files of a report. A folder without `report.json` is none.
pub fn files(folder: &Path) -> Result<Vec<Upload>, Failure> {
    let mut files = Vec::new();
    for name in FILES {
        let path = folder.join(name);
        let tried = || format!("read {}", path.display());
        match read(&path) {
            Ok(bytes) => files.push(Upload { name: name.to_owned(), bytes }),
            Err(error) if error.kind() == io::ErrorKind::NotFound && name != REPORT => {
                terminal::tell(&format!("note: there is no {}", path.display()));
            }
            Err(error) => {
                return Err(Failure::environment(tried(), error).hint("give the folder that analyze wrote"));
            }
        }
    }
    Ok(files)
}

/// As [`Package::warn`], of the draft that is sent as a file.
pub fn warn(folder: &Path) -> Result<(), Failure> {
    let path = folder.join(draft::FILE);
    match read(&path) {
        Ok(bytes) => check(&String::from_utf8_lossy(&bytes), &path),
        Err(_) => Ok(()),
    }
}

fn check(text: &str, path: &Path) -> Result<(), Failure> {
    let (findings, shown) = (lint::check(text), path.display());
    if let Some(secret) = findings.iter().find(|finding| finding.rule == CREDENTIALS) {
        return Err(Failure::environment(
            format!("send {shown}"),
            format!("line {} has what looks like a credential, which redaction did not see", secret.line),
        )
        .hint("take it out there; what was posted once cannot be taken back"));
    }
    // The forms of some hosts are no Markdown, whose places the other rules know.
    if let Some(first) = findings.first().filter(|_| path.extension().is_some_and(|ending| ending == "md")) {
        let more = if findings.len() > 1 { format!(", and {} more", findings.len() - 1) } else { String::new() };
        let what = format!("{}: {}", first.rule, first.title);
        let all = format!("`{} lint {shown}` has all", called::name());
        terminal::tell(&format!("note: {shown}:{}: {what}{more}; {all}", first.line));
    }
    Ok(())
}

/// A file that is one: no link, no pipe.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    if found.len() > MOST_BYTES {
        return Err(io::Error::other(format!("it is larger than {MOST_BYTES} bytes")));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_older(one: &Path, other: &Path) -> bool {
    let time = |path: &Path| fs::metadata(path).and_then(|found| found.modified()).ok();
    matches!((time(one), time(other)), (Some(one), Some(other)) if one < other)
}
