//! A host that is none: answers on this machine as the documented interface of one does, over what it keeps in memory, and
//! notes whatever it is asked that the documentation does not have. It fails where it is told to.

use crate::request::{self, Request};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

/// One question.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

/// What a form holds.
#[derive(Debug)]
pub struct Form {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Asked {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// A header is as it is documented.
    pub fn has(&self, name: &str, value: &str) -> Result<(), String> {
        let given = self.header(name);
        if given == value { Ok(()) } else { Err(format!("{} {}: {name} is {given:?}", self.method, self.path)) }
    }

    /// The query has these parameters and no others.
    pub fn asks(&self, names: &[&str]) -> Result<(), String> {
        let given: Vec<&str> = self.query.keys().map(String::as_str).collect();
        if given == names { Ok(()) } else { Err(format!("{} {}: asks {given:?}", self.method, self.path)) }
    }

    /// The fields of its JSON, which are these and no others.
    pub fn json(&self, fields: &[&str]) -> Result<Value, String> {
        self.has("content-type", "application/json")?;
        let json: Value = serde_json::from_slice(&self.body).map_err(|error| error.to_string())?;
        let given: Vec<&str> = json.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        if given == fields { Ok(json) } else { Err(format!("{} {}: has {given:?}", self.method, self.path)) }
    }

    /// The one file of its form, in the field that is documented.
    pub fn form(&self, field: &str) -> Result<Form, String> {
        let boundary = self.header("content-type").strip_prefix("multipart/form-data; boundary=").ok_or("no form")?;
        let text = String::from_utf8_lossy(&self.body).into_owned();
        let rest = text.strip_prefix(&format!("--{boundary}\r\n")).ok_or("no first line")?;
        let (head, _) = rest.split_once("\r\n\r\n").ok_or("no head")?;
        let from = boundary.len() + 4 + head.len() + 4;
        let end = self.body.len() - format!("\r\n--{boundary}--\r\n").len();
        let bytes = self.body.get(from..end).ok_or("no end")?.to_vec();
        let quoted = |name: &str| {
            let value = head.split_once(&format!("{name}=\""))?.1.split_once('"')?.0;
            Some(value.to_owned())
        };
        let kind = head.split_once("Content-Type: ").ok_or("no kind")?.1.to_owned();
        let (named, name) = (quoted(" name").ok_or("no field")?, quoted("filename").ok_or("no name")?);
        match named == field && kind == k8s_forensics::attach::kind_of(&name) {
            true => Ok(Form { name, bytes }),
            false => Err(format!("{name} is in the field {named}, as {kind}")),
        }
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Reply {
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: body.to_string() }
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }
}

/// How it fails.
#[derive(Clone, Copy, Debug)]
pub enum Failing {
    /// It answers so and does nothing, and with how long to wait.
    Answers(u16, Option<&'static str>),
    /// It does what it is asked, and answers so.
    AnswersAfter(u16),
    /// It does what it is asked, and breaks off.
    BreaksOff,
}

/// A comment, of whom it is and who wrote it last.
#[derive(Clone, Debug)]
pub struct Comment {
    pub id: u64,
    pub author: u64,
    pub editor: u64,
    pub body: String,
    /// What is kept beside it.
    pub property: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub id: u64,
    pub author: u64,
    pub comment: Option<u64>,
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What the host keeps, and what is wrong with it.
#[derive(Debug, Default)]
pub struct Store {
    pub comments: Vec<Comment>,
    pub files: Vec<Stored>,
    pub asked: Vec<Asked>,
    /// What it was asked otherwise than is documented.
    pub wrong: Vec<String>,
    /// By method and a part of the path; each once, in order.
    pub failing: Vec<(&'static str, &'static str, Failing)>,
    /// What a file may have.
    pub most: u64,
    next: u64,
}

impl Store {
    /// A number that nothing has yet.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub fn comment(&mut self, author: u64, body: &str) -> u64 {
        let id = self.number();
        self.comments.push(Comment { id, author, editor: author, body: body.to_owned(), property: None });
        id
    }

    pub fn named(&mut self, id: &str) -> Option<&mut Comment> {
        let id: u64 = id.parse().ok()?;
        self.comments.iter_mut().find(|comment| comment.id == id)
    }

    pub fn file(&mut self, (author, comment): (u64, Option<u64>), form: &Form) -> Stored {
        let id = self.number();
        let stored = Stored { id, author, comment, name: form.name.clone(), bytes: form.bytes.clone() };
        self.files.push(stored.clone());
        stored
    }

    /// How many questions changed something.
    pub fn changes(&self) -> usize {
        self.asked.iter().filter(|asked| asked.method != "GET").count()
    }
}

/// The account whose token is good, and another.
pub const ME: u64 = 7;
pub const OTHER: u64 = 8;
pub const TOKEN: &str = "s3cr3t-token";

/// What a host does with a question.
pub type Answer = fn(&mut Store, &Asked) -> Result<Reply, String>;

/// The host. It ends with the test.
pub struct Server {
    pub url: String,
    pub store: Arc<Mutex<Store>>,
}

impl Server {
    pub fn start(answer: Answer) -> Self {
        let store = Arc::new(Mutex::new(Store { most: 1 << 20, next: 100, ..Store::default() }));
        let kept = Arc::clone(&store);
        let port = request::listen(move |stream| drop(serve(stream, &kept, answer)));
        let url = format!("http://127.0.0.1:{port}");
        Self { url, store }
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        look(&mut self.store.lock().expect("no test ended within"))
    }
}

fn serve(stream: TcpStream, store: &Mutex<Store>, answer: Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let asked = read(&mut reader)?;
    let mut store = store.lock().expect("no test ended within");
    store.asked.push(asked.clone());
    let fits = |one: &(&str, &str, Failing)| one.0 == asked.method && asked.path.contains(one.1);
    let failing = store.failing.iter().position(fits).map(|at| store.failing.remove(at).2);
    if let Some(Failing::Answers(status, after)) = failing {
        let headers = after.map(|after| ("Retry-After", after.to_owned())).into_iter().collect();
        return write(stream, &Reply { status, headers, body: r#"{"message": "told to fail"}"#.to_owned() });
    }
    let reply = answer(&mut store, &asked).unwrap_or_else(|wrong| {
        store.wrong.push(wrong);
        Reply::empty(400)
    });
    match failing {
        Some(Failing::BreaksOff) => Ok(()),
        Some(Failing::AnswersAfter(status)) => write(stream, &Reply::empty(status)),
        _ => write(stream, &reply),
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> std::io::Result<Asked> {
    let Request { method, target, headers, body } = request::read(reader)?;
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let query = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(a, b)| (a.to_owned(), b.to_owned()));
    Ok(Asked { method, path: path.to_owned(), query: query.collect(), headers, body })
}

fn write(mut stream: TcpStream, reply: &Reply) -> std::io::Result<()> {
    let headers: String = reply.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let (status, body) = (reply.status, &reply.body);
    let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    stream.write_all(format!("{head}{body}").as_bytes())
}
