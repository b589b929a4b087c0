//! What the servers that stand in for others have in common: they listen, and read requests of HTTP/1.1.

use std::collections::BTreeMap;
use std::io::{BufRead, Result};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;

/// What a client sent, by the letter.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

pub fn read(reader: &mut impl BufRead) -> Result<Request> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut request = Request { method, target, ..Request::default() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        request.headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = request.headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    request.body = vec![0; length];
    reader.read_exact(&mut request.body)?;
    Ok(request)
}

/// Has each connection to a port of this machine answered in a thread of its own, until the tests end. Gives the port.
pub fn listen(answer: impl Fn(TcpStream) + Clone + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answer(stream));
        }
    });
    port
}

/// A kubeconfig in `folder` for an API server at a port of this machine.
pub fn kubeconfig(folder: &Path, port: u16, namespace: &str) -> PathBuf {
    let file = folder.join("kubeconfig");
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "one", "users": [{"name": "one", "user": {}}],
        "clusters": [{"name": "one", "cluster": {"server": format!("http://127.0.0.1:{port}")}}],
        "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one", "namespace": namespace}}],
    });
    std::fs::write(&file, config.to_string()).expect("a file");
    file
}
