//! The objects of one kind, and what becomes of them: a list with its revision, and a watch from there on.
//!
//! Knows the protocol and keeps nothing (Kubernetes API concepts, "Efficient detection of changes"). Objects stay the text
//! that the server sent.

use super::api::{Answer, Api, Deadlines, Problem, escaped};
use super::status::{self, quoted};
use crate::archive::format::Status;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Objects of one page, at most.
const PAGE: usize = 500;
/// A page larger than this is not read.
const PAGE_BYTES: usize = 256 * 1024 * 1024;
/// What is read of an API group.
const GROUP_BYTES: usize = 256 * 1024;
/// How long a page may take.
const LISTING: Deadlines = Deadlines::of(15, 60);
/// After so long the server ends a watch, in seconds; it is begun anew at once.
const WATCHED: u64 = 240;
/// Somewhat longer: a watch that has not ended by then goes nowhere. Servers without changes are silent for as long, since
/// not all of them send bookmarks for all kinds.
const WATCHING: Deadlines = Deadlines::of(WATCHED + 30, WATCHED + 30);
/// An object is at most 1.5 MB (etcd's limit), and longer in JSON than as it is stored.
const LINE_BYTES: usize = 16 * 1024 * 1024;

const METADATA_LIST: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// Which objects: those of a kind, of all namespaces or of one.
#[derive(Clone, Debug)]
pub struct Objects {
    path: String,
    metadata_only: bool,
    /// As a part of the query, behind an ampersand; empty for all.
    chosen: String,
    /// A page larger than this is not read.
    page_bytes: usize,
}

/// One page of a list.
#[derive(Debug)]
pub struct Listing {
    pub items: Vec<Box<RawValue>>,
    /// From where a watch goes on.
    pub revision: String,
    /// Asks for the next page; empty on the last.
    pub resume: String,
}

/// What happened to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Added,
    Modified,
    Deleted,
}

/// What a watch tells.
#[derive(Debug)]
pub enum Told {
    /// The object as it is now; of one that is gone as it was last.
    Object(How, Box<RawValue>),
    /// Nothing happened up to here.
    Bookmark,
}

/// A watch under way.
pub struct Watch {
    answer: Answer,
    /// What came of lines that are not handed over.
    held: Vec<u8>,
    /// How much of it was handed over.
    given: usize,
    revision: String,
}

