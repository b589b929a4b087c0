//! Where the content of an opened input lies, and how an entry of it is read.

use super::container::Content;
use super::folder;
use super::index::{EntryRecord, Index, RAW};
use super::shared_file::SharedFile;
use std::io::{self, Read};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

pub(super) enum Store {
    /// With whether the file is an encrypted one.
    Zip {
        file: SharedFile,
        encrypted: bool,
    },
    Folder(PathBuf),
    Tar(SharedFile),
    /// A file that is no container, as the only entry of itself, with when it was last written.
    Plain {
        file: SharedFile,
        written: Option<SystemTime>,
    },
}

impl Store {
    /// Reads an entry as it is in what holds it: one that is packed by itself stays packed.
    pub fn read<T>(
        &self,
        index: &Index,
        record: &EntryRecord,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> io::Result<T> {
        let file = match (index.file_of(record), self) {
            (Some(file), _) | (None, Self::Zip { file, .. } | Self::Tar(file)) => file,
            (None, Self::Plain { file, .. }) => return read(&mut file.through(0, file.length())),
            (None, Self::Folder(root)) => return folder::read(root, index.path(record), record, read),
        };
        match record.method {
            RAW => read(&mut file.through(record.data(), record.packed)),
            _ => Content::new(file, record).and_then(|mut content| read(&mut content)),
        }
    }

    /// An entry that lies in a file as it is, as a file of its own.
    pub fn file_of(&self, index: &Index, record: &EntryRecord) -> Option<SharedFile> {
        let file = match (index.file_of(record), self) {
            (Some(file), _) | (None, Self::Zip { file, .. } | Self::Tar(file)) => file,
            (None, Self::Plain { .. } | Self::Folder(_)) => return None,
        };
        (record.method == RAW).then(|| file.part(record.data(), record.packed))
    }

    /// Reads what an entry holds.
    pub fn read_unpacked<T>(
        &self,
        index: &Index,
        record: &EntryRecord,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> io::Result<T> {
        self.read(index, record, |reader| match record.packing {
            None => read(reader),
            // One more, so that what is wrong behind the last good byte shows.
            Some(packing) => read(&mut packing.reader(reader)?.take(record.unpacked.saturating_add(1))),
        })
    }

    /// When the file that an entry is was last written, where something says so.
    pub fn written(&self, index: &Index, record: &EntryRecord) -> Option<SystemTime> {
        let said =
            || SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(record.written)).filter(|_| record.written > 0);
        match self {
            Self::Folder(root) => {
                let metadata = std::fs::metadata(root.join(index.path(record))).ok();
                metadata.and_then(|metadata| metadata.modified().ok()).or_else(said)
            }
            Self::Plain { written, .. } => *written,
            Self::Tar(_) | Self::Zip { .. } => said(),
        }
    }
}
