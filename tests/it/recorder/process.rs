//! The recorder as a process, and what is in its folder.

use super::api_server::ApiServer;
use k8s_forensics::archive::format::Outcome;
use k8s_forensics::archive::history::History;
use k8s_forensics::archive::{Archive, layout, segments};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "gave up waiting for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn command(server: &ApiServer, folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.arg("record").arg(recording(folder)).arg("--kubeconfig").arg(server.kubeconfig(folder)).args(options);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Where is recorded to.
pub fn recording(folder: &Path) -> PathBuf {
    folder.join("recording")
}

/// A recorder, which is killed at the end of a test.
pub struct Recorder {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Recorder {
    pub fn start(server: &ApiServer, folder: &Path, options: &[&str]) -> Self {
        let mut child = command(server, folder, options).stderr(Stdio::piped()).spawn().expect("it runs");
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let (lines, kept) = (BufReader::new(child.stderr.take().expect("its words")).lines(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().expect("no test ended within").push(line);
            }
        });
        let recorder = Self { child, said };
        until("it records", || recorder.says("recording into "));
        recorder
    }

    pub fn told(&self) -> String {
        self.said.lock().expect("no test ended within").join("\n")
    }

    pub fn says(&self, words: &str) -> bool {
        self.told().contains(words)
    }

    /// The address that it answers on, as it says.
    pub fn listens_on(&self) -> String {
        let told = self.told();
        let address = told.split_once("http://").and_then(|(_, rest)| rest.split_once('/')).expect("an address");
        address.0.to_owned()
    }

    /// As the system kills it, without a word before.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// As a service is ended.
    pub fn terminate(mut self) -> ExitStatus {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("it runs");
        assert!(sent.success());
        self.child.wait().expect("it ends")
    }
}

/// What is answered: the code and the body.
pub fn http_get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it takes it");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a code");
    (code, body.to_owned())
}

/// The archives of a recording, the oldest first. One that was rotated away or dropped meanwhile is left out.
pub fn archives(folder: &Path) -> Vec<Archive> {
    let all = segments(&recording(folder)).unwrap_or_default();
    all.iter().filter_map(|segment| Archive::open(&segment.path).ok()).collect()
}

/// The lines of a kind, by namespace, in all archives.
pub fn lines(folder: &Path, namespace: Option<&str>, plural: &str) -> Vec<Value> {
    let entry = layout::history(namespace, plural);
    let mut all = Vec::new();
    for archive in archives(folder) {
        let _ = archive.lines(&entry, |_, line| {
            all.push(serde_json::from_slice(line).expect("whole lines"));
            true
        });
    }
    all
}

/// The types of the lines of a kind.
pub fn types(folder: &Path, plural: &str) -> Vec<String> {
    let of = |line: Value| line["type"].as_str().expect("a type").to_owned();
    lines(folder, Some("shop"), plural).into_iter().map(of).collect()
}

/// The pods that the last archive ends with: names and phases.
pub fn last_pods(folder: &Path) -> Vec<String> {
    let Some(archive) = archives(folder).pop() else { return Vec::new() };
    let mut history = History::default();
    let _ = archive.lines(&layout::history(Some("shop"), "pods"), |_, line| {
        let _ = history.take(line);
        true
    });
    let told = |pod: &Value| format!("{} {}", pod["metadata"]["name"], pod["status"]["phase"]).replace('"', "");
    history.objects().map(|(_, pod)| told(pod)).collect()
}

/// What became of a scope in the last archive.
pub fn outcome(folder: &Path, subject: &str) -> Outcome {
    let archive = archives(folder).pop().expect("an archive");
    archive.outcomes().into_iter().find(|one| one.subject == subject).expect("an outcome")
}

/// Whether any file below a folder has these bytes, unpacked.
pub fn has_bytes(folder: &Path, marker: &str) -> bool {
    let raw = |path: &Path| fs::read(path).is_ok_and(|bytes| memmem(&bytes, marker.as_bytes()));
    let unpacked = archives(folder).iter().any(|archive| {
        archive.entries().any(|entry| memmem(&archive.read(entry, u64::MAX).unwrap_or_default(), marker.as_bytes()))
    });
    unpacked || files(&recording(folder)).iter().any(|path| raw(path))
}

fn memmem(bytes: &[u8], marker: &[u8]) -> bool {
    bytes.windows(marker.len()).any(|window| window == marker)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let items = fs::read_dir(folder).into_iter().flatten().flatten().map(|item| item.path());
    items.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// A run of the program on something of the folder.
pub fn tool(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).args(args).current_dir(folder).output().expect("it runs")
}
