//! The program as Alertmanager sees it: a process that listens, and what it says on stderr.

use super::api_server::ApiServer;
use super::until;
use ct_codecs::{Base64, Encoder};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const TOKEN: &str = "s3cret-token";
pub const JOB: &str = r#"apiVersion: batch/v1
kind: Job
metadata:
  name: evidence-alert
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: collect
          image: none
          args: [collect, "--from=$(K8SF_ALERT_FROM)"]
"#;

/// A receiver, which ends with it.
pub struct Receiver {
    child: Child,
    address: String,
    said: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(server: &ApiServer, folder: &tempfile::TempDir, job: &str, options: &[&str]) -> Command {
    let (path, token) = (folder.path().join("job.yaml"), folder.path().join("token"));
    fs::write(&path, job).expect("a file");
    fs::write(&token, TOKEN).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.arg("on-alert").arg("--job").arg(path).args(["--listen", "127.0.0.1:0"]);
    command.args(["--match", "severity=\"page\"", "--match", "alertname!=\"Watchdog\""]).args(options);
    if !options.iter().any(|option| option.ends_with("-file") || *option == "--anyone") {
        command.arg("--bearer-file").arg(token);
    }
    command.arg("--kubeconfig").arg(server.kubeconfig(folder.path())).stdin(Stdio::null());
    command
}

/// A run that ends by itself.
pub fn ended(server: &ApiServer, job: &str, options: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    command(server, &folder, job, options).output().expect("it runs")
}

impl Receiver {
    pub fn start(server: &ApiServer, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = command(server, &folder, JOB, options).stderr(Stdio::piped()).spawn().expect("it runs");
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let (lines, kept) = (BufReader::new(child.stderr.take().expect("its words")).lines(), Arc::clone(&said));
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().expect("no test ended within").push(line);
            }
        });
        let mut receiver = Self { child, address: String::new(), said, _folder: folder };
        until("it listens", || receiver.says("listening on "));
        let told = receiver.told();
        let after = told.split("listening on ").nth(1).and_then(|rest| rest.split(' ').next());
        receiver.address = after.expect("an address").to_owned();
        receiver
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn end(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    /// All that it has said.
    pub fn told(&self) -> String {
        self.said.lock().expect("no test ended within").join("\n")
    }

    pub fn says(&self, words: &str) -> bool {
        self.told().contains(words)
    }

    /// Sends a request as it is, and gives the code and the rest of the answer.
    pub fn raw(&self, request: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
        // What is too long is refused before all of it is sent.
        let _ = stream.write_all(request);
        let mut all = Vec::new();
        let _ = stream.read_to_end(&mut all);
        let text = String::from_utf8_lossy(&all).into_owned();
        (text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default(), text)
    }

    pub fn ask(&self, method: &str, path: &str, authorization: &str, body: &[u8]) -> (u16, String) {
        let sender =
            if authorization.is_empty() { String::new() } else { format!("Authorization: {authorization}\r\n") };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{sender}Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        self.raw(&[head.as_bytes(), body].concat())
    }

    /// Sends a notification as Alertmanager does.
    pub fn notify(&self, notification: &Value) -> u16 {
        self.ask("POST", "/alerts", &format!("Bearer {TOKEN}"), notification.to_string().as_bytes()).0
    }
}

pub fn basic(pair: &str) -> String {
    format!("Basic {}", Base64::encode_to_string(pair).expect("short"))
}

/// A notification of one alert, as Alertmanager 0.28 sends it.
pub fn notification(group: &str, name: &str, status: &str, since: chrono::DateTime<chrono::Utc>) -> Value {
    let labels = json!({"alertname": name, "severity": "page", "node": "node-1"});
    json!({
        "receiver": "evidence", "status": status, "version": "4", "groupKey": group, "truncatedAlerts": 0,
        "alerts": [{
            "status": status, "labels": labels, "annotations": {"summary": "Node node-1 is not ready."},
            "startsAt": since.to_rfc3339(), "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "http://prometheus/graph", "fingerprint": "1a30ba71cca2921f",
        }],
        "groupLabels": {"alertname": name}, "commonLabels": labels, "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
    })
}
