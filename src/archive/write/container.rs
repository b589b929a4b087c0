//! The zip as it is written: every header final before its data, no byte written twice.
//!
//! So a file that ends anywhere holds every entry that was finished, and nobody has to mend anything after a kill.

use super::entry::Target;
use super::output::Output;
use crate::archive::records::{self, Central, Common, Packed};
use crate::archive::scratch::ScratchFile;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, Write};
use std::path::Path;

/// Version 4.5 of APPNOTE, which brought zip64, 4.4.3.
const VERSION: u16 = 45;
/// On unix, 4.4.2: the external attributes are those of stat(2).
const UNIX: u16 = 3 << 8;
/// A file that its owner alone reads and writes.
const PRIVATE: u32 = 0o100_600 << 16;

/// A zip that grows.
#[derive(Debug)]
pub(super) struct Container {
    file: Output,
    /// Behind the last entry.
    end: u64,
    /// The directory, in a file without a name: there may be hundreds of thousands of entries.
    directory: BufWriter<ScratchFile>,
    entries: u64,
}

impl Container {
    /// Creates a file that only its owner may read (mode 0600), from its first byte on. Never opens one that exists.
    /// What is too much for memory waits where `target` says until the end.
    pub fn create(path: &Path, target: &Target) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let directory = BufWriter::new(target.scratch().file());
        let file = Output::new(options.open(path)?, target.recipients())?;
        Ok(Self { file, end: 0, directory, entries: 0 })
    }

    pub fn file(&self) -> &File {
        self.file.file()
    }

    /// Appends an entry, `modified` at a time and date in the form of MS-DOS (4.4.6). After an error the file ends where
    /// it ended before, if that is possible at all; one that is encrypted takes no more.
    pub fn append(&mut self, name: &str, modified: (u16, u16), packed: Packed, data: &mut dyn Read) -> io::Result<()> {
        let common = common(name, modified, packed);
        let mut header = Vec::new();
        common.encode_local(name, &mut header);
        let written =
            self.file.write_all(&header).and_then(|()| io::copy(&mut data.take(packed.packed), &mut self.file));
        let short = || io::Error::new(io::ErrorKind::UnexpectedEof, "the packed data are not all there");
        let written = written.and_then(|count| if count == packed.packed { Ok(()) } else { Err(short()) });
        if let Err(error) = written {
            // The finished entries are found without this too; it frees room on a full disk.
            self.file.go_back(self.end);
            return Err(error);
        }
        let (made_by, external, offset) = (UNIX | VERSION, PRIVATE, self.end);
        let mut record = Vec::new();
        Central { made_by, common, comment_bytes: 0, disk: 0, internal: 0, external, offset }.encode(name, &mut record);
        self.directory.write_all(&record)?;
        self.entries += 1;
        self.end += header.len() as u64 + packed.packed;
        Ok(())
    }

    /// Writes the directory, which makes it a whole zip.
    pub fn finish(mut self) -> io::Result<File> {
        let mut directory = self.directory.into_inner()?;
        directory.rewind()?;
        let bytes = io::copy(&mut directory, &mut self.file)?;
        let mut end = Vec::new();
        records::encode_end(self.entries, bytes, self.end, &mut end);
        self.file.write_all(&end)?;
        self.file.finish()
    }
}

fn common(name: &str, (time, date): (u16, u16), packed: Packed) -> Common {
    let Packed { method, crc, packed, size } = packed;
    let flags = if name.is_ascii() { 0 } else { records::UTF8 };
    Common { version_needed: VERSION, flags, method, time, date, crc, packed, size, name_bytes: 0, extra_bytes: 0 }
}

/// Brings a renamed file's new name to the disk: it is the folder's content.
pub(super) fn sync_folder_of(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
