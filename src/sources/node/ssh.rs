//! Journals and files of a node by ssh: for nodes whose kubelet does not hand them out, and only where it was allowed.
//!
//! It is the `ssh` of this machine, with its keys, its known hosts and its settings: nothing is asked of a person, and
//! a host key that is not known is refused as that program does.

use crate::archive::format::Status;
use crate::model::Window;
use crate::sources::wire::api::{Broken, Deadlines, Problem};
use crate::sources::wire::status::quoted;
use std::ops::ControlFlow;
use std::process::Stdio;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{Instant, timeout_at};

/// How nodes are reached: `{address}` stands for the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ssh {
    destination: String,
}

/// What a destination has in place of a node's address.
pub const ADDRESS: &str = "{address}";
/// How much is passed on at once, and how much of a complaint is read, in bytes.
const PIECE: usize = 64 * 1024;
const COMPLAINT: u64 = 16 * 1024;

/// As root, or as somebody who may become root without a password: journals are readable by few. In no language, as
/// journalctl names months in that of whoever calls it; sudo passes `LC_*` on (sudoers(5), env_check).
const AS_ROOT: &str = r#"LC_ALL=C; export LC_ALL; [ "$(id -u)" = 0 ] || set -- sudo -n "$@"; exec "$@""#;

impl Ssh {
    /// Reads a destination such as `core@{address}`, or a user alone.
    pub fn new(destination: &str) -> Result<Self, String> {
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "@.-_:[]%".contains(sign);
        let rest = destination.replacen(ADDRESS, "", 1);
        if destination.is_empty() || destination.starts_with('-') || !rest.chars().all(is_plain) {
            return Err(format!("write it as USER, or as USER@{ADDRESS}"));
        }
        let has_address = destination.contains(ADDRESS);
        let destination = if has_address { destination.to_owned() } else { format!("{destination}@{ADDRESS}") };
        Ok(Self { destination })
    }

    /// Begins to read the journal of `unit`, or the kernel's messages, within `window`, from the node at `address`: in
    /// the form short-precise, in UTC.
    pub fn journal(&self, address: &str, unit: Option<&str>, window: Window) -> Result<Reading, Problem> {
        self.run(address, &remote(unit, window))
    }

    /// Begins to read what a program prints that runs on the node at `address`.
    ///
    /// Each word has to be of letters, digits and `/._-`: what comes from the cluster must not be more than a word to the
    /// node's shell.
    pub fn program(&self, address: &str, words: &[&str]) -> Result<Reading, Problem> {
        let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "/._-".contains(sign);
        if words.iter().any(|word| word.is_empty() || !word.chars().all(is_plain)) {
            return Err(Problem::new(Status::Failed, "the name of the file is none that ssh is used for"));
        }
        self.run(address, &as_root(&words.join(" ")))
    }

    fn run(&self, address: &str, command: &str) -> Result<Reading, Problem> {
        let is_address = |sign: char| sign.is_ascii_alphanumeric() || ".-:_".contains(sign);
        if address.is_empty() || address.starts_with('-') || !address.chars().all(is_address) {
            return Err(Problem::new(Status::Failed, "the node's address is no address"));
        }
        let child = Command::new("ssh")
            .args(["-o", "BatchMode=yes", "-o", "ConnectTimeout=5", "-o", "ServerAliveInterval=5", "-T", "--"])
            .arg(self.destination.replacen(ADDRESS, address, 1))
            .arg(command)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn();
        child.map(|child| Reading { child }).map_err(|error| {
            let why = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no program ssh on this machine".to_owned(),
                _ => format!("ssh could not be started: {error}"),
            };
            Problem::new(Status::Failed, why)
        })
    }
}

impl std::fmt::Display for Ssh {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.destination)
    }
}

/// The command for the node's shell. Nothing in it comes from the cluster.
fn remote(unit: Option<&str>, window: Window) -> String {
    let what = match unit {
        Some(unit) => format!("--unit={unit}"),
        None => "_TRANSPORT=kernel".to_owned(),
    };
    let (from, to) = (window.from.timestamp(), window.to.timestamp() + 1);
    as_root(&format!("journalctl --quiet --no-pager --utc --output=short-precise --since=@{from} --until=@{to} {what}"))
}

/// `--` takes the place of the shell's own name.
fn as_root(command: &str) -> String {
    format!("sh -c '{AS_ROOT}' -- {command}")
}

/// A journal or a file on its way.
pub struct Reading {
    child: Child,
}

