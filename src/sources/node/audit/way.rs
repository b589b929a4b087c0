//! By which way the files of an audit log come: the kubelet hands them out where they are below /var/log; a pod reads them
//! there and ssh anywhere, where those were allowed.

use super::file_name::{self, Chosen};
use super::place;
use crate::archive::ArchiveError;
use crate::archive::format::Status;
use crate::model::rfc3339;
use crate::sources::node::file_server::{self, Listed};
use crate::sources::node::ssh::Ssh;
use crate::sources::node_pods::{File, Reader};
use crate::sources::run::Run;
use crate::sources::wire::api::{Broken, Deadlines, Problem};
use std::io::{self, Write};
use std::ops::ControlFlow;

/// The largest file that is read through a pod, in bytes: Kubernetes rotates at 100 MB if nobody says otherwise.
const LARGEST: u64 = 1 << 30;
/// The most that a program on a node may print that lists files or flags, in bytes.
const LISTING: usize = 1 << 20;
/// How long that may take.
const BRIEF: Deadlines = Deadlines::of(15, 15);
const LOGS: &str = "/var/log/";

/// A way to the files of one node.
pub enum Way<'a> {
    Kubelet,
    Pod(&'a Reader),
    Ssh(&'a Ssh, String),
}

/// A log on a node.
#[derive(Clone, Debug)]
pub struct Log {
    /// With a slash at its end.
    pub folder: String,
    pub files: Chosen,
}

/// How the reading of a file ended that did not fail on our side.
pub enum Ended {
    Well,
    BrokenOff(Problem),
    /// It was not read, as it was last written before the window.
    Before(String),
}

/// What takes pieces of a file.
pub trait Take: FnMut(&[u8]) -> Result<ControlFlow<()>, ArchiveError> + Send {}

impl<T: FnMut(&[u8]) -> Result<ControlFlow<()>, ArchiveError> + Send> Take for T {}

impl Way<'_> {
    /// As outcomes tell it; nothing of the usual one.
    pub fn told(&self) -> Option<&'static str> {
        match self {
            Self::Kubelet => None,
            Self::Pod(_) => Some("by a pod"),
            Self::Ssh(..) => Some("by ssh"),
        }
    }

    /// The log that is written to `path`, if there are files of it.
    pub async fn find(&self, run: &Run, node: &str, path: &str) -> Result<Option<Log>, Problem> {
        let Some((folder, live)) = path.rsplit_once('/').filter(|_| place::is_plain(path)) else { return Ok(None) };
        let folder = format!("{folder}/");
        let names = match self.list(run, node, (&folder, live)).await {
            Ok(names) => names,
            Err(problem) if problem.code == Some(404) || problem.status == Status::Absent => return Ok(None),
            Err(problem) => return Err(problem),
        };
        let files = file_name::chosen(names.iter().map(String::as_str), live, run.options.window);
        let is_there = !files.files.is_empty() || files.outside > 0;
        Ok(is_there.then_some(Log { folder, files }))
    }

    /// The names in a folder that may be of the log `live`.
    async fn list(&self, run: &Run, node: &str, (folder, live): (&str, &str)) -> Result<Vec<String>, Problem> {
        let below = below_logs(folder);
        match (self, below) {
            (Self::Kubelet, Some(parts)) => {
                let listed = file_server::list(run, node, &parts).await?;
                Ok(listed.iter().filter_map(Listed::file).map(str::to_owned).collect())
            }
            (Self::Pod(reader), Some(parts)) => {
                let minutes = (chrono::Utc::now() - run.options.window.from).num_minutes() + 1;
                let stem = live.split('.').next().unwrap_or_default();
                let files = reader.files(&parts.join("/"), &format!("{stem}*"), minutes).await.map_err(absent)?;
                let within =
                    |file: &File| Some(file.path.strip_prefix(&parts.join("/"))?.trim_start_matches('/').to_owned());
                Ok(files.iter().filter_map(within).filter(|name| !name.contains('/')).collect())
            }
            (Self::Ssh(ssh, address), _) => {
                let listed = printed(run, ssh, address, &["ls", "-1", folder]).await.map_err(absent)?;
                Ok(listed.lines().map(str::to_owned).collect())
            }
            (_, None) => Err(Problem::new(Status::Absent, not_handed_out(folder))),
        }
    }

    /// Hands over a file, piece by piece.
    pub async fn read(
        &self,
        run: &Run,
        (node, folder, name): (&str, &str, &str),
        deadlines: Deadlines,
        take: impl Take,
    ) -> Result<Ended, ArchiveError> {
        let path = format!("{folder}{name}");
        match (self, below_logs(folder)) {
            (Self::Kubelet, Some(mut parts)) => {
                parts.push(name);
                by_kubelet(run, (node, &parts), deadlines, take).await
            }
            (Self::Pod(reader), Some(parts)) => {
                let below = [parts.as_slice(), &[name]].concat().join("/");
                by_pod(reader, File { path: below, bytes: 0 }, take).await
            }
            (Self::Ssh(ssh, address), _) => {
                let deadlines = run.api.limiter().timeouts().bound(deadlines);
                match ssh.program(address, &["cat", &path]) {
                    Ok(reading) => ended(reading.each(deadlines, take).await),
                    Err(problem) => Ok(Ended::BrokenOff(problem)),
                }
            }
            (_, None) => Ok(Ended::BrokenOff(Problem::new(Status::Absent, not_handed_out(folder)))),
        }
    }
}