#[derive(Deserialize)]
struct WireList {
    #[serde(default)]
    metadata: WireListMeta,
    /// Null where a server has none.
    #[serde(default)]
    items: Option<Vec<Box<RawValue>>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireListMeta {
    #[serde(rename = "continue")]
    resume: String,
    resource_version: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireGroup {
    preferred_version: WireVersion,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireVersion {
    version: String,
}

#[derive(Deserialize)]
struct WireEvent {
    #[serde(rename = "type")]
    kind: String,
    object: Box<RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireObject {
    metadata: WireListMeta,
    /// Of a Status.
    code: u16,
}

/// The version of a group that the API server prefers.
///
/// # Errors
/// It serves none (`Absent`), or did not say.
pub async fn version_of(api: &Api, group: &str) -> Result<String, Problem> {
    let body = api.bytes(&format!("/apis/{group}"), None, LISTING, GROUP_BYTES).await?;
    let served = serde_json::from_slice(&body);
    let WireGroup { preferred_version: WireVersion { version } } = served
        .map_err(|error| Problem::new(Status::Failed, format!("not an API group ({error}): {}", quoted(&body))))?;
    match version.is_empty() {
        true => Err(Problem::new(Status::Absent, format!("no version of {group} is served"))),
        false => Ok(version),
    }
}

impl Objects {
    /// Those of `plural`; metadata alone where the rest may be secret.
    pub fn new((group, version, plural): (&str, &str, &str), namespace: Option<&str>, metadata_only: bool) -> Self {
        let root = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let namespace = namespace.map(|name| format!("/namespaces/{}", escaped(name))).unwrap_or_default();
        Self {
            path: format!("{root}{namespace}/{plural}"),
            metadata_only,
            chosen: String::new(),
            page_bytes: PAGE_BYTES,
        }
    }

    /// The same in pages of so many bytes at most.
    pub fn within(self, page_bytes: usize) -> Self {
        Self { page_bytes, ..self }
    }

    /// The same without those in a namespace; all of them where that is empty.
    pub fn but_in(self, namespace: &str) -> Self {
        let selector = || format!("&fieldSelector={}", escaped(&format!("metadata.namespace!={namespace}")));
        Self { chosen: if namespace.is_empty() { String::new() } else { selector() }, ..self }
    }

    /// A page of the list: the first, or the one that `resume` asks for.
    pub async fn page(&self, api: &Api, resume: &str) -> Result<Listing, Problem> {
        let mut path = format!("{}?limit={PAGE}{}", self.path, self.chosen);
        if !resume.is_empty() {
            path.push_str(&format!("&continue={}", escaped(resume)));
        }
        let accept = self.metadata_only.then_some(METADATA_LIST);
        let body = api.bytes(&path, accept, LISTING, self.page_bytes).await?;
        let list: WireList = serde_json::from_slice(&body)
            .map_err(|error| Problem::new(Status::Failed, format!("not a list ({error}): {}", quoted(&body))))?;
        let WireListMeta { resume, resource_version: revision } = list.metadata;
        Ok(Listing { items: list.items.unwrap_or_default(), revision, resume })
    }

    /// Begins a watch of what happens after `revision`.
    pub async fn watch(&self, api: &Api, revision: &str) -> Result<Watch, Problem> {
        let path = format!(
            "{}?watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCHED}&resourceVersion={}{}",
            self.path,
            escaped(revision),
            self.chosen
        );
        let accept = self.metadata_only.then_some(METADATA);
        let answer = api.get(&path, accept, WATCHING).await?.lasting();
        Ok(Watch { answer, held: Vec::new(), given: 0, revision: revision.to_owned() })
    }
}

impl Watch {
    /// From where another watch would go on.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The next thing that it tells; nothing where the server ended it, as it does after a while.
    ///
    /// # Errors
    /// It broke off, or the server says why it cannot go on: with the code 410 it does not know the revision any more.
    pub async fn next(&mut self) -> Result<Option<Told>, Problem> {
        loop {
            if let Some(line) = self.line() {
                return self.told(&line).map(Some);
            }
            if self.held.len() > LINE_BYTES {
                return Err(Problem::new(Status::Failed, format!("an object of more than {LINE_BYTES} bytes")));
            }
            match self.answer.piece().await? {
                Some(piece) => self.held.extend_from_slice(&piece),
                None if self.held.trim_ascii().is_empty() => return Ok(None),
                // How a connection ends that does not say how long its body is.
                None => return Err(Problem::new(Status::Unreachable, "the answer broke off within a line")),
            }
        }
    }

    /// The next whole line that came.
    fn line(&mut self) -> Option<Vec<u8>> {
        loop {
            let rest = self.held.get(self.given..).unwrap_or_default();
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.held.drain(..self.given);
                self.given = 0;
                return None;
            };
            let line = rest.get(..end).unwrap_or_default().to_vec();
            self.given += end + 1;
            if !line.trim_ascii().is_empty() {
                return Some(line);
            }
        }
    }

    fn told(&mut self, line: &[u8]) -> Result<Told, Problem> {
        let failed =
            |error: &serde_json::Error| Problem::new(Status::Failed, format!("not what a watch tells: {error}"));
        let event: WireEvent = serde_json::from_slice(line).map_err(|error| failed(&error))?;
        let object: WireObject = serde_json::from_str(event.object.get()).map_err(|error| failed(&error))?;
        let how = match event.kind.as_str() {
            "ADDED" => How::Added,
            "MODIFIED" => How::Modified,
            "DELETED" => How::Deleted,
            "BOOKMARK" => {
                self.revision = object.metadata.resource_version;
                return Ok(Told::Bookmark);
            }
            "ERROR" => return Err(status::of_error(object.code, event.object.get().as_bytes())),
            other => {
                return Err(Problem::new(
                    Status::Failed,
                    format!("not what a watch tells: {}", quoted(other.as_bytes())),
                ));
            }
        };
        self.revision = object.metadata.resource_version;
        Ok(Told::Object(how, event.object))
    }
}
