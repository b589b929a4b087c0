//! Adds a report to a folder with tables of many.

use super::exit::Exit;
use super::failure::Failure;
use super::private::{self, Unnamed};
use super::terminal;
use k8s_forensics::export::{Exported, Format, Partitions};
use std::fs;
use std::io;
use std::path::Path;

/// Writes the files of a report below `folder`, each whole or not at all, and removes those of an earlier export of the
/// same report that it does not have any more. Files of other reports are left alone.
pub fn add(of: &Exported, format: &Format, folder: &Path, cluster: Option<&str>) -> Result<Exit, Failure> {
    let Some(parted) = format.partitions else {
        let failed = Failure::usage("--partitioned", format!("{} has no tables that are parted", format.name));
        return Err(failed.hint("tables for many reports are written with --as parquet"));
    };
    let failed = |path: &Path, error: io::Error| Failure::environment(format!("write {}", path.display()), error);
    let partitions = parted(of, cluster).map_err(|error| failed(folder, error))?;
    let stale = stale(&partitions, folder);
    for part in &partitions.parts {
        let path = folder.join(&part.path);
        let written = path.parent().map_or(Ok(()), private::create_folder).and_then(|()| {
            let mut file = Unnamed::beside(&path)?;
            file.fill(&part.bytes)?;
            file.replace(&path)
        });
        written.map_err(|error| failed(&path, error))?;
    }
    for path in stale {
        fs::remove_file(&path)
            .map_err(|error| Failure::environment(format!("remove the older {}", path.display()), error))?;
    }
    terminal::tell(&format!("added {} files to {}", partitions.parts.len(), folder.display()));
    Ok(Exit::Whole)
}

/// Files of the same report that are not written again.
fn stale(partitions: &Partitions, folder: &Path) -> Vec<std::path::PathBuf> {
    let is_written = |path: &Path| partitions.parts.iter().any(|part| folder.join(&part.path) == path);
    let days = partitions.places.iter().filter_map(|place| fs::read_dir(folder.join(place)).ok()).flatten();
    let files = days.filter_map(|day| Some(day.ok()?.path().join(&partitions.file)));
    files.filter(|path| path.is_file() && !is_written(path)).collect()
}
