//! Where bytes wait that are too many for memory: in files without a name, beside the archive where one is written, which
//! a kill does not leave behind. Those of an encrypted archive are encrypted too, with a key that only memory has.

use super::encryption::{ScratchCipher, ScratchKey};
use super::read::shared_file::SharedFile;
use std::fs::File;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a file that are held in memory; what is more goes to the disk.
pub(super) const IN_MEMORY: usize = 1 << 20;
/// Bytes that are encrypted at once.
const AT_ONCE: usize = 16 << 10;

/// A folder for files without a name, best that of the archive, where there is room for them anyway.
#[derive(Clone, Debug)]
pub struct Scratch {
    folder: PathBuf,
    key: Option<Arc<ScratchKey>>,
}

impl Scratch {
    /// In `folder`, or in this one where that is empty.
    pub fn new(folder: &Path) -> Self {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        Self { folder: folder.to_owned(), key: None }
    }

    /// In the folder that the system has for such files.
    pub(super) fn of_system() -> Self {
        Self::new(&std::env::temp_dir())
    }

    /// In the folder that the system has for such files, for what is sorted while it is read: encrypted with a key that only
    /// memory has, where this program encrypts at all, as what is read may be.
    pub fn for_reading() -> Self {
        #[cfg(feature = "encrypt")]
        if let Ok(key) = ScratchKey::random() {
            return Self::of_system().encrypted(Arc::new(key));
        }
        Self::of_system()
    }

    /// The same folder, what is written there from now on encrypted with `key`.
    pub(super) fn encrypted(self, key: Arc<ScratchKey>) -> Self {
        Self { key: Some(key), ..self }
    }

    /// An empty file, which goes with its last user.
    pub fn file(&self) -> ScratchFile {
        self.file_with(IN_MEMORY)
    }

    /// An empty file of which so many bytes stay in memory.
    pub(crate) fn file_with(&self, in_memory: usize) -> ScratchFile {
        let cipher = self.key.as_ref().map(|key| key.next());
        let store = Store::Memory(Cursor::new(Vec::new()));
        ScratchFile { store, in_memory, folder: self.folder.clone(), cipher, at: 0 }
    }
}

/// A file that is written at its end, and read anywhere. Only its owner may read it (mode 0600).
#[derive(Debug)]
pub struct ScratchFile {
    store: Store,
    in_memory: usize,
    folder: PathBuf,
    cipher: Option<ScratchCipher>,
    at: u64,
}

/// A few bytes in memory, or many on the disk.
#[derive(Debug)]
enum Store {
    Memory(Cursor<Vec<u8>>),
    Disk(File),
}

/// A file without a name. It is private before anything is in it: the library makes it as the umask says.
fn nameless(folder: &Path) -> io::Result<File> {
    let file = tempfile::tempfile_in(folder)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(file)
}

impl ScratchFile {
    /// Whether it is on the disk.
    #[cfg(test)]
    pub fn is_rolled(&self) -> bool {
        matches!(self.store, Store::Disk(_))
    }

    /// Ends the writing: the first `length` bytes, to be read by many at once.
    pub(crate) fn into_shared(self, length: u64) -> io::Result<SharedFile> {
        Ok(match (self.store, self.cipher) {
            (Store::Memory(bytes), cipher) => {
                let mut bytes = bytes.into_inner();
                cipher.map_or(Ok(()), |cipher| cipher.apply(0, &mut bytes))?;
                SharedFile::of_bytes(bytes.into())
            }
            (Store::Disk(file), None) => SharedFile::of_file(file, length),
            (Store::Disk(file), Some(cipher)) => SharedFile::of_scratch(file, cipher, length),
        })
    }

    /// Goes to the disk if `more` bytes are too many for memory.
    fn make_room(&mut self, more: usize) -> io::Result<()> {
        if let Store::Memory(held) = &self.store
            && held.get_ref().len().saturating_add(more) > self.in_memory
        {
            let mut file = nameless(&self.folder)?;
            file.write_all(held.get_ref())?;
            file.seek(SeekFrom::Start(held.position()))?;
            self.store = Store::Disk(file);
        }
        Ok(())
    }
}

impl Write for ScratchFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.make_room(bytes.len())?;
        let count = match &self.cipher {
            None => self.store.write(bytes)?,
            Some(cipher) => {
                let mut sealed = bytes.get(..bytes.len().min(AT_ONCE)).unwrap_or_default().to_vec();
                cipher.apply(self.at, &mut sealed)?;
                self.store.write_all(&sealed)?;
                sealed.len()
            }
        };
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.store.flush()
    }
}

impl Read for ScratchFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.store {
            Store::Memory(bytes) => bytes.read(buffer)?,
            Store::Disk(file) => file.read(buffer)?,
        };
        if let Some(cipher) = &self.cipher {
            cipher.apply(self.at, buffer.get_mut(..count).unwrap_or_default())?;
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for ScratchFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match &mut self.store {
            Store::Memory(bytes) => bytes.seek(to)?,
            Store::Disk(file) => file.seek(to)?,
        };
        Ok(self.at)
    }
}

impl Write for Store {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Memory(held) => held.write(bytes),
            Self::Disk(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::Disk(file) => file.flush(),
        }
    }
}
