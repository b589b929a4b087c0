//! One run of a command: what it prints goes on as it is, signals go to all that it started, and it may have a limit.
//!
//! Where stdin is a terminal, the command stays in our process group, as `timeout --foreground` has it: it may ask a
//! person, and Ctrl-C reaches it by the terminal itself. Else it has a group of its own.

use super::ended::Ended;
use super::last_output::LastOutput;
use super::signals::{Ending, Signals, Target};
use crate::cli::terminal::{self, Stream};
use chrono::{DateTime, Utc};
use std::io::{self, PipeReader, Read};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::Instant;

/// How long what the command left in the background is waited for before its last output is looked at. It goes on being
/// passed on.
const DRAIN: Duration = Duration::from_secs(1);
const BUFFER: usize = 32 << 10;

/// How commands are run.
#[derive(Clone, Copy, Debug)]
pub struct Runner {
    /// What takes longer gets SIGTERM, and SIGKILL so long after.
    pub timeout: Option<Duration>,
    pub kill_after: Duration,
    /// Whether the last of what it prints is kept.
    pub captures: bool,
}

/// A command, and what it finds in its environment beside ours.
pub struct Order<'a> {
    pub words: &'a [String],
    pub environment: &'a [(&'static str, String)],
}

/// A run that has ended.
#[derive(Clone, Debug)]
pub struct Ran {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub took: Duration,
    pub ended: Ended,
    /// The last of what it printed, as it came. Stdout and stderr are two pipes: of what is written to both within the time
    /// that a thread takes to wake, the order is not known.
    pub lines: Vec<String>,
}

/// What is kept while it runs.
#[derive(Debug, Default)]
struct Output {
    last: LastOutput,
    /// Nobody takes it any more.
    is_unread: bool,
}

type Kept = Arc<Mutex<Output>>;

/// The signal of who writes to a pipe that nobody reads, the same on every Unix.
const SIGPIPE: i32 = 13;

impl Runner {
    /// Runs it to its end. Fails where it could not be started.
    pub async fn run(&self, order: &Order<'_>, signals: &mut Signals) -> io::Result<Ran> {
        let (from, begun) = (Utc::now(), Instant::now());
        let kept = Kept::default();
        let has_group = !terminal::stdin_is_watched();
        let (mut child, mut drained) = self.start(order, has_group, &kept)?;
        let target = Target { id: child.id(), has_group };
        let (mut is_interrupted, mut has_timed_out) = (false, false);
        let mut deadline = self.timeout.map(|limit| begun + limit);
        let status = loop {
            tokio::select! {
                status = child.wait() => break status?,
                signal = signals.next() => {
                    is_interrupted = true;
                    target.pass_on(signal);
                }
                () = until(deadline) => {
                    target.send(if has_timed_out { Ending::Kill } else { Ending::Terminate });
                    deadline = (!has_timed_out).then(|| Instant::now() + self.kill_after);
                    has_timed_out = true;
                }
            }
        };
        let (to, took) = (Utc::now(), begun.elapsed());
        // Nothing is ever sent: it ends when both streams have.
        let _ = tokio::time::timeout(DRAIN, drained.recv()).await;
        let (lines, is_unread) = {
            let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            (kept.last.lines(), kept.is_unread)
        };
        let ended = match (self.timeout, Ended::of(status)) {
            // Who read it had enough: that ended it, as it would have without us.
            (_, ended) if is_interrupted || is_unread && ended == Ended::BySignal(SIGPIPE) => {
                Ended::Interrupted(ended.status())
            }
            (Some(limit), _) if has_timed_out => Ended::TimedOut(limit),
            (_, ended) => ended,
        };
        Ok(Ran { from, to, took, ended, lines })
    }

    fn start(&self, order: &Order<'_>, has_group: bool, kept: &Kept) -> io::Result<(Child, Receiver<()>)> {
        let Some((program, rest)) = order.words.split_first() else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut command = Command::new(program);
        command.args(rest).envs(order.environment.iter().map(|(name, value)| (name, value)));
        #[cfg(unix)]
        if has_group {
            command.process_group(0);
        }
        let (alive, drained) = mpsc::channel(1);
        let mut readers = Vec::new();
        if self.captures {
            for to in [Stream::Stdout, Stream::Stderr] {
                let (reader, writer) = io::pipe()?;
                match to {
                    Stream::Stdout => command.stdout(Stdio::from(writer)),
                    Stream::Stderr => command.stderr(Stdio::from(writer)),
                };
                readers.push((reader, to));
            }
        }
        let child = command.spawn()?;
        // Our own ends of the pipes go with it, or they would never end.
        drop(command);
        for (reader, to) in readers {
            let (kept, alive) = (Arc::clone(kept), alive.clone());
            std::thread::Builder::new().name("output".to_owned()).spawn(move || pass(reader, to, &kept, alive))?;
        }
        Ok((child, drained))
    }
}

/// Passes output on until it ends. Where nobody takes it any more the pipe is closed, which the command notices as it
/// would without us.
fn pass(mut from: PipeReader, to: Stream, kept: &Kept, _alive: Sender<()>) {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) | Err(_) => return,
            Ok(count) => count,
        };
        let bytes = buffer.get(..count).unwrap_or_default();
        kept.lock().unwrap_or_else(PoisonError::into_inner).last.push(bytes);
        if terminal::pass_on(to, bytes).is_err() {
            kept.lock().unwrap_or_else(PoisonError::into_inner).is_unread = true;
            return;
        }
    }
}

/// Waits until then, or for ever.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
