//! The journal files of a node, through the kubelet's file server into a temporary folder.
//!
//! Only a node whose journal is persistent has them in /var/log/journal; in /run they are out of reach. What lies on
//! the disk at a time is bounded for each node and for the run.

use super::file_server::{self, Listed};
use crate::archive::format::Status;
use crate::sources::run::Run;
use crate::sources::wire::api::{Broken, Deadlines, Problem};
use chrono::{DateTime, Utc};
use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a file may take.
pub const DEADLINES: Deadlines = Deadlines::of(12, 50);
/// The most that is fetched of a node's journal files, in bytes.
const OF_NODE: u64 = 256 * MEBIBYTE;
/// The most that lies on the disk at a time for all nodes, in MiB: eight nodes that have that much, or many that have
/// less.
const OF_RUN: usize = 2048;
const MEBIBYTE: u64 = 1024 * 1024;

/// What the disk of the collecting machine has for journal files, one permit for each MiB.
struct Disk(Arc<Semaphore>);

impl Default for Disk {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OF_RUN)))
    }
}

/// Journal files on the disk, until this is dropped.
#[derive(Debug)]
pub struct Files {
    pub folder: TempDir,
    /// What was not fetched, in words.
    pub left_out: Vec<String>,
    _room: OwnedSemaphorePermit,
}

/// A temporary folder for the journal files of one node, which may hold so much.
pub struct Room {
    files: Files,
    left: u64,
    given: usize,
}

impl Room {
    /// Waits until there is room for the files of one more node.
    pub async fn find(run: &Run) -> Result<Self, Problem> {
        let disk = run.shared.of::<Disk>().0.clone();
        let most = u32::try_from(OF_NODE / MEBIBYTE).unwrap_or(u32::MAX);
        let stopped = |_| Problem::new(Status::Skipped, "the run ended before");
        let room = disk.acquire_many_owned(most).await.map_err(stopped)?;
        let folder = tempfile::tempdir().map_err(failed)?;
        Ok(Self { files: Files { folder, left_out: Vec::new(), _room: room }, left: OF_NODE, given: 0 })
    }

    /// Where the next file goes, and how many bytes it may have.
    pub fn next(&mut self) -> (PathBuf, u64) {
        self.given += 1;
        (self.files.folder.path().join(format!("{}.journal", self.given)), self.left)
    }

    /// Notes how that went.
    pub fn note(&mut self, came: Result<u64, Problem>) {
        match came {
            Ok(bytes) => self.left -= bytes.min(self.left),
            Err(problem) => self.files.left_out.push(format!("a journal file did not come: {}", problem.why)),
        }
    }

    /// What is in it. Others may have the room that is not needed.
    pub fn close(mut self) -> Files {
        let unused = usize::try_from(self.left / MEBIBYTE).unwrap_or_default();
        drop(self.files._room.split(unused));
        self.files
    }
}

/// Brings the journal files of `node` that reach into the window, the latest first.
///
/// # Errors
/// `Absent` where the node keeps no journal on its disk, or whatever the kubelet said.
pub async fn fetch(run: &Run, node: &str) -> Result<Files, Problem> {
    let paths = files(run, node).await?;
    let mut room = Room::find(run).await?;
    for path in &paths {
        let (to, limit) = room.next();
        let came = fetch_file(run, node, path, (&to, limit)).await;
        if paths.len() == 1 {
            room.note(Ok(came?));
        } else {
            room.note(came);
        }
    }
    Ok(room.close())
}

/// As a problem with a temporary file.
pub fn failed(error: std::io::Error) -> Problem {
    Problem::new(Status::Failed, format!("temporary file: {error}"))
}

/// Machine and name of every journal file that may reach into the window: the live ones, then the archived ones, those
/// that were begun last first.
async fn files(run: &Run, node: &str) -> Result<Vec<[String; 2]>, Problem> {
    let none = || Problem::new(Status::Absent, "the node keeps no journal on its disk");
    let machines = file_server::list(run, node, &["journal"]).await.map_err(|problem| match problem.code {
        Some(404) => Problem { code: problem.code, ..none() },
        _ => problem,
    })?;
    let mut files = Vec::new();
    for machine in machines.iter().filter_map(Listed::folder) {
        let listed = file_server::list(run, node, &["journal", machine]).await?;
        let names = listed.iter().filter_map(Listed::file).filter(|name| is_wanted(name));
        files.extend(names.map(|name| (begun(name), machine.to_owned(), name.to_owned())));
    }
    files.retain(|(begun, ..)| begun.is_none_or(|begun| begun <= run.options.window.to));
    files.sort_by_key(|(begun, ..)| std::cmp::Reverse(begun.unwrap_or(DateTime::<Utc>::MAX_UTC)));
    if files.is_empty() {
        return Err(none());
    }
    Ok(files.into_iter().map(|(_, machine, name)| [machine, name]).collect())
}

/// Whether the file may hold messages of units or the kernel: users' journals do not. `.journal~` was not closed well.
pub fn is_wanted(name: &str) -> bool {
    name.starts_with("system") && (name.ends_with(".journal") || name.ends_with(".journal~"))
}

/// The time of the first entry of an archived file, which is the last part of its name, in hexadecimal microseconds
/// (systemd, src/libsystemd/sd-journal/journal-file.c, `journal_file_archive`).
fn begun(name: &str) -> Option<DateTime<Utc>> {
    let (_, name) = name.strip_suffix(".journal")?.split_once('@')?;
    let (_, time) = name.rsplit_once('-')?;
    DateTime::from_timestamp_micros(i64::from_str_radix(time, 16).ok()?)
}

async fn fetch_file(run: &Run, node: &str, file: &[String; 2], (to, limit): (&Path, u64)) -> Result<u64, Problem> {
    let [machine, name] = file;
    let mut answer = file_server::open(run, node, &["journal", machine, name], DEADLINES).await?;
    if answer.modified.is_some_and(|modified| modified < run.options.window.from) {
        return Ok(0);
    }
    let mut file = std::fs::File::create(to).map_err(failed)?;
    let mut bytes = 0;
    let taken = answer
        .each(|data| {
            bytes += data.len() as u64;
            if bytes > limit {
                return Err(Problem::new(Status::Truncated, format!("the journal files exceed {OF_NODE} bytes")));
            }
            file.write_all(data).map_err(failed)?;
            Ok(ControlFlow::Continue(()))
        })
        .await;
    let problem = match taken {
        Ok(()) => return Ok(bytes),
        Err(Broken::Off(problem) | Broken::Taker(problem)) => problem,
    };
    // Half a journal file is not read: its index is spread over all of it.
    let _ = std::fs::remove_file(to);
    Err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_system_are_wanted() {
        let names = ["system.journal", "system@0005f1-0a.journal", "system@1-2-3.journal~", "user-1000.journal", "fss"];
        assert_eq!(names.iter().filter(|name| is_wanted(name)).count(), 3);
    }

    #[test]
    fn archived_files_tell_when_they_were_begun() {
        let name = "system@a5f1c2d3e4b5461780f1e2d3c4b5a697-0000000000000001-0006611a27d31b4e.journal";
        assert_eq!(begun(name), DateTime::from_timestamp_micros(0x0006_611a_27d3_1b4e));
        for name in ["system.journal", "system@1-2-zz.journal", "system@0005f1-0a.journal~", "system@.journal"] {
            assert_eq!(begun(name), None, "{name}");
        }
    }
}
