//! A folder in the place of a host: the files of a report, and a list of them by which the next run knows its own.

use super::fault::Fault;
use super::upload::Upload;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

use super::post::If;

/// The list of what was copied.
const LIST: &str = ".k8s-forensics-attached.json";
/// What is larger is no such list.
const MOST_BYTES: u64 = 1 << 20;

/// What was copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    pub files: Vec<PathBuf>,
    /// Whether an earlier run had copied one of them.
    pub is_update: bool,
}

#[derive(Default, Deserialize, Serialize)]
struct List {
    /// SHA-256 of what was written under each name.
    files: BTreeMap<String, String>,
}

/// Copies files into a folder, which is made if it is not there. A file there that no earlier run wrote, or that people
/// changed since, stays, and then nothing is copied.
pub fn copy(files: &[Upload], folder: &Path, edited: If) -> Result<Copied, Fault> {
    let disk = |what: &Path| {
        let what = what.display().to_string();
        move |why: io::Error| Fault::Disk { what, why }
    };
    fs::create_dir_all(folder).map_err(disk(folder))?;
    let list = folder.join(LIST);
    let known: List =
        read(&list).map_err(disk(&list))?.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    let mut is_update = false;
    for file in files {
        let path = folder.join(&file.name);
        let there = read_any(&path).map_err(disk(&path))?;
        let Some(there) = there else { continue };
        let is_ours = known.files.get(&file.name).is_some_and(|sum| *sum == hash(&there)) || there == file.bytes;
        if !is_ours && edited == If::EditedKeep {
            return Err(Fault::NotOurs(path.display().to_string()));
        }
        is_update = true;
    }
    let mut list_now = known;
    let mut copied = Vec::new();
    for file in files {
        let path = folder.join(&file.name);
        put(&path, &file.bytes).map_err(disk(&path))?;
        list_now.files.insert(file.name.clone(), hash(&file.bytes));
        copied.push(path);
    }
    let json = serde_json::to_vec_pretty(&list_now)
        .map_err(|error| Fault::Disk { what: list.display().to_string(), why: error.into() })?;
    put(&list, &json).map_err(disk(&list))?;
    Ok(Copied { files: copied, is_update })
}

/// Puts a file in its place, whole or not at all; a link is replaced and not followed.
fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map(|_| ()).map_err(|failed| failed.error)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// What a file holds; of a link or anything else nothing, so that it is taken for somebody's.
fn read_any(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(found) if found.is_file() => fs::read(path).map(Some),
        Ok(_) => Ok(Some(Vec::new())),
    }
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> Upload {
        Upload { name: name.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    #[test]
    fn a_second_run_replaces_its_own_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("incidents/12");
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let first = copy(&[file("postmortem.md", "a"), file("report.json", "{}")], &folder, If::EditedKeep).unwrap();
        assert!(!first.is_update && first.files.len() == 2);
        fs::write(folder.join("theirs.md"), "theirs").unwrap();
        let second = copy(&[file("postmortem.md", "b")], &folder, If::EditedKeep).unwrap();
        assert!(second.is_update && read("postmortem.md") == "b" && read("theirs.md") == "theirs");
        // What people changed stays, and nothing of the rest is copied.
        fs::write(folder.join("report.json"), "edited").unwrap();
        let both = [file("postmortem.md", "c"), file("report.json", "{}")];
        assert!(matches!(copy(&both, &folder, If::EditedKeep), Err(Fault::NotOurs(_))));
        assert!(read("postmortem.md") == "b" && read("report.json") == "edited");
        copy(&both, &folder, If::EditedReplace).unwrap();
        assert!(read("postmortem.md") == "c" && read("report.json") == "{}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        let (folder, other) = (place.path().join("to"), place.path().join("other"));
        fs::create_dir(&folder).unwrap();
        fs::write(&other, "theirs").unwrap();
        std::os::unix::fs::symlink(&other, folder.join("report.json")).unwrap();
        let one = [file("report.json", "{}")];
        assert!(matches!(copy(&one, &folder, If::EditedKeep), Err(Fault::NotOurs(_))));
        copy(&one, &folder, If::EditedReplace).unwrap();
        assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
    }
}
