//! Opens archives for every command, and says what is odd about them before anybody relies on them.

use super::encryption::{Keys, ways_in};
use super::failure::Failure;
use super::remote::{self, Lies};
use super::{private, terminal};
use bytesize::ByteSize;
use k8s_forensics::archive::format::{Outcome, Status};
use k8s_forensics::archive::{self, Archive, ArchiveError, Condition, Limits, Segment};
use k8s_forensics::inputs::{self, Input, InputError};
use std::path::{Path, PathBuf};

/// An archive, and what it may be at most.
#[derive(clap::Args)]
pub struct Opening {
    /// The archive: a zip, a part of one, a file that was cut, any of these encrypted, an unpacked folder, or the address of
    /// one in an object store, as s3://BUCKET/KEY
    #[arg(value_name = "ARCHIVE")]
    pub path: PathBuf,
    #[command(flatten)]
    means: Means,
}

/// What several inputs are opened from.
#[derive(clap::Args)]
pub struct Inputs {
    /// Archives (a zip, a part of one, a file that was cut, any of these encrypted, or an unpacked folder), folders of
    /// other tools (must-gather, support bundles, cluster-info dump, Sonobuoy, sosreport and more, see docs/inputs.md),
    /// and loose files or folders of them: objects as kubectl prints them with -o json or -o yaml, journals of kubelets,
    /// log files of containers. Any of them may be the address of a file in an object store, as s3://BUCKET/KEY
    #[arg(value_name = "INPUT", required = true)]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    means: Means,
}

/// One input of a question: anything that is analysed, or a report that was made of it.
#[derive(clap::Args)]
pub struct Asked {
    /// What analyze reads (an archive, a folder of another tool, loose files), or the folder of a report that it wrote
    #[arg(value_name = "INPUT|REPORT_DIR")]
    pub path: PathBuf,
    #[command(flatten)]
    pub means: Means,
}

/// With what archives are opened.
#[derive(Clone, clap::Args)]
pub struct Means {
    /// A limit on what is opened, as entries=1000000 or total-bytes=200GB; see docs/archive-format.md
    #[arg(long, value_name = "NAME=VALUE", value_parser = limit)]
    limit: Vec<(String, u64)>,
    #[command(flatten)]
    keys: Keys,
}

fn limit(text: &str) -> Result<(String, u64), String> {
    let known = || format!("write it as NAME=VALUE; names are {}", Limits::NAMES.join(", "));
    let (name, value) = text.split_once('=').ok_or_else(known)?;
    if !Limits::default().set(name, 0) {
        return Err(known());
    }
    Ok((name.to_owned(), size(value)?.as_u64()))
}

/// A number of bytes as people write it.
pub fn size(text: &str) -> Result<ByteSize, String> {
    text.parse::<ByteSize>().map_err(|_| "write a size as 24MB, 10MiB, 1.5GB or a number of bytes".to_owned())
}

/// What to say where the first of two arguments names no file and the second does: they stand the wrong way round.
pub fn swapped(path: &Path, others: &[String], tried: &str) -> Result<(), Failure> {
    let Some((other, rest)) = others.split_first().filter(|(other, _)| !path.exists() && Path::new(other).exists())
    else {
        return Ok(());
    };
    let rest: String = rest.iter().map(|word| format!(" {word}")).collect();
    let said = format!("there is no file {}, and {other} is one", path.display());
    Err(Failure::usage(tried, said).hint(format!("the file comes first: {tried} {other} {}{rest}", path.display())))
}

impl Opening {
    /// Opens the archive whatever its state, and says on stderr what its reader should know.
    pub fn open(&self) -> Result<Archive, Failure> {
        let archive = self.read()?.map_err(|error| failure(&self.path, &error))?;
        tell_state(&archive, &self.path)?;
        Ok(archive)
    }

    /// Opens an archive or a loose file of any form that `analyze` knows, and says on stderr what its reader should know.
    pub fn open_input(&self) -> Result<Input, Failure> {
        self.means.open(&self.path)
    }

    /// The same, and of a recorder's folder all that is in it.
    pub fn open_inputs(&self) -> Result<inputs::Inputs, Failure> {
        self.means.open_all(std::slice::from_ref(&self.path), &[], &[])
    }

