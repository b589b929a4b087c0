//! The archive's file while it is written: private, and quiet once it has failed.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A file that takes nothing more after its first error.
///
/// The zip writer ends the zip when it is dropped, and complains on stderr where it cannot. After a full disk there is
/// nothing to end: what was finished before stays, and the half entry behind it is cut off.
#[derive(Debug)]
pub(super) struct Medium {
    file: File,
    failed: bool,
}

impl Medium {
    /// Creates a file that only its owner may read (mode 0600). Never opens one that exists.
    pub fn create(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self { file: options.open(path)?, failed: false })
    }

    pub fn file(&self) -> &File {
        &self.file
    }

    /// Where the next byte goes.
    pub fn position(&self) -> io::Result<u64> {
        (&self.file).stream_position()
    }

    /// Cuts off the half entry behind `end`.
    pub fn cut_off(&self, end: u64) {
        // The finished entries are found without this too; it only frees room on a full disk.
        let _ = self.file.set_len(end);
    }
}

impl Write for Medium {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed {
            return Ok(bytes.len());
        }
        let written = self.file.write(bytes);
        self.failed = written.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Medium {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

/// Brings a renamed file's new name to the disk: it is the folder's content.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
