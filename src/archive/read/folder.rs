//! A folder: an archive that somebody unpacked, or loose files. Symbolic links in it are passed over and never followed.

use super::index::{EntryRecord, Index};
use super::limits::Limits;
use super::plain_path;
use super::soundness::{Anomalies, Condition};
use crate::archive::error::{Hostile, Refusal, quoted};
use crate::archive::layout;
use std::fs::ReadDir;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The top folder at `path`, its files in order of path, and in what state it is.
pub(super) fn open(
    path: &Path,
    limits: &Limits,
    anomalies: &mut Anomalies,
) -> Result<(PathBuf, Index, Condition), Refusal> {
    let root = top_folder(path);
    let is_archive = root.join(layout::ARCHIVE).exists();
    let check = |path: &str| match is_archive {
        true => plain_path::checked(path.as_bytes(), limits).map(drop),
        false => plain_path::foreign(path.as_bytes(), limits).map(drop),
    };
    let mut index = if is_archive { Index::default() } else { Index::foreign() };
    // One open folder for each component, so that memory does not grow with their number.
    let mut open: Vec<(String, ReadDir)> = vec![(String::new(), std::fs::read_dir(&root)?)];
    while let Some((folder, items)) = open.last_mut() {
        let Some(item) = items.next() else {
            open.pop();
            continue;
        };
        let item = item?;
        let name = item.file_name();
        let Some(name) = name.to_str() else {
            anomalies.note(format!("{} is passed over: its name is not UTF-8", quoted(name.as_encoded_bytes())));
            continue;
        };
        let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        // Neither the type nor the metadata follow a symbolic link here.
        let kind = item.file_type()?;
        if (kind.is_dir() || kind.is_file())
            && let Err(what) = check(&path)
        {
            // Nobody unpacks loose files elsewhere: one whose name could harm there is passed over, as in a tar of them.
            if is_archive {
                return Err(what.into());
            }
            anomalies.of(&quoted(path.as_bytes()), format!("it is passed over: {what}"));
        } else if kind.is_dir() {
            match std::fs::read_dir(item.path()) {
                Ok(items) => open.push((path, items)),
                Err(error) if is_archive => return Err(error.into()),
                Err(error) => anomalies.of(&quoted(path.as_bytes()), format!("it is passed over: {error}")),
            }
        } else if kind.is_file() {
            add(&mut index, &path, item.metadata()?, limits)?;
        } else if kind.is_symlink() && !is_archive {
            anomalies.of(&quoted(path.as_bytes()), "it is passed over: it is a symbolic link");
        }
    }
    index.sorted_names();
    let is_sealed = index.get(layout::MANIFEST).is_some();
    Ok((root, index, if is_sealed { Condition::Sealed } else { Condition::Unsealed }))
}

fn add(index: &mut Index, path: &str, metadata: std::fs::Metadata, limits: &Limits) -> Result<(), Refusal> {
    let bytes = metadata.len();
    if bytes > limits.entry_bytes {
        let path = quoted(path.as_bytes());
        return Err(Hostile::EntryTooLarge { path, bytes, limit: limits.entry_bytes }.into());
    }
    index.add_below(path, EntryRecord { packed: bytes, ..EntryRecord::new(bytes) }, limits)?;
    if index.total() > limits.total_bytes {
        return Err(Hostile::TotalTooLarge { limit: limits.total_bytes }.into());
    }
    Ok(())
}

/// Reads a file of the folder, up to the size it had when the folder was opened.
pub(super) fn read<T>(
    root: &Path,
    entry: &str,
    record: &EntryRecord,
    read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
) -> io::Result<T> {
    read(&mut std::fs::File::open(root.join(entry))?.take(record.size))
}

/// An unpacked archive is the top folder itself, or the only one in the folder that `unzip` put it into.
fn top_folder(path: &Path) -> PathBuf {
    if path.join(layout::ARCHIVE).exists() {
        return path.to_owned();
    }
    let items = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut folders = items.filter(|item| item.file_type().is_ok_and(|kind| kind.is_dir())).map(|item| item.path());
    match (folders.next(), folders.next()) {
        (Some(only), None) if only.join(layout::ARCHIVE).exists() => only,
        _ => path.to_owned(),
    }
}