    /// The same, for a question.
    pub fn asked(&self) -> Asked {
        Asked { path: self.path.clone(), means: self.means.clone() }
    }

    /// Opens the archive without a word.
    pub fn read(&self) -> Result<Result<Archive, ArchiveError>, Failure> {
        let lies = remote::find(&self.path)?;
        Ok(self.means.keys.read().and_then(|keys| match &lies {
            Lies::Here(path) => Archive::open_as(path, self.means.limits(), keys.as_ref()),
            Lies::Elsewhere(remote) => Archive::open_remote(remote, self.means.limits(), keys.as_ref()),
        }))
    }
}

impl Inputs {
    /// What people call the first of them, if that is the folder of a recorder: its segments have names of their own.
    pub fn recording(&self) -> Option<&str> {
        let first = self.paths.first().filter(|path| archive::segments(path).is_ok_and(|all| !all.is_empty()))?;
        first.file_name()?.to_str()
    }

    /// Opens all of them whatever their state, those of each cluster together, and says on stderr what their reader should
    /// know.
    ///
    /// `checks` are outside checks and `notes` what people wrote, which follow the inputs.
    pub fn open(&self, checks: &[PathBuf], notes: &[PathBuf]) -> Result<Vec<inputs::Inputs>, Failure> {
        let opened = self.means.open_each(&self.paths, checks, notes)?;
        inputs::Inputs::of_clusters(opened).map_err(|error| {
            let failed = Failure::environment("analyze several clusters", error);
            failed.hint("analyze each cluster by itself, with what belongs to it")
        })
    }
}

impl Means {
    /// Opens all of them whatever their state, as of one cluster.
    pub fn open_all(
        &self,
        paths: &[PathBuf],
        checks: &[PathBuf],
        notes: &[PathBuf],
    ) -> Result<inputs::Inputs, Failure> {
        let mut opened = self.open_each(paths, checks, notes)?.into_iter();
        let first = opened.next().ok_or_else(|| Failure::usage("analyze", "there is no input"))?;
        inputs::Inputs::new(first, opened.collect()).map_err(|error| {
            Failure::environment("analyze them together", error).hint("analyze each cluster by itself")
        })
    }

    fn open_each(&self, paths: &[PathBuf], checks: &[PathBuf], notes: &[PathBuf]) -> Result<Vec<Input>, Failure> {
        let mut opened = Vec::new();
        for path in paths {
            // What cannot be looked into says why when it is opened.
            let segments = archive::segments(path).unwrap_or_default();
            match segments.is_empty() {
                true => opened.push(self.open(path)?),
                false => opened.append(&mut self.open_recording(segments)?),
            }
        }
        for path in checks {
            let input = Input::open_check(path, self.limits()).map_err(|error| match &error {
                InputError::Archive(error) => failure(path, error),
                _ => Failure::environment(format!("read the outside check {}", path.display()), error),
            })?;
            opened.push(input);
        }
        for path in notes {
            let input = Input::open_notes(path, self.limits()).map_err(|error| match &error {
                InputError::Archive(error) => failure(path, error),
                _ => Failure::environment(format!("read the notes {}", path.display()), error),
            })?;
            opened.push(input);
        }
        Ok(opened)
    }

    /// Opens the folder of a recorder. A segment that cannot be read is named, on stderr and in the coverage, and passed over:
    /// the others tell of other times.
    ///
    /// # Errors
    /// None of them can be read.
    fn open_recording(&self, segments: Vec<Segment>) -> Result<Vec<Input>, Failure> {
        let (mut opened, mut unread) = (Vec::new(), Vec::new());
        for segment in segments {
            match self.open(&segment.path) {
                Ok(input) => opened.push(input),
                Err(failure) => unread.push((segment, failure)),
            }
        }
        let Some(first) = opened.first_mut() else {
            return Err(unread
                .into_iter()
                .next()
                .map_or_else(|| Failure::usage("open", "it is empty"), |(_, why)| why));
        };
        for (segment, failure) in unread {
            // That it is of no other form either is of no use to anybody.
            let of_archive = Archive::open_as(&segment.path, self.limits(), None).err();
            let why = of_archive.map_or_else(|| failure.came_back().to_owned(), |error| error.to_string());
            terminal::tell(&format!("note: a segment cannot be read and is passed over: {why}"));
            let begin = segment.name.begin;
            let outcome = Outcome::new("record", &segment.name.name, Status::Failed, begin);
            let why = format!("what was recorded then cannot be read: {why}");
            first.note_unread(Outcome { why, from: Some(begin), ..outcome });
        }
        Ok(opened)
    }