/// The path that the flags of the API server on a node name, where it is a program of the node.
pub async fn flagged(run: &Run, ssh: &Ssh, address: &str) -> Option<String> {
    let line = printed(run, ssh, address, &["pgrep", "-a", "-o", "-x", "kube-apiserver"]).await.ok()?;
    place::of_program(&line)
}

/// The parts of a folder below /var/log.
fn below_logs(folder: &str) -> Option<Vec<&str>> {
    let below = folder.strip_prefix(LOGS)?;
    Some(below.split('/').filter(|part| !part.is_empty()).collect())
}

fn not_handed_out(folder: &str) -> String {
    format!("{folder} is not below /var/log, and so the kubelet does not hand it out; --ssh reads it")
}

async fn by_kubelet(
    run: &Run,
    (node, parts): (&str, &[&str]),
    deadlines: Deadlines,
    take: impl Take,
) -> Result<Ended, ArchiveError> {
    let mut answer = match file_server::open(run, node, parts, deadlines).await {
        Ok(answer) => answer,
        Err(problem) if problem.code == Some(404) => {
            let why = "it was removed after it was listed".to_owned();
            return Ok(Ended::BrokenOff(Problem { status: Status::Expired, why, ..problem }));
        }
        Err(problem) => return Ok(Ended::BrokenOff(problem)),
    };
    if let Some(modified) = answer.modified.filter(|modified| *modified < run.options.window.from) {
        return Ok(Ended::Before(rfc3339(modified)));
    }
    ended(answer.each(take).await)
}

fn ended(taken: Result<(), Broken<ArchiveError>>) -> Result<Ended, ArchiveError> {
    match taken {
        Ok(()) => Ok(Ended::Well),
        Err(Broken::Off(problem)) => Ok(Ended::BrokenOff(problem)),
        Err(Broken::Taker(error)) => Err(error),
    }
}

/// A taker as what a pod's output is written to.
struct Taking<T> {
    take: T,
    is_enough: bool,
    failed: Option<ArchiveError>,
}

impl<T: Take> Write for Taking<T> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        if !self.is_enough && self.failed.is_none() {
            match (self.take)(piece) {
                Ok(flow) => self.is_enough = flow.is_break(),
                Err(error) => self.failed = Some(error),
            }
        }
        if self.failed.is_some() { Err(io::ErrorKind::Other.into()) } else { Ok(piece.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

async fn by_pod(reader: &Reader, file: File, take: impl Take) -> Result<Ended, ArchiveError> {
    let mut to = Taking { take, is_enough: false, failed: None };
    let copied = reader.copy(&file, &mut to, LARGEST).await;
    match (to.failed, copied) {
        (Some(error), _) => Err(error),
        (None, Ok(_)) => Ok(Ended::Well),
        (None, Err(problem)) => Ok(Ended::BrokenOff(problem)),
    }
}

/// What a program of a node prints.
async fn printed(run: &Run, ssh: &Ssh, address: &str, words: &[&str]) -> Result<String, Problem> {
    let mut printed = Vec::new();
    let deadlines = run.api.limiter().timeouts().bound(BRIEF);
    let read = ssh.program(address, words)?.each(deadlines, |piece| -> Result<_, Problem> {
        printed.extend_from_slice(piece);
        Ok(if printed.len() > LISTING { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    });
    match read.await {
        Ok(()) => Ok(String::from_utf8_lossy(&printed).into_owned()),
        Err(Broken::Off(problem) | Broken::Taker(problem)) => Err(problem),
    }
}

/// What `ls` and `find` say of a folder that is not there.
fn absent(problem: Problem) -> Problem {
    let is_absent = problem.why.contains("No such file or directory");
    if is_absent { Problem { status: Status::Absent, ..problem } } else { problem }
}
