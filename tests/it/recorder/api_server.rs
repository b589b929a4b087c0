//! A stand-in for an API server that lists and is watched, for what a real one does not do on command: to forget a revision,
//! to cut a watch, to refuse one kind. What a real one sends is tried in `tests/live/recorder.rs`.

use crate::request::{self, Request};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

pub const PODS: &str = "/api/v1/pods";
pub const EVENTS: &str = "/api/v1/events";
pub const SECRETS: &str = "/api/v1/secrets";

#[derive(Default)]
pub struct State {
    pub cluster: String,
    revision: u64,
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    /// What happened: to which kind, at which revision, how, and the object then.
    log: Vec<(String, u64, &'static str, Value)>,
    /// Each request for a list or a watch: its target, and what it accepts.
    pub asked: Vec<(String, String)>,
    /// Kinds that may not be seen.
    pub denied: Vec<String>,
    /// Custom groups that are served, with the version that is preferred.
    pub groups: BTreeMap<String, &'static str>,
    /// The logs of pods that may be read, by path.
    pub logs: BTreeMap<String, String>,
    /// Watches that began before this many cuts are cut.
    cuts: u64,
    /// What happened up to here is forgotten.
    forgotten: u64,
}

impl State {
    /// Makes or changes an object.
    pub fn put(&mut self, path: &str, mut object: Value) {
        self.revision += 1;
        object["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        let uid = object["metadata"]["uid"].as_str().expect("a UID").to_owned();
        let before = self.objects.entry(path.to_owned()).or_default().insert(uid, object.clone());
        let how = if before.is_some() { "MODIFIED" } else { "ADDED" };
        self.log.push((path.to_owned(), self.revision, how, object));
    }

    pub fn delete(&mut self, path: &str, uid: &str) {
        self.revision += 1;
        let mut gone = self.objects.get_mut(path).and_then(|all| all.remove(uid)).expect("an object");
        gone["metadata"]["resourceVersion"] = json!(self.revision.to_string());
        self.log.push((path.to_owned(), self.revision, "DELETED", gone));
    }

    /// Cuts every watch.
    pub fn cut(&mut self) {
        self.cuts += 1;
    }

    /// Forgets what happened so far: only a list tells what there is.
    pub fn forget(&mut self) {
        self.forgotten = self.revision;
        self.log.clear();
    }

    /// How often a kind was listed or watched.
    pub fn times(&self, path: &str, watched: bool) -> usize {
        let is_of = |target: &&(String, String)| target.0.split('?').next() == Some(path);
        self.asked.iter().filter(is_of).filter(|(target, _)| target.contains("watch=1") == watched).count()
    }
}

/// The server. It ends with the test.
#[derive(Clone)]
pub struct ApiServer {
    port: u16,
    state: Arc<Mutex<State>>,
}

impl ApiServer {
    pub fn start() -> Self {
        let state = State { cluster: "cluster-1".to_owned(), revision: 10, ..State::default() };
        let mut server = Self { port: 0, state: Arc::new(Mutex::new(state)) };
        let kept = server.clone();
        server.port = request::listen(move |stream| {
            let _ = kept.serve(&stream);
            let _ = stream.shutdown(Shutdown::Both);
        });
        server
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().expect("no test ended within"))
    }

    /// Whether each of these kinds was watched so often. They are listed beside each other, and what is deleted before its
    /// kind was listed was never seen.
    pub fn are_watched(&self, kinds: &[&str], times: usize) -> bool {
        self.with(|state| kinds.iter().all(|kind| state.times(kind, true) >= times))
    }

    /// A kubeconfig for it, in `folder`.
    pub fn kubeconfig(&self, folder: &Path) -> PathBuf {
        request::kubeconfig(folder, self.port, "default")
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let Request { target, headers, .. } = request::read(&mut BufReader::new(stream.try_clone()?))?;
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        if path == "/version" {
            return answer(stream, 200, &json!({"major": "1", "minor": "34", "gitVersion": "v1.34.4"}));
        }
        if path == "/api/v1/namespaces/kube-system" {
            return answer(stream, 200, &json!({"metadata": {"uid": self.with(|state| state.cluster.clone())}}));
        }
        if let Some(group) = path.strip_prefix("/apis/").filter(|rest| !rest.contains('/')) {
            return match self.with(|state| state.groups.get(group).copied()) {
                Some(version) => answer(stream, 200, &json!({"name": group, "preferredVersion": {"version": version}})),
                None => answer(stream, 404, &status(404, "the server could not find the requested resource")),
            };
        }
        let accepts = headers.get("accept").cloned().unwrap_or_default();
        let is_denied = self.with(|state| {
            state.asked.push((target.clone(), accepts));
            state.denied.iter().any(|denied| denied == path)
        });
        if is_denied {
            return answer(stream, 403, &status(403, &format!("{path} is forbidden")));
        }
        if path.ends_with("/log") {
            return match self.with(|state| state.logs.get(path).cloned()) {
                Some(log) => text(stream, &log),
                None => answer(stream, 404, &status(404, "pods not found")),
            };
        }
        let after = query.split('&').find_map(|part| part.strip_prefix("resourceVersion="));
        match after.filter(|_| query.contains("watch=1")) {
            Some(after) => self.watch(stream, path, after.parse().expect("a revision")),
            None => answer(stream, 200, &self.list(path)),
        }
    }

    fn list(&self, path: &str) -> Value {
        self.with(|state| {
            let items: Vec<Value> = state.objects.get(path).into_iter().flat_map(BTreeMap::values).cloned().collect();
            json!({"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": state.revision.to_string()}, "items": items})
        })
    }

    fn watch(&self, mut stream: &TcpStream, path: &str, mut after: u64) -> std::io::Result<()> {
        let (cuts, is_forgotten) = self.with(|state| (state.cuts, after < state.forgotten));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")?;
        if is_forgotten {
            let event = json!({"type": "ERROR", "object": status(410, "too old resource version")});
            return stream.write_all(format!("{event}\n").as_bytes());
        }
        loop {
            let (new, is_cut) = self.with(|state| {
                let new: Vec<_> = state.log.iter().filter(|(of, at, ..)| of == path && *at > after).cloned().collect();
                (new, state.cuts > cuts)
            });
            if is_cut {
                // Within a line, as it is when a connection breaks.
                return stream.write_all(b"{\"type\":\"MODI");
            }
            for (_, at, how, object) in new {
                stream.write_all(format!("{}\n", json!({"type": how, "object": object})).as_bytes())?;
                after = at;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

fn answer(mut stream: &TcpStream, code: u16, body: &Value) -> std::io::Result<()> {
    let text = body.to_string();
    let head = format!("HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nConnection: close\r\n");
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())
}

fn text(mut stream: &TcpStream, text: &str) -> std::io::Result<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n";
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())
}

fn status(code: u16, message: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Status", "metadata": {}, "status": "Failure", "message": message, "code": code})
}
