//! What is uploaded: one archive, or the files of one report, each with its hash.

use super::sums::{self, Sum};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// What every archive begins with: a zip's first entry, or age, as it is and as text.
const BEGINNINGS: [&[u8]; 3] = [b"PK\x03\x04", b"age-encryption.org/v1", b"-----BEGIN AGE ENCRYPTED"];

/// Files that are uploaded together.
#[derive(Debug)]
pub struct Package {
    /// How it is called in the store: its file's or folder's name.
    pub name: String,
    pub(super) items: Vec<Item>,
}

#[derive(Clone, Debug)]
pub(super) struct Item {
    pub path: PathBuf,
    pub sum: Sum,
    pub bytes: u64,
}

/// Why something is not uploaded.
#[derive(Debug, thiserror::Error)]
pub enum NotAPackage {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("it is neither an archive nor the folder of a report")]
    Other,
    #[error("it has no name that a store can take")]
    Name,
    #[error("it is an unpacked archive: upload the zip that it was made of")]
    Unpacked,
}

impl Package {
    /// Reads all of it, for its hashes.
    pub fn read(path: &Path) -> Result<Self, NotAPackage> {
        // `.` and `report/` have a name only once they are looked up.
        let whole = fs::canonicalize(path)?;
        let name = whole.file_name().and_then(|name| name.to_str()).ok_or(NotAPackage::Name)?.to_owned();
        if name.chars().any(char::is_control) {
            return Err(NotAPackage::Name);
        }
        let items = if whole.is_dir() { report(&whole, &name)? } else { vec![archive(&whole, &name)?] };
        Ok(Self { name, items })
    }

    /// Of all files.
    pub fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.bytes).sum()
    }

    pub fn files(&self) -> usize {
        self.items.len()
    }

    pub(super) fn sums(&self) -> Vec<Sum> {
        self.items.iter().map(|item| item.sum.clone()).collect()
    }
}

fn archive(path: &Path, name: &str) -> Result<Item, NotAPackage> {
    let mut first = Vec::new();
    File::open(path)?.take(32).read_to_end(&mut first)?;
    if !BEGINNINGS.iter().any(|beginning| first.starts_with(beginning)) {
        return Err(NotAPackage::Other);
    }
    item(path, name.to_owned())
}

/// The files of a report, in order of name; hidden ones are not of it.
fn report(folder: &Path, name: &str) -> Result<Vec<Item>, NotAPackage> {
    if !folder.join("report.json").is_file() {
        let is_archive = folder.join("meta/archive.json").is_file();
        return Err(if is_archive { NotAPackage::Unpacked } else { NotAPackage::Other });
    }
    let mut items = Vec::new();
    for found in fs::read_dir(folder)? {
        let found = found?;
        let file = found.file_name().into_string().map_err(|_| NotAPackage::Name)?;
        if found.file_type()?.is_file() && !file.starts_with('.') {
            items.push(item(&found.path(), format!("{name}/{file}"))?);
        }
    }
    items.sort_by(|a, b| a.sum.name.cmp(&b.sum.name));
    Ok(items)
}

fn item(path: &Path, name: String) -> Result<Item, NotAPackage> {
    let (sha256, bytes) = sums::of(&mut File::open(path)?)?;
    Ok(Item { path: path.to_owned(), sum: Sum { sha256, name }, bytes })
}
