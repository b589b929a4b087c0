//! Files of outside checks that go into an archive with what is collected.

use super::failure::Failure;
use k8s_forensics::inputs::Input;
use k8s_forensics::sources::CheckFile;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What an analysis reads of one file at most, in bytes.
const MOST_BYTES: u64 = 32 << 20;

/// Reads them. What no analysis would understand is refused before anything is asked of a cluster.
pub fn read(paths: &[PathBuf]) -> Result<Vec<CheckFile>, Failure> {
    let mut names = BTreeSet::new();
    let mut files = Vec::new();
    for path in paths {
        let mut file = read_one(path)?;
        if !names.insert(file.name.clone()) {
            file.name = format!("{}-{}", files.len() + 1, file.name);
            names.insert(file.name.clone());
        }
        files.push(file);
    }
    Ok(files)
}

fn read_one(path: &Path) -> Result<CheckFile, Failure> {
    let tried = || format!("read the outside check {}", path.display());
    let size = fs::metadata(path).map_err(|error| Failure::environment(tried(), error))?.len();
    if size > MOST_BYTES {
        let failed = Failure::environment(tried(), format!("it has {size} bytes, and at most {MOST_BYTES} are read"));
        return Err(failed.hint("give the newest runs in a file of their own"));
    }
    let bytes = fs::read(path).map_err(|error| Failure::environment(tried(), error))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Input::check_from_bytes(bytes.clone(), &name).map_err(|error| Failure::environment(tried(), error))?;
    Ok(CheckFile { name, bytes: bytes.into() })
}
