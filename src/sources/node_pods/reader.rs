//! Reads files of a node through a helper pod on it.

use super::manifest::LOGS;
use super::{REQUEST, asked};
use crate::archive::format::Status;
use crate::sources::wire::api::Problem;
use crate::sources::wire::request_limiter::RequestLimiter;
use crate::sources::wire::status::quoted;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{AttachParams, AttachedProcess};
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// The longest silence within a file.
const IDLE: Duration = Duration::from_secs(15);
/// The most that is read of a list of files, and of what a command says went wrong, in bytes.
const LIST: u64 = 1024 * 1024;
const COMPLAINT: u64 = 64 * 1024;
/// How much is passed on at once.
const PIECE: usize = 64 * 1024;

/// A pod that runs on a node.
pub struct Reader {
    pods: Api<Pod>,
    limiter: Arc<RequestLimiter>,
    pod: String,
    job: String,
}

/// A file of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Below `/var/log`.
    pub path: String,
    pub bytes: u64,
}

impl Reader {
    pub(super) fn new(pods: Api<Pod>, limiter: Arc<RequestLimiter>, [pod, job]: [String; 2]) -> Self {
        Self { pods, limiter, pod, job }
    }

    /// The Job to remove when nothing more is read.
    pub fn job(&self) -> &str {
        &self.job
    }

    /// The files below `folder` of `/var/log` whose names fit the shell pattern `name`, written to within the last
    /// `minutes`.
    pub async fn files(&self, folder: &str, name: &str, minutes: i64) -> Result<Vec<File>, Problem> {
        let within = format!("-{}", minutes.max(1));
        let root = format!("{LOGS}/{folder}");
        let find =
            ["find", &root, "-type", "f", "-name", name, "-mmin", &within, "-exec", "stat", "-c", "%s %n", "{}", ";"];
        let mut listed = Vec::new();
        self.run(&find, &mut listed, LIST).await?;
        Ok(String::from_utf8_lossy(&listed).lines().filter_map(file).collect())
    }

    /// Writes `file` into `to`; more than `limit` bytes are a problem.
    pub async fn copy(&self, file: &File, to: &mut (impl Write + Send), limit: u64) -> Result<u64, Problem> {
        let path = format!("{LOGS}/{}", file.path);
        self.run(&["cat", &path], to, limit).await
    }

    /// Runs `command`, writes what it prints into `to`, and gives the number of bytes.
    async fn run(&self, command: &[&str], to: &mut (impl Write + Send), limit: u64) -> Result<u64, Problem> {
        let streams = AttachParams::default().stdin(false).stdout(true).stderr(true).max_stdout_buf_size(PIECE);
        let mut process = asked(&self.limiter, self.pods.exec(&self.pod, command.iter().copied(), &streams)).await?;
        let (output, complaint) = (process.stdout(), process.stderr());
        let printed = async {
            match output {
                Some(output) => pour(output, to, limit).await,
                None => Ok(0),
            }
        };
        let said = async {
            let mut said = Vec::new();
            if let Some(complaint) = complaint {
                // It is only for the reason; without it the status tells.
                let _ = complaint.take(COMPLAINT).read_to_end(&mut said).await;
            }
            said
        };
        // Both at once: a command that cannot write to one of them stands still.
        let (printed, said) = tokio::join!(printed, said);
        let bytes = printed?;
        ended(&mut process, &said).await.map(|()| bytes)
    }
}

/// Whether the command ended well; what it said otherwise.
async fn ended(process: &mut AttachedProcess, said: &[u8]) -> Result<(), Problem> {
    let Some(status) = process.take_status() else { return Ok(()) };
    match timeout(REQUEST, status).await {
        Ok(Some(status)) if status.status.as_deref() == Some("Success") => Ok(()),
        Ok(Some(status)) => {
            let why = if said.is_empty() { status.message.unwrap_or_default().into_bytes() } else { said.to_vec() };
            Err(Problem::new(Status::Failed, format!("the node's files could not be read: {}", quoted(&why))))
        }
        Ok(None) => Err(Problem::new(Status::Unreachable, "the connection to the helper pod broke off")),
        Err(_) => Err(Problem::new(Status::Timeout, "the helper pod did not say how its command ended")),
    }
}

async fn pour(mut from: impl AsyncRead + Unpin, to: &mut (impl Write + Send), limit: u64) -> Result<u64, Problem> {
    let mut piece = vec![0; PIECE];
    let mut bytes = 0;
    loop {
        let read = match timeout(IDLE, from.read(&mut piece)).await {
            Ok(Ok(0)) => return Ok(bytes),
            Ok(Ok(read)) => read,
            Ok(Err(error)) => return Err(Problem::new(Status::Unreachable, format!("the file broke off: {error}"))),
            Err(_) => {
                let why = format!("the file stopped coming for {} s", IDLE.as_secs());
                return Err(Problem::new(Status::Timeout, why));
            }
        };
        bytes += read as u64;
        if bytes > limit {
            return Err(Problem::new(Status::Truncated, format!("it is larger than {limit} bytes")));
        }
        let written = to.write_all(piece.get(..read).unwrap_or_default());
        written.map_err(|error| Problem::new(Status::Failed, format!("temporary file: {error}")))?;
    }
}

/// A line of the list: size and path.
fn file(line: &str) -> Option<File> {
    let (bytes, path) = line.split_once(' ')?;
    let path = path.strip_prefix(LOGS)?.strip_prefix('/')?;
    // The node is not trusted: a path must not lead out of its logs.
    let is_plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    Some(File { path: path.to_owned(), bytes: bytes.parse().ok()? }).filter(|_| is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_list_are_files_below_the_logs() {
        let read = |line: &str| file(line).map(|file| (file.bytes, file.path));
        assert_eq!(
            read("8388608 /host/var/log/journal/a/system.journal"),
            Some((8_388_608, "journal/a/system.journal".into()))
        );
        for line in
            ["", "12", "x /host/var/log/a", "1 /etc/shadow", "1 /host/var/log/../../etc/shadow", "1 /host/var/log//a"]
        {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[tokio::test]
    async fn a_file_larger_than_the_limit_is_no_file() {
        let mut out = Vec::new();
        assert_eq!(pour(&b"12345"[..], &mut out, 5).await.map_err(|problem| problem.status), Ok(5));
        assert_eq!(pour(&b"123456"[..], &mut out, 5).await.map_err(|problem| problem.status), Err(Status::Truncated));
    }
}
