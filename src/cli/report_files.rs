//! The files of a report: all of them are on the disk before one of them is replaced, and the draft takes no place that
//! somebody else's work has.

use super::draft::{self, Placed};
use super::failure::Failure;
use super::private::{self, Unnamed};
use super::terminal;
use k8s_forensics::analysis::Analyzed;
use k8s_forensics::report::hosts::Host;
use k8s_forensics::report::{self, Exporter};
use std::io;
use std::path::{Path, PathBuf};

/// What was written, and what its readers should know.
#[derive(Debug, Default)]
pub struct Written {
    files: Vec<PathBuf>,
    notes: Vec<String>,
}

impl Written {
    /// Says it on stderr.
    pub fn tell(&self) {
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        terminal::tell(&format!("wrote {}", files.join(", ")));
        self.notes.iter().for_each(|note| terminal::tell(note));
    }
}

/// Puts the draft where it goes.
type PutDraft = fn(Unnamed, &str, &Path) -> io::Result<Placed>;

/// Writes the files into `folder`, and the draft as `hosts` take it. Of a draft that people edited
/// only the parts that are this program's are written anew.
pub fn write(analyzed: &Analyzed, folder: &Path, hosts: &[&Host]) -> Result<Written, Failure> {
    write_with(analyzed, (folder, hosts), draft::place)
}

/// Writes the files into `folder`, and the draft as `hosts` take it. A draft that people edited goes beside the new one.
pub fn write_anew(analyzed: &Analyzed, folder: &Path, hosts: &[&Host]) -> Result<Written, Failure> {
    write_with(analyzed, (folder, hosts), |draft, _, folder| draft::begin_anew(draft, folder))
}

fn write_with(analyzed: &Analyzed, (folder, hosts): (&Path, &[&Host]), place: PutDraft) -> Result<Written, Failure> {
    private::create_folder(folder).map_err(|error| {
        Failure::environment(format!("create {}", folder.display()), error).hint("choose another folder with -o")
    })?;
    let mut prepared = Vec::new();
    for exporter in report::ALL {
        let path = folder.join(exporter.file);
        let (text, file) = prepare(exporter, analyzed, &path).map_err(|error| failure(&path, error))?;
        prepared.push((path, text, file));
    }
    let mut wanted = hosts.to_vec();
    wanted.sort_by_key(|host| host.name);
    wanted.dedup();
    for host in wanted {
        let path = folder.join(host.file);
        let file = prepare_for(host, analyzed, &path).map_err(|error| failure(&path, error))?;
        prepared.push((path, String::new(), file));
    }
    // First what may have to be looked at, and be refused.
    prepared.sort_by_key(|(path, ..)| !path.ends_with(draft::FILE));
    let mut written = Written::default();
    for (path, text, file) in prepared {
        let placed = match path.ends_with(draft::FILE) {
            true => place(file, &text, folder),
            false => file.replace(&path).map(|()| Placed { written: Some(path.clone()), note: None }),
        };
        let placed = placed.map_err(|error| failure(&path, error))?;
        written.files.extend(placed.written);
        written.notes.extend(placed.note);
    }
    Ok(written)
}

/// A file with the content it is to have, and the text of a draft, which people may have edited.
fn prepare(exporter: &Exporter, analyzed: &Analyzed, path: &Path) -> io::Result<(String, Unnamed)> {
    let mut file = Unnamed::beside(path)?;
    if exporter.file != draft::FILE {
        file.fill_with(|out| (exporter.write)(analyzed, out))?;
        return Ok((String::new(), file));
    }
    let mut text = Vec::new();
    (exporter.write)(analyzed, &mut text)?;
    let text = draft::marked(&String::from_utf8_lossy(&text));
    file.fill(text.as_bytes())?;
    Ok((text, file))
}

/// A file with the draft as a host takes it.
fn prepare_for(host: &Host, analyzed: &Analyzed, path: &Path) -> io::Result<Unnamed> {
    let mut file = Unnamed::beside(path)?;
    file.fill(host.write(analyzed).as_bytes())?;
    Ok(file)
}

fn failure(path: &Path, error: io::Error) -> Failure {
    Failure::environment(format!("write {}", path.display()), error)
}