    /// What of it an analysis depends on.
    pub fn limits_asked(&self) -> &[(String, u64)] {
        &self.limit
    }

    /// Opens one input.
    fn open(&self, path: &Path) -> Result<Input, Failure> {
        let of_archive = |error: &ArchiveError| failure(path, error);
        let keys = self.keys.read().map_err(|error| of_archive(&error))?;
        let input = match remote::find(path)? {
            Lies::Here(path) => Input::open(&path, self.limits(), keys.as_ref()),
            Lies::Elsewhere(remote) => Input::open_remote(&remote, self.limits(), keys.as_ref()),
        };
        let input = input.map_err(|error| match &error {
            InputError::Archive(error) => of_archive(error),
            InputError::Unknown { .. } => Failure::environment(format!("open {}", path.display()), error)
                .hint("what a tool packed is recognised by the names in it: give all of it, not a file out of it"),
            InputError::Ambiguous { .. }
            | InputError::Clusters { .. }
            | InputError::OfNoCluster { .. }
            | InputError::NoCheck { .. }
            | InputError::NoNotes { .. } => Failure::environment(format!("open {}", path.display()), error),
        })?;
        if let Some(archive) = input.archive() {
            tell_state(archive, path)?;
        }
        Ok(input)
    }

    fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (name, value) in &self.limit {
            // The names were checked when the arguments were read.
            limits.set(name, *value);
        }
        limits
    }
}

/// Says on stderr what the reader of an archive should know of its state.
fn tell_state(archive: &Archive, path: &Path) -> Result<(), Failure> {
    match archive.condition() {
        Condition::Sealed => {}
        Condition::Unsealed => {
            terminal::tell(&format!("note: {} was never sealed: what is missing is said as such", path.display()));
        }
        Condition::Cut { finished, entry, why, .. } => {
            let entry = entry.as_ref().map(|entry| format!("; {entry} was under way")).unwrap_or_default();
            terminal::tell(&format!("note: {} is cut: {finished} entries are whole{entry} ({why})", path.display()));
        }
    }
    if let Some(first) = archive.anomalies().first().filter(|_| *archive.condition() == Condition::Sealed) {
        let count = archive.anomalies().len() + archive.more_anomalies();
        terminal::tell(&format!(
            "note: {} is damaged in {count} places, as: {}; see verify",
            path.display(),
            first.what
        ));
    }
    if let Some(newer) = archive.newer_minor().map_err(|error| failure(path, &error))? {
        terminal::tell(&format!("note: {newer}"));
    }
    Ok(())
}

/// Why an archive could not be opened.
pub fn failure(path: &Path, error: &ArchiveError) -> Failure {
    let failed = Failure::environment(format!("open {}", path.display()), error);
    let mut partial = path.as_os_str().to_owned();
    partial.push(".partial");
    match error {
        ArchiveError::Io { action: "open", .. } if Path::new(&partial).exists() => failed.hint(format!(
            "the run that was to write it was ended; {} holds what came, and opens like any archive",
            Path::new(&partial).display()
        )),
        ArchiveError::Encrypted { .. } | ArchiveError::NotDecrypted { .. } => failed.hint(ways_in(path)),
        ArchiveError::Identity { .. } | ArchiveError::Io { action: "read the identity", .. } => {
            failed.hint("give the file that age-keygen wrote, or a secret key of ssh without a password")
        }
        ArchiveError::Io { .. } | ArchiveError::NotAnArchive { .. } => {
            failed.hint("give the zip that collect wrote, or the folder it was unpacked to")
        }
        ArchiveError::Hostile { .. } => {
            failed.hint("if it is yours and only large, raise the limit that it breaks with --limit NAME=VALUE")
        }
        _ => failed,
    }
}

/// Fails at once where an archive would take the place of a folder, a pipe or a device as /dev/null.
pub fn refuse_what_is_no_file(path: &Path) -> Result<(), Failure> {
    private::refuse_what_is_no_file(path).map_err(|error| {
        Failure::environment(format!("writing {}", path.display()), error).hint("choose another name with -o")
    })
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
