//! A store that is none: what S3 documents of objects, parts, ranges and conditions, over what it keeps in memory. It fails
//! where it is told to, and counts what it is asked. tests/stores.sh asks a real server the same.

use crate::request::{self, Request};
use ct_codecs::{Base64, Encoder};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

/// One question.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn query(&self, name: &str) -> Option<&str> {
        let pairs = self.target.split_once('?')?.1.split('&');
        pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    pub fn is_part(&self) -> bool {
        self.method == "PUT" && self.query("partNumber").is_some()
    }
}

/// How it fails.
#[derive(Clone, Copy, Debug)]
pub enum Failing {
    /// It answers with a status and a code, and does nothing.
    Answers(u16, &'static str),
    /// It ends the connection, and does nothing.
    BreaksOff,
    /// It does what it is asked, and ends the connection.
    BreaksOffAfter,
    /// Right before, somebody else writes this there.
    Overtaken(&'static [u8]),
}

/// When it fails.
type Fails = Box<dyn FnMut(&Asked) -> Option<Failing> + Send>;

#[derive(Clone, Debug)]
pub struct Object {
    pub bytes: Vec<u8>,
    /// Seconds since 1970.
    pub written: i64,
}

/// What the store keeps.
#[derive(Default)]
pub struct Store {
    pub objects: BTreeMap<String, Object>,
    uploads: BTreeMap<String, BTreeMap<u32, Vec<u8>>>,
    pub asked: Vec<Asked>,
    /// Bytes of bodies that it answered with.
    pub answered: u64,
    pub fails: Option<Fails>,
    pub now: i64,
}

impl Store {
    pub fn put(&mut self, key: &str, bytes: &[u8]) {
        let written = self.now;
        self.objects.insert(key.to_owned(), Object { bytes: bytes.to_owned(), written });
    }

    pub fn count(&self, wanted: impl Fn(&Asked) -> bool) -> usize {
        self.asked.iter().filter(|asked| wanted(asked)).count()
    }
}

struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    fn error(status: u16, code: &str) -> Self {
        Self::new(status, format!("<Error><Code>{code}</Code><Message>it was told to</Message></Error>"))
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// The store. It ends with the test, and has one bucket, `incidents`.
pub struct Server {
    pub url: String,
    store: Arc<Mutex<Store>>,
}

impl Server {
    pub fn start() -> Self {
        let store = Arc::new(Mutex::new(Store { now: 1_800_000_000, ..Store::default() }));
        let kept = Arc::clone(&store);
        let port = request::listen(move |stream| drop(serve(stream, &kept)));
        let url = format!("http://127.0.0.1:{port}");
        Self { url, store }
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        look(&mut self.store.lock().expect("no test ended within"))
    }

    /// One that does not answer.
    pub fn silent() -> Self {
        Self { url: "http://127.0.0.1:1".to_owned(), store: Arc::default() }
    }

    /// From now on it fails so.
    pub fn fails(&self, when: impl FnMut(&Asked) -> Option<Failing> + Send + 'static) {
        self.with(|store| store.fails = Some(Box::new(when)));
    }

    pub fn is_well(&self) {
        self.with(|store| store.fails = None);
    }

    /// What the store keeps under a key.
    pub fn object(&self, key: &str) -> Option<Vec<u8>> {
        self.with(|store| store.objects.get(key).map(|object| object.bytes.clone()))
    }
}

fn serve(stream: TcpStream, store: &Mutex<Store>) -> std::io::Result<()> {
    let asked = read(&mut BufReader::new(stream.try_clone()?))?;
    let mut store = store.lock().expect("no test ended within");
    store.asked.push(asked.clone());
    let failing = store.fails.as_mut().and_then(|fails| fails(&asked));
    let reply = match failing {
        Some(Failing::BreaksOff) => return Ok(()),
        Some(Failing::Answers(status, code)) => Reply::error(status, code),
        Some(Failing::BreaksOffAfter) => {
            answer(&mut store, &asked);
            return Ok(());
        }
        Some(Failing::Overtaken(bytes)) => {
            let key =
                asked.target.split('?').next().and_then(|path| path.strip_prefix("/incidents/")).unwrap_or_default();
            store.put(key, bytes);
            answer(&mut store, &asked)
        }
        None => answer(&mut store, &asked),
    };
    let is_head = asked.method == "HEAD";
    store.answered += if is_head { 0 } else { reply.body.len() as u64 };
    drop(store);
    write(stream, &reply, is_head)
}

fn answer(store: &mut Store, asked: &Asked) -> Reply {
    let path = asked.target.split('?').next().unwrap_or_default();
    let Some(key) = path.strip_prefix("/incidents") else { return Reply::error(404, "NoSuchBucket") };
    let key = key.trim_start_matches('/').to_owned();
    match (asked.method.as_str(), asked.query("uploadId"), asked.query("partNumber")) {
        ("GET", None, _) if asked.query("list-type").is_some() => listed(store, asked),
        ("HEAD" | "GET", None, _) => object(store, asked, &key),
        ("DELETE", None, _) => {
            store.objects.remove(&key);
            Reply::new(204, "")
        }
        ("POST", None, _) => {
            let id = format!("upload-{}", store.uploads.len());
            store.uploads.insert(id.clone(), BTreeMap::new());
            Reply::new(
                200,
                format!("<InitiateMultipartUploadResult><UploadId>{id}</UploadId></InitiateMultipartUploadResult>"),
            )
        }
        ("PUT", id, number) => put(store, asked, &key, id.zip(number)),
        ("POST", Some(id), _) => completed(store, asked, &key, id),
        _ => Reply::new(204, ""),
    }
}

fn put(store: &mut Store, asked: &Asked, key: &str, part: Option<(&str, &str)>) -> Reply {
    let sum = Base64::encode_to_string(Sha256::digest(&asked.body)).expect("base64");
    if asked.header("x-amz-checksum-sha256") != sum {
        return Reply::error(400, "XAmzContentChecksumMismatch");
    }
    if let Some((id, number)) = part {
        let Some(parts) = store.uploads.get_mut(id) else { return Reply::error(404, "NoSuchUpload") };
        parts.insert(number.parse().expect("a number"), asked.body.clone());
        return Reply::new(200, "").with("ETag", format!("\"{number}\"")).with("x-amz-checksum-sha256", sum);
    }
    if asked.header("if-none-match") == "*" && store.objects.contains_key(key) {
        return Reply::error(412, "PreconditionFailed");
    }
    store.put(key, &asked.body);
    Reply::new(200, "").with("ETag", "\"one\"")
}

fn completed(store: &mut Store, asked: &Asked, key: &str, id: &str) -> Reply {
    if asked.header("if-none-match") == "*" && store.objects.contains_key(key) {
        return Reply::error(412, "PreconditionFailed");
    }
    let Some(parts) = store.uploads.remove(id) else { return Reply::error(404, "NoSuchUpload") };
    let named = String::from_utf8_lossy(&asked.body).matches("<PartNumber>").count();
    if named != parts.len() {
        return Reply::error(400, "InvalidPart");
    }
    let bytes: Vec<u8> = parts.into_values().flatten().collect();
    store.put(key, &bytes);
    Reply::new(200, "<CompleteMultipartUploadResult><ETag>\"all\"</ETag></CompleteMultipartUploadResult>")
}

fn object(store: &Store, asked: &Asked, key: &str) -> Reply {
    let Some(Object { bytes, written }) = store.objects.get(key) else { return Reply::error(404, "NoSuchKey") };
    let tag = format!("\"{}-{written}\"", bytes.len());
    if !asked.header("if-match").is_empty() && asked.header("if-match") != tag {
        return Reply::error(412, "PreconditionFailed");
    }
    let range = asked.header("range").strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let reply = match range {
        None => Reply::new(200, bytes.clone()),
        Some((from, to)) => {
            let from: usize = from.parse().expect("a number");
            let to = to.parse::<usize>().expect("a number").min(bytes.len() - 1);
            let part = format!("bytes {from}-{to}/{}", bytes.len());
            Reply::new(206, bytes[from..=to].to_vec()).with("Content-Range", part)
        }
    };
    reply.with("ETag", tag).with("Last-Modified", time(*written).format("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn listed(store: &Store, asked: &Asked) -> Reply {
    let prefix = asked.query("prefix").unwrap_or_default().replace("%2F", "/");
    let mut text = String::new();
    for (key, Object { bytes, written }) in &store.objects {
        if key.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('/')) {
            let (size, written) = (bytes.len(), time(*written).to_rfc3339());
            text += &format!(
                "<Contents><Key>{key}</Key><LastModified>{written}</LastModified><Size>{size}</Size></Contents>"
            );
        }
    }
    Reply::new(200, format!("<ListBucketResult><IsTruncated>false</IsTruncated>{text}</ListBucketResult>"))
}

fn time(seconds: i64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp(seconds, 0).expect("a time")
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Asked> {
    let Request { method, target, headers, body } = request::read(reader)?;
    Ok(Asked { method, target, headers, body })
}

fn write(mut stream: TcpStream, reply: &Reply, is_head: bool) -> std::io::Result<()> {
    let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let Reply { status, body, .. } = reply;
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    stream.write_all(head.as_bytes())?;
    if is_head { Ok(()) } else { stream.write_all(body) }
}
