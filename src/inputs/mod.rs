//! What an analysis is made from: one or several inputs, each in a format of its own, given out in one form.
//!
//! A format recognises an input and says what kind of content each of its entries holds; whoever reads evidence knows
//! kinds and no format. Inputs are opened by the archive's reader, within its limits, and are as hostile as archives.

mod audit;
mod batch;
mod columns;
mod dump;
mod format;
mod formats;
mod journal_forms;
mod json;
mod kind;
mod merged;
mod objects;
mod records;
mod remarks;
mod surrounded;
mod versions;
mod yaml;

pub use audit::without_stamp;
pub use batch::{Batch, Item};
pub use columns::{CheckColumns, NoteColumns, OutcomeColumn};
pub use dump::Piece;
pub use formats::loose::SOURCE as LOOSE_FILES;
pub use kind::{
    AuditForm, CheckForm, CloudForm, JournalForm, Kind, LogForm, LogOf, NoteForm, ObjectForm, ObjectKind, WhyUnread,
};
pub use merged::{Entry, Inputs, Recognised};
pub use surrounded::{Part, Surrounding};

use crate::archive::format::Outcome;
use crate::archive::{Archive, ArchiveError, Identities, Limits, Remote};
use format::{About, Format, Start};
use journal_forms::Turned;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// One input: an archive, or something else that some format knows.
#[derive(Clone)]
pub struct Input {
    files: Archive,
    format: &'static Format,
    about: Arc<About>,
    /// What its entries hold, in order of path.
    kinds: Arc<[Kind]>,
}

/// An input could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("{path} may be of the format {one} as well as of {other}")]
    Ambiguous { path: PathBuf, one: &'static str, other: &'static str },
    #[error("{path} is not a zip and of no other form that is known, which are: {}", formats::understood())]
    Unknown { path: PathBuf },
    #[error("{path} is no outside check in a form that is known, which is: {}", formats::checks::FORMS)]
    NoCheck { path: PathBuf },
    #[error("{path} holds no notes: a text as Markdown, as a chat prints it or as CSV")]
    NoNotes { path: PathBuf },
    /// Nodes and pods of the same name would be taken for each other.
    #[error("{one} and {other} are of different clusters: their namespaces kube-system have different UIDs")]
    Clusters { one: String, other: String },
    #[error("{input} does not say of which of the clusters it is")]
    OfNoCluster { input: String },
}

impl Input {
    /// Opens an input of any known format. An encrypted archive needs the keys to it.
    ///
    /// What no format knows is refused, and the error names what would be understood.
    pub fn open(path: &Path, limits: Limits, who: Option<&Arc<Identities>>) -> Result<Self, InputError> {
        let any = || Archive::open_any(path, limits, who);
        Self::known(path, any, || Archive::open_as(path, limits, who))
    }

    /// The same of a file that lies elsewhere.
    pub fn open_remote(remote: &Remote, limits: Limits, who: Option<&Arc<Identities>>) -> Result<Self, InputError> {
        let any = || Archive::open_any_remote(remote, limits, who);
        Self::known(&remote.name, any, || Archive::open_remote(remote, limits, who))
    }

    /// What is called `path` in the format it has, opened as anything or, where nothing knows it so, as an archive.
    fn known(
        path: &Path,
        any: impl FnOnce() -> Result<Archive, ArchiveError>,
        archive: impl FnOnce() -> Result<Archive, ArchiveError>,
    ) -> Result<Self, InputError> {
        let unknown = |error| match error {
            ArchiveError::NotAZip { path } | ArchiveError::NotAnArchive { path, .. } => InputError::Unknown { path },
            error => InputError::from(error),
        };
        let (mut files, mut turned) = Self::with_text(any().map_err(unknown)?)?;
        let mut found = format::recognised(&files, path)?;
        if found.is_none() {
            // It may be an archive behind some text.
            (files, turned) = (archive().map_err(unknown)?, Vec::new());
            found = format::recognised(&files, path)?;
        }
        Self::of(files, found, path, &turned)
    }

    /// The same with its journals as text.
    fn with_text(files: Archive) -> Result<(Archive, Vec<Turned>), ArchiveError> {
        if files.is_foreign() { journal_forms::as_text(&files) } else { Ok((files, Vec::new())) }
    }

    /// Opens what somebody says is an outside check: the runs of a CI loop, or of a probe.
    pub fn open_check(path: &Path, limits: Limits) -> Result<Self, InputError> {
        match Archive::open_any(path, limits, None) {
            Ok(files) => Self::check(files, path),
            Err(ArchiveError::NotAZip { path } | ArchiveError::Empty { path }) => Err(InputError::NoCheck { path }),
            Err(error) => Err(error.into()),
        }
    }

