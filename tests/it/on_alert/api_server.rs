//! A stand-in for an API server that has Jobs, for what a real one does not do on command: to fail, and to have Jobs that
//! are in a certain state. Whether a real one takes what is sent is tried in `tests/live/in_cluster.rs`.

use crate::request::{self, Request};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex};

#[derive(Default)]
pub struct State {
    pub jobs: Vec<Value>,
    /// Each request: its method, path and query.
    pub asked: Vec<String>,
    /// What is answered next instead.
    pub failing: VecDeque<(u16, &'static str)>,
}

/// The server. It ends with the test.
#[derive(Clone)]
pub struct ApiServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl ApiServer {
    pub fn start() -> Self {
        let mut server = Self { port: 0, state: Arc::default() };
        let kept = server.clone();
        server.port = request::listen(move |stream| drop(kept.serve(stream)));
        server
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().expect("no test ended within"))
    }

    /// A kubeconfig for it, in `folder`.
    pub fn kubeconfig(&self, folder: &Path) -> std::path::PathBuf {
        request::kubeconfig(folder, self.port, "evidence")
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let Request { method, target, body, .. } = request::read(&mut reader)?;
        let (code, answer) = self.answer(&method, &target, &body);
        let text = answer.to_string();
        let head = format!("HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nConnection: close\r\n");
        (&stream).write_all(format!("{head}Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())
    }

    fn answer(&self, method: &str, target: &str, body: &[u8]) -> (u16, Value) {
        self.with(|state| {
            state.asked.push(format!("{method} {target}"));
            if let Some((code, reason)) = state.failing.pop_front() {
                return (code, status(code, reason));
            }
            if method == "GET" {
                return (
                    200,
                    json!({"apiVersion": "batch/v1", "kind": "JobList", "metadata": {}, "items": state.jobs}),
                );
            }
            let mut job: Value = serde_json::from_slice(body).unwrap_or_default();
            if target.contains("dryRun=All") {
                return (201, job);
            }
            if state.jobs.iter().any(|one| one["metadata"]["name"] == job["metadata"]["name"]) {
                return (409, status(409, "AlreadyExists"));
            }
            job["metadata"]["creationTimestamp"] = json!(chrono::Utc::now().to_rfc3339());
            state.jobs.push(job.clone());
            (201, job)
        })
    }
}

fn status(code: u16, reason: &str) -> Value {
    let message = format!("jobs.batch: {reason}");
    json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "message": message, "reason": reason, "code": code})
}
