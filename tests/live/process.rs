//! Runs programs with a bound on their time, in process groups that an interrupted test run can end.
//!
//! What a program prints goes to files below `target/tmp/live/`, which stay for a look after a failure.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Process groups that run now.
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());
static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Where tests put their files.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("live")
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub struct Ended {
    pub what: String,
    /// Absent where a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ended {
    /// Its stdout, if it succeeded.
    pub fn ok(self) -> Result<String, String> {
        if self.code == Some(0) { Ok(self.stdout) } else { Err(self.to_string()) }
    }
}

impl std::fmt::Display for Ended {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.code.map_or("by a signal".to_owned(), |code| format!("with {code}"));
        writeln!(f, "{} ended {code} after {:.1} s", self.what, self.took.as_secs_f32())?;
        write!(f, "--- stdout\n{}--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// A program that runs. Dropped, its whole process group is killed.
pub struct Running {
    child: Child,
    what: String,
    files: [PathBuf; 2],
    began: Instant,
}

impl Running {
    /// Starts `command`, called `what` in messages.
    pub fn start(command: &mut Command, what: &str) -> Self {
        stop_if_interrupted();
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name: String = what.chars().take(60).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let files = ["out", "err"].map(|kind| folder().join(format!("{number:03}-{name}.{kind}")));
        fs::create_dir_all(folder()).expect("the build's own folder can be written to");
        let [stdout, stderr] = files.each_ref().map(|file| File::create(file).expect("the folder was just made"));
        let child = command.stdin(Stdio::null()).stdout(stdout).stderr(stderr).process_group(0).spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot start {what}: {error}"));
        groups(|groups| groups.insert(child.id()));
        Self { child, what: what.to_owned(), files, began: Instant::now() }
    }

    /// Sends a signal (`INT`, `TERM`) to the program alone.
    pub fn signal(&self, name: &str) {
        kill(name, &self.child.id().to_string());
    }

    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// Waits for its end. One that takes longer than `limit` is killed, so it has no exit code.
    pub fn wait(mut self, limit: Duration) -> Ended {
        while !self.has_ended() {
            if self.began.elapsed() > limit {
                kill("KILL", &format!("-{}", self.child.id()));
            }
            thread::sleep(Duration::from_millis(20));
        }
        let took = self.began.elapsed();
        let status = self.child.wait().expect("it has ended");
        stop_if_interrupted();
        let [stdout, stderr] = self.said();
        let code = if status.signal().is_some() { None } else { status.code() };
        Ended { what: self.what.clone(), code, stdout, stderr, took }
    }

    fn said(&self) -> [String; 2] {
        self.files.each_ref().map(|file| String::from_utf8_lossy(&fs::read(file).unwrap_or_default()).into_owned())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.has_ended() {
            kill("KILL", &format!("-{}", self.child.id()));
            // It was killed, so this does not wait long; there is nothing to do about an error.
            let _ = self.child.wait();
        }
        groups(|groups| groups.remove(&self.child.id()));
    }
}

/// Runs a program to its end, or kills it after `limit`.
pub fn run(command: &mut Command, what: &str, limit: Duration) -> Ended {
    Running::start(command, what).wait(limit)
}

/// Polls `ready` until it is true, for `limit` at most.
pub fn wait_until(what: &str, limit: Duration, mut ready: impl FnMut() -> bool) -> Result<(), String> {
    let began = Instant::now();
    while !ready() {
        if began.elapsed() > limit {
            return Err(format!("gave up waiting for {what} after {} s", limit.as_secs()));
        }
        stop_if_interrupted();
        thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Ends all programs that run now, and keeps the tests from starting more.
pub fn interrupt_all() {
    INTERRUPTED.store(true, Ordering::SeqCst);
    for group in groups(|groups| groups.clone()) {
        kill("KILL", &format!("-{group}"));
    }
}

/// After an interruption the signal handler alone decides what still happens.
fn stop_if_interrupted() {
    while INTERRUPTED.load(Ordering::SeqCst) {
        thread::park();
    }
}

fn groups<T>(change: impl FnOnce(&mut BTreeSet<u32>) -> T) -> T {
    change(&mut GROUPS.lock().unwrap_or_else(PoisonError::into_inner))
}

fn kill(signal: &str, target: &str) {
    // It may have ended by itself meanwhile, which is as good.
    let _ = Command::new("kill").args([&format!("-{signal}"), "--", target]).stderr(Stdio::null()).status();
}