    /// The same of a file that is held in memory, called `name`.
    pub fn check_from_bytes(bytes: impl Into<Cow<'static, [u8]>>, name: &str) -> Result<Self, InputError> {
        Self::check(Archive::text_from_bytes(bytes, name, SystemTime::UNIX_EPOCH)?, Path::new(name))
    }

    fn check(files: Archive, path: &Path) -> Result<Self, InputError> {
        let format = &formats::checks::FORMAT;
        let is_known = (format.recognise)(&files) > 0;
        if !is_known {
            return Err(InputError::NoCheck { path: path.to_owned() });
        }
        Self::of(files, Some(format), path, &[])
    }

    /// Opens what somebody says are notes that people wrote.
    ///
    /// Their file may be called as a person is, so its name is not kept; neither are credentials.
    pub fn open_notes(path: &Path, limits: Limits) -> Result<Self, InputError> {
        match Archive::open_any(path, limits, None) {
            Ok(files) => Self::notes(&files, path),
            Err(ArchiveError::NotAZip { path } | ArchiveError::Empty { path }) => Err(InputError::NoNotes { path }),
            Err(error) => Err(error.into()),
        }
    }

    /// The same of a file that is held in memory.
    pub fn notes_from_bytes(bytes: impl Into<Cow<'static, [u8]>>) -> Result<Self, InputError> {
        let name = formats::notes::NAME;
        Self::notes(&Archive::text_from_bytes(bytes, name, SystemTime::UNIX_EPOCH)?, Path::new(name))
    }

    fn notes(files: &Archive, path: &Path) -> Result<Self, InputError> {
        let format = &formats::notes::FORMAT;
        if !files.is_plain() {
            return Err(InputError::NoNotes { path: path.to_owned() });
        }
        let files = files.text_without_credentials(formats::notes::NAME, kind::MOST_BYTES)?;
        Self::of(files, Some(format), path, &[])
    }

    /// A file of any known format that is held in memory, called `name`, last written at `written`.
    pub fn from_bytes(
        bytes: impl Into<Cow<'static, [u8]>>,
        name: &str,
        written: SystemTime,
    ) -> Result<Self, InputError> {
        let (files, turned) = Self::with_text(Archive::any_from_bytes(bytes, name, written, Limits::default())?)?;
        let path = Path::new(name);
        let found = format::recognised(&files, path)?;
        Self::of(files, found, path, &turned)
    }

    /// An archive that was opened before.
    pub fn from_archive(archive: &Archive) -> Result<Self, InputError> {
        let path = PathBuf::from(archive.name());
        let found = format::recognised(archive, &path)?;
        Self::of(archive.clone(), found, &path, &[])
    }

    fn of(files: Archive, format: Option<&'static Format>, path: &Path, turned: &[Turned]) -> Result<Self, InputError> {
        let format = format.ok_or_else(|| InputError::Unknown { path: path.to_owned() })?;
        // What our collector brings is without credentials; nobody knows that of anything else.
        let files = if format.is_our_archive() { files } else { files.without_credentials() };
        let kind = |entry| {
            let (start, bytes) = (Start::of(&files, entry), files.bytes_of(entry));
            match (format.kind)(entry, &start).bounded(bytes) {
                Kind::Unread(WhyUnread::Empty) if bytes > Some(0) && start.bytes().is_empty() => {
                    Kind::Unread(WhyUnread::Unreadable)
                }
                kind => kind,
            }
        };
        let kinds = files.entries().map(kind).collect();
        let format::Opened { mut about, mut kinds } = (format.open)(&files, kinds)?;
        remarks::add(&mut about, &mut kinds, &files, turned);
        Ok(Self { files, format, about: Arc::new(about), kinds: kinds.into() })
    }

    /// How people call it: the name of its file, without the ending if it is an archive's.
    pub fn name(&self) -> &str {
        self.files.name()
    }

    /// The same as it was written, for whoever is shown their own file and nothing else is made of it.
    pub fn as_written(self) -> Self {
        Self { files: self.files.as_written(), ..self }
    }

    /// Notes what stood beside it and cannot be read, so that the coverage says so.
    pub fn note_unread(&mut self, what: Outcome) {
        Arc::make_mut(&mut self.about).outcomes.push(what);
    }

    /// It as an archive of ours; none where it is something else.
    pub fn archive(&self) -> Option<&Archive> {
        self.about.said_in.is_some().then_some(&self.files)
    }
}
