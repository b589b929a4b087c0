//! Opens what is no archive of ours in the same way: loose files in a folder, a tar or a zip, or one file, read within the
//! same limits.

use super::foreign::{self, Container, Whole};
use super::index::{EntryRecord, Index};
use super::limits::Limits;
use super::shared_file::SharedFile;
use super::soundness::{Anomalies, Condition};
use super::store::Store;
use super::{Archive, container, folder, is_encrypted, plain_path, refused};
use crate::archive::encryption::{Decrypted, Identities};
use crate::archive::error::{ArchiveError, Hostile, Refusal};
use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

/// Bytes by which a text is known: a zip has zeros in the first thirty.
const TEXT_BYTES: usize = 1 << 12;

impl Archive {
    /// Opens whatever is there, without asking whether it is an archive: a folder, a zip, a tar, any of them packed, or a
    /// file, which is an entry of its own.
    pub fn open_any(path: &Path, limits: Limits, who: Option<&Arc<Identities>>) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "open", path: path.to_owned(), source };
        if std::fs::metadata(path).map_err(io)?.is_dir() {
            return Self::any_folder(path, limits);
        }
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        Self::any_shared(SharedFile::of_file(file, metadata.len()), (path, metadata.modified().ok()), limits, who)
    }

    /// Opens a file that is called `path` and was last written at `written`.
    pub(super) fn any_shared(
        file: SharedFile,
        (path, written): (&Path, Option<SystemTime>),
        limits: Limits,
        who: Option<&Arc<Identities>>,
    ) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "open", path: path.to_owned(), source };
        if is_encrypted(&file).map_err(io)? {
            return Self::shared_as(file, path, limits, who);
        }
        Self::any_file(file, written, path, limits)
    }

    /// Opens an archive, with the keys to it where it is encrypted.
    pub(super) fn shared_as(
        file: SharedFile,
        path: &Path,
        limits: Limits,
        who: Option<&Arc<Identities>>,
    ) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "open", path: path.to_owned(), source };
        if !is_encrypted(&file).map_err(io)? {
            return Self::open_zip(file, path, limits, false);
        }
        let who = who.ok_or_else(|| ArchiveError::Encrypted { path: path.to_owned() })?;
        Self::open_zip(SharedFile::of_decrypted(Decrypted::open(file, path, who)?), path, limits, true)
    }

    /// The same as [`open_any`](Self::open_any) of a file held in memory, called `name`, last written at `written`.
    pub fn any_from_bytes(
        bytes: impl Into<Cow<'static, [u8]>>,
        name: &str,
        written: SystemTime,
        limits: Limits,
    ) -> Result<Self, ArchiveError> {
        Self::any_file(SharedFile::of_bytes(bytes.into()), Some(written), Path::new(name), limits)
    }

    pub(super) fn any_folder(path: &Path, limits: Limits) -> Result<Self, ArchiveError> {
        let refused = |refusal| refused(path, "list", refusal);
        let mut anomalies = Anomalies::default();
        let (root, index, condition) = folder::open(path, &limits, &mut anomalies).map_err(refused)?;
        Self::looked_into(Store::Folder(root), index, path, limits, (condition, anomalies)).map_err(refused)
    }

    fn any_file(
        file: SharedFile,
        written: Option<SystemTime>,
        path: &Path,
        limits: Limits,
    ) -> Result<Self, ArchiveError> {
        let refused = |refusal: Refusal| refused(path, "read", refusal);
        let io = |source: io::Error| refused(source.into());
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let mut anomalies = Anomalies::default();
        let (file, name) = match foreign::unpacked(&file, &name, &limits).map_err(refused)? {
            None => (file, name),
            Some(Whole { file, packing, damage }) => {
                if let Some(why) = damage {
                    let (packing, bytes) = (packing.name(), file.length());
                    anomalies.note(format!("its {packing} is cut or damaged behind {bytes} unpacked bytes: {why}"));
                }
                (file, packing.plain_name(&name))
            }
        };
        let mut start = Vec::new();
        file.read_at(0, TEXT_BYTES, &mut start).map_err(io)?;
        let path = path.with_file_name(&name);
        match Container::of(&start) {
            Some(Container::Zip) if foreign::is_ours(&file).map_err(io)? => Self::open_zip(file, &path, limits, false),
            Some(container) => {
                let (index, condition) = container.open(&file, &limits, &mut anomalies).map_err(refused)?;
                if container == Container::Zip && is_ours_or_nothing(&index) {
                    return Self::open_zip(file, &path, limits, false);
                }
                let (store, ending) = match container {
                    Container::Tar => (Store::Tar(file), ".tar"),
                    Container::Zip => (Store::Zip { file, encrypted: false }, ".zip"),
                };
                let path = path.with_file_name(name.strip_suffix(ending).unwrap_or(&name));
                Self::looked_into(store, index, &path, limits, (condition, anomalies)).map_err(refused)
            }
            None if is_plain(&start) => Self::plain(file, written, &path, limits, anomalies),
            None => Self::open_zip(file, &path, limits, false),
        }
    }

    /// An input that may have entries which are packed by themselves; an archive of ours has none.
    fn looked_into(
        store: Store,
        mut index: Index,
        path: &Path,
        limits: Limits,
        (condition, mut anomalies): (Condition, Anomalies),
    ) -> Result<Self, Refusal> {
        if index.is_foreign() {
            index = foreign::inside::look(&store, index, &limits, &mut anomalies)?;
        }
        Ok(Self::new(store, index, path, limits, (condition, anomalies)))
    }

    /// A text held in memory, as an entry of its own that was last written at `written`.
    pub fn text_from_bytes(
        bytes: impl Into<Cow<'static, [u8]>>,
        name: &str,
        written: SystemTime,
    ) -> Result<Self, ArchiveError> {
        let file = SharedFile::of_bytes(bytes.into());
        Self::plain(file, Some(written), Path::new(name), Limits::default(), Anomalies::default())
    }

    fn plain(
        file: SharedFile,
        written: Option<SystemTime>,
        path: &Path,
        limits: Limits,
        anomalies: Anomalies,
    ) -> Result<Self, ArchiveError> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let refused = |what: Hostile| refused(path, "open", what.into());
        plain_path::checked_on_disk(&name, &limits).map_err(refused)?;
        let mut index = Index::foreign();
        index
            .add_below(&name, EntryRecord { packed: file.length(), ..EntryRecord::new(file.length()) }, &limits)
            .map_err(refused)?;
        Ok(Self::new(Store::Plain { file, written }, index, path, limits, (Condition::Unsealed, anomalies)))
    }

    /// Whether it is a file that is no container.
    pub fn is_plain(&self) -> bool {
        matches!(*self.inside.store, Store::Plain { .. }) && self.inside.index.records().len() == 1
    }

    /// What it may be at most.
    pub fn limits(&self) -> &Limits {
        &self.inside.limits
    }

    /// When the file that an entry is was last written, where it is one.
    pub fn modified(&self, entry: &str) -> Option<SystemTime> {
        self.inside.store.written(&self.inside.index, self.inside.index.get(entry)?)
    }
}

/// Whether what a zip was found to hold is better told by opening it as an archive of ours, or refusing it as none.
fn is_ours_or_nothing(index: &Index) -> bool {
    let is_header = |path: &str| foreign::is_header(path.as_bytes());
    index.records().is_empty() || index.records().iter().any(|record| is_header(index.path(record)))
}

/// How journals of systemd begin that are no text: files of journald (systemd, src/libsystemd/sd-journal/journal-def.h),
/// and the export form, which may have lengths in bytes (JOURNAL_EXPORT_FORMATS).
const JOURNALS: [&[u8]; 3] = [b"LPKSHHRH", b"__CURSOR=", b"__REALTIME_TIMESTAMP="];

/// Whether a file begins as a text and not as a zip, neither with the signature of one, cut or whole, nor with a zero;
/// or as another file that is read by itself.
fn is_plain(start: &[u8]) -> bool {
    let is_zip = start.starts_with(&container::LOCAL) || container::LOCAL.starts_with(start);
    JOURNALS.iter().any(|journal| start.starts_with(journal)) || (!is_zip && !start.contains(&0))
}
