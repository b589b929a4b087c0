//! Where an archive goes: to a file, or through one to stdout.

use super::failure::Failure;
use super::{open, terminal};
use std::path::{Path, PathBuf};

/// The name that stands for stdout.
const STDOUT: &str = "-";

/// Where the archive is written, and whether it goes on to stdout from there.
///
/// A zip is written to a file in any case: only a file can be opened after a kill.
pub struct Output {
    pub path: PathBuf,
    to_stdout: bool,
}

impl Output {
    /// The place that was asked for, or `name` in this folder. Fails at once where nothing could be written.
    pub fn new(asked: Option<PathBuf>, name: PathBuf, force: bool) -> Result<Self, Failure> {
        let to_stdout = asked.as_deref() == Some(Path::new(STDOUT));
        if to_stdout && terminal::stdout_is_watched() {
            let failed = Failure::usage("writing the archive to stdout", "that is a terminal");
            return Err(failed.hint("send it somewhere: -o - > FILE, or -o - | COMMAND"));
        }
        let path = if to_stdout { std::env::temp_dir().join(name) } else { asked.unwrap_or(name) };
        writable(&path, force)?;
        Ok(Self { path, to_stdout })
    }

    /// The file in which the archive stays; none where it goes on to stdout.
    pub fn stays(&self) -> Option<&Path> {
        (!self.to_stdout).then_some(&self.path)
    }

    /// Says where the archive is, or sends it to stdout and removes the file. That stays where not all of it was taken:
    /// a reader that closed the pipe has no archive.
    pub fn deliver(self) -> Result<(), Failure> {
        let path = self.path;
        if !self.to_stdout {
            return terminal::print_path(&path);
        }
        let failed = |error| {
            Failure::environment("writing the archive to stdout", error)
                .hint(format!("it is whole in {}", path.display()))
        };
        terminal::print_file(&path).map_err(failed)?;
        std::fs::remove_file(&path).map_err(|error| Failure::environment(format!("remove {}", path.display()), error))
    }
}

/// Fails at once where the end of a run could not be written.
fn writable(path: &Path, force: bool) -> Result<(), Failure> {
    open::refuse_what_is_no_file(path)?;
    if path.exists() && !force {
        let failed = Failure::environment(format!("writing {}", path.display()), "it exists already");
        return Err(failed.hint("choose another name with -o, or replace it with --force"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match folder.filter(|folder| !folder.is_dir()) {
        Some(folder) => {
            let failed = Failure::environment(format!("writing {}", path.display()), "there is no such folder");
            Err(failed.hint(format!("mkdir -p {}", folder.display())))
        }
        None => Ok(()),
    }
}