impl Reading {
    /// Hands over what comes, piece by piece, until it ends or `each` breaks.
    pub async fn each<E>(
        mut self,
        deadlines: Deadlines,
        mut each: impl FnMut(&[u8]) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), Broken<E>> {
        let whole = Instant::now() + deadlines.whole;
        let (output, complaint) = (self.child.stdout.take(), self.child.stderr.take());
        // Read beside the journal: a program that cannot complain stands still.
        let complaint = tokio::spawn(said(complaint));
        let Some(mut output) = output else { return Ok(()) };
        let mut piece = vec![0; PIECE];
        loop {
            let until = whole.min(Instant::now() + deadlines.idle);
            let read = match timeout_at(until, output.read(&mut piece)).await {
                Ok(Ok(0)) => break,
                Ok(Ok(read)) => read,
                Ok(Err(error)) => {
                    return Err(Broken::Off(Problem::new(Status::Unreachable, format!("ssh broke off: {error}"))));
                }
                Err(_) => {
                    return Err(Broken::Off(Problem::new(Status::Timeout, "no more came by ssh")));
                }
            };
            if each(piece.get(..read).unwrap_or_default()).map_err(Broken::Taker)?.is_break() {
                return Ok(());
            }
        }
        let outcome = timeout_at(whole, self.child.wait()).await;
        match outcome {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => {
                let said = complaint.await.unwrap_or_default();
                Err(Broken::Off(problem(status.code(), &said)))
            }
            _ => Err(Broken::Off(Problem::new(Status::Timeout, "ssh did not end"))),
        }
    }
}

async fn said(complaint: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut said = Vec::new();
    if let Some(complaint) = complaint {
        // Without it the code tells.
        let _ = complaint.take(COMPLAINT).read_to_end(&mut said).await;
    }
    said
}

/// ssh ends with 255 where it did not get there, and otherwise as the command did (ssh(1), "EXIT STATUS").
fn problem(code: Option<i32>, said: &[u8]) -> Problem {
    let said = quoted(said);
    let is_refused = ["Permission denied", "Host key verification failed", "a password is required"];
    let status = match code {
        _ if is_refused.iter().any(|sign| said.contains(sign)) => Status::Denied,
        Some(255) => Status::Unreachable,
        Some(127) => Status::Absent,
        _ => Status::Failed,
    };
    let why = if said.is_empty() { "ssh ended without a reason".to_owned() } else { format!("by ssh: {said}") };
    Problem::new(status, why)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    fn window() -> Window {
        let to = DateTime::from_timestamp(1_795_244_313, 0).expect("a time");
        Window::new(to - TimeDelta::hours(1), to)
    }

    #[test]
    fn destinations_hold_a_user_and_the_address() {
        let ssh = |text: &str| Ssh::new(text).map(|ssh| ssh.destination);
        assert_eq!(ssh("core"), Ok("core@{address}".into()));
        assert_eq!(ssh("core@{address}"), Ok("core@{address}".into()));
        assert_eq!(ssh("node-{address}.example.com"), Ok("node-{address}.example.com".into()));
        for hostile in ["", "-oProxyCommand=x", "a b", "$(id)", "a;b", "{address}{address}"] {
            assert!(ssh(hostile).is_err(), "{hostile}");
        }
    }

    #[test]
    fn addresses_from_the_cluster_are_not_options() {
        let ssh = Ssh::new("root").expect("a user");
        for hostile in ["", "-oProxyCommand=x", "a b", "10.0.0.1;id", "$(id)"] {
            assert!(ssh.journal(hostile, None, window()).is_err(), "{hostile}");
        }
    }

    #[test]
    fn files_of_the_cluster_are_words() {
        let ssh = Ssh::new("root").expect("a user");
        for hostile in ["", "a b", "$(id)", "a;b", "a'b", "\"", "~"] {
            assert!(ssh.program("10.0.0.1", &["cat", hostile]).is_err(), "{hostile}");
        }
    }

    #[test]
    fn commands_hold_the_window_in_seconds() {
        let command = remote(Some("kubelet"), window());
        assert!(command.ends_with("--since=@1795240713 --until=@1795244314 --unit=kubelet"), "{command}");
        assert!(remote(None, window()).ends_with(" _TRANSPORT=kernel"));
        assert!(command.starts_with("sh -c 'LC_ALL=C; export LC_ALL; "), "{command}");
    }

    #[test]
    fn what_ssh_says_has_a_status() {
        let with = |code, said: &str| problem(Some(code), said.as_bytes()).status;
        assert_eq!(with(255, "core@10.0.0.1: Permission denied (publickey)."), Status::Denied);
        assert_eq!(with(255, "ssh: connect to host 10.0.0.1 port 22: No route to host"), Status::Unreachable);
        assert_eq!(with(1, "sudo: a password is required"), Status::Denied);
        assert_eq!(with(127, "sh: journalctl: not found"), Status::Absent);
        assert_eq!(with(1, "x"), Status::Failed);
    }
}
