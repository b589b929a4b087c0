//! Files that quote the archive: as private as the archive itself, and never half written.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Creates a folder that only its owner may enter (mode 0700), and those above it. One that exists stays as it is.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| !found.is_dir()) {
        return Err(io::Error::new(ErrorKind::NotADirectory, "it is a file, not a folder"));
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// A file that only its owner may read (mode 0600), and that has no name yet. It gets one when all of it is on the
/// disk, and is gone if it never gets one: under its name there is the old file or the new one, whole, whenever the
/// program or the machine stops.
pub struct Unnamed(NamedTempFile);

impl Unnamed {
    /// Begins what is to be called `path`, in the same folder. Fails at once where that could not be.
    pub fn beside(path: &Path) -> io::Result<Self> {
        refuse_what_is_no_file(path)?;
        let mut name = path.file_name().map(OsString::from).unwrap_or_default();
        name.push(".");
        tempfile::Builder::new().prefix(&name).suffix(".partial").tempfile_in(folder_of(path)).map(Self)
    }

    /// Brings `bytes` to the disk.
    pub fn fill(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.fill_with(|out| out.write_all(bytes))
    }

    /// Has its content written, a piece at a time.
    pub fn fill_with(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = io::BufWriter::new(self.0.as_file_mut());
        write(&mut out)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
    }

    /// Names it. Fails if anything has that name, also if it got it just now.
    pub fn name(self, path: &Path) -> io::Result<()> {
        self.0.persist_noclobber(path).map_err(|failed| failed.error)?;
        sync_folder_of(path)
    }

    /// Names it, instead of the file or the link that may have that name. A link is not followed: whoever can write
    /// to the folder would choose what is written over.
    pub fn replace(self, path: &Path) -> io::Result<()> {
        refuse_what_is_no_file(path)?;
        if let Some(found) = fs::symlink_metadata(path).ok().filter(fs::Metadata::is_file) {
            let_in_the_same(&found, self.0.as_file())?;
        }
        self.0.persist(path).map_err(|failed| failed.error)?;
        sync_folder_of(path)
    }
}

/// A folder cannot be replaced by a file, and a device or a pipe must not be.
pub fn refuse_what_is_no_file(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder")),
        Ok(found) if !found.is_file() => Err(io::Error::other("it is no file")),
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Whoever could read the file that is replaced can read the new one: somebody chose that. A file of others can rarely
/// be given back to them, and then the new one is for whoever wrote it alone.
#[cfg(unix)]
fn let_in_the_same(found: &fs::Metadata, file: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    match fchown(file, Some(found.uid()), Some(found.gid())) {
        Ok(()) => file.set_permissions(found.permissions()),
        Err(_) => Ok(()),
    }
}

#[cfg(not(unix))]
fn let_in_the_same(_: &fs::Metadata, _: &File) -> io::Result<()> {
    Ok(())
}

/// Brings a name to the disk: it is the folder's content.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    // Some folders may not be read, and some file systems know no such thing; the file has its name all the same.
    let Some(folder) = File::open(folder_of(path)).ok().filter(|_| cfg!(unix)) else { return Ok(()) };
    match folder.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
