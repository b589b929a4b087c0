//! Values that are taken out because of the kind of object they stand in, whatever they look like: those of Helm in an
//! Application of Argo CD, those of parameters, of environments, of what is given to new machines.
//!
//! Which kinds, and where in them, is data: `kinds.yaml`. The objects come as lines of JSON, and neither say of what kind
//! they are nor need to: whoever has them knows.

mod lines;
mod paths;

use super::key::Key;
use lines::hidden;
use paths::{Path, Paths};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::convert::Infallible;

pub use lines::BY_KIND;

/// The largest object that is looked into, in bytes: etcd takes no more than 1.5 MiB. A larger one goes whole.
const LARGEST: usize = 16 << 20;

/// The groups of Kubernetes itself besides the core group. The kinds of all others are somebody's own.
const OWN: &[&str] = &[
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "extensions",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "metrics.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
    "storage.k8s.io",
    "storagemigration.k8s.io",
];

/// Some kinds, and where their values are.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// `*` for all that are not Kubernetes' own.
    groups: Vec<String>,
    /// The plural by the kind; `*` for all of the groups.
    kinds: BTreeMap<String, String>,
    why: String,
    /// What is hidden, with all below it.
    values: Vec<Path>,
    /// What of it stays.
    #[serde(default)]
    but: Vec<Path>,
    #[serde(default)]
    hides: Vec<String>,
    #[serde(default)]
    keeps: Vec<String>,
}

impl Row {
    /// Why it makes no sense, if so.
    pub fn problem(&self) -> Option<String> {
        let is_word = |text: &String| {
            text == "*"
                || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte)))
        };
        let named = self.named();
        match () {
            () if self.groups.is_empty() || self.kinds.is_empty() || self.values.is_empty() => {
                Some(format!("the kinds {named:?} need groups, kinds and values"))
            }
            () if !self.groups.iter().chain(self.kinds.keys()).chain(self.kinds.values()).all(is_word) => {
                Some(format!("the kinds {named:?} must be of words of ASCII letters, digits, dots and dashes"))
            }
            () => None,
        }
    }

    fn is_of(&self, group: &str, plural: &str) -> bool {
        let is_group = |of: &String| of == group || (of == "*" && !group.is_empty() && !OWN.contains(&group));
        self.groups.iter().any(is_group) && self.kinds.values().any(|of| of == plural || of == "*")
    }

    fn named(&self) -> String {
        self.kinds.keys().cloned().collect::<Vec<_>>().join(", ")
    }
}

/// What of a table of kinds a person may want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSummary<'a> {
    pub group: &'a str,
    pub kind: &'a str,
    pub plural: &'a str,
    pub why: &'a str,
}

/// The table.
#[derive(Clone, Debug, Default)]
pub(super) struct Kinds(Vec<Row>);

impl Kinds {
    pub fn add(&mut self, rows: Vec<Row>) {
        self.0.extend(rows);
    }

    pub fn summaries(&self) -> impl Iterator<Item = KindSummary<'_>> {
        self.0.iter().flat_map(|row| {
            row.groups.iter().flat_map(move |group| {
                row.kinds.iter().map(move |(kind, plural)| KindSummary { group, kind, plural, why: &row.why })
            })
        })
    }

    /// Where the values of a kind are, which is a plural with its group behind a dot; nothing if it has none.
    fn paths(&self, kind: &str) -> Option<Paths> {
        let (plural, group) = kind.split_once('.').unwrap_or((kind, ""));
        let mut paths = Paths::default();
        for row in self.0.iter().filter(|row| row.is_of(group, plural)) {
            paths.add(&row.values, &row.but);
        }
        (!paths.is_empty()).then_some(paths)
    }

    /// Whether a row is about a kind in particular, and not about custom kinds as such.
    pub fn names(&self, kind: &str) -> bool {
        let (plural, group) = kind.split_once('.').unwrap_or((kind, ""));
        self.0.iter().any(|row| row.is_of(group, plural) && row.groups.iter().any(|of| of == group))
    }

    /// What takes the values of a kind out of its objects, if it has any.
    pub fn values(&self, kind: &str, key: &Key) -> Option<Values> {
        let paths = self.paths(kind)?;
        Some(Values { paths, key: key.clone(), line: Vec::new(), is_too_large: false, hidden: 0 })
    }

    /// The name, a kind of it, texts with what must be hidden in «», and texts that must stay, of every row.
    pub fn examples(&self) -> impl Iterator<Item = (String, String, &[String], &[String])> {
        self.0.iter().map(|row| {
            let first = |names: Option<&String>, other: &str| {
                names.filter(|name| *name != "*").map_or(other, |name| name).to_owned()
            };
            let plural = first(row.kinds.values().next(), "things");
            let group = first(row.groups.first(), "example.com");
            (row.named(), format!("{plural}.{group}"), row.hides.as_slice(), row.keeps.as_slice())
        })
    }
}

/// Takes values out of the objects of one kind, one a line, in a stream.
pub struct Values {
    paths: Paths,
    key: Key,
    /// The line that is not whole yet.
    line: Vec<u8>,
    /// The rest of the line is passed over.
    is_too_large: bool,
    hidden: u64,
}

impl Values {
    /// Takes more of the lines, and gives to `out` what is ready.
    pub fn push<E>(&mut self, bytes: &[u8], out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (content, end) = match part.split_last() {
                Some((b'\n', content)) => (content, b"\n".as_slice()),
                _ => (part, b"".as_slice()),
            };
            self.take(content);
            if !end.is_empty() {
                self.pass_on(out)?;
                out(end)?;
            }
        }
        Ok(())
    }

    /// Gives the rest to `out`, and says how many values were hidden.
    pub fn end<E>(mut self, out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<u64, E> {
        self.pass_on(out)?;
        Ok(self.hidden)
    }

    /// One object without its values.
    pub fn of(mut self, object: &str) -> String {
        let mut bytes = Vec::with_capacity(object.len());
        let mut out = |piece: &[u8]| -> Result<(), Infallible> {
            bytes.extend_from_slice(piece);
            Ok(())
        };
        let Ok(()) = self.push(object.as_bytes(), &mut out);
        let Ok(_) = self.end(&mut out);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Takes a part of a line. In the place of one that is too large stands a string.
    fn take(&mut self, content: &[u8]) {
        if self.is_too_large {
            return;
        }
        let room = LARGEST - self.line.len();
        self.line.extend_from_slice(content.get(..room).unwrap_or(content));
        if content.len() > room {
            self.line = format!("\"{}\"", self.key.pseudonym(BY_KIND, &self.line)).into_bytes();
            self.hidden += 1;
            self.is_too_large = true;
        }
    }

    fn pass_on<E>(&mut self, out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return Ok(());
        }
        if std::mem::take(&mut self.is_too_large) {
            return out(&line);
        }
        let (clean, hidden) = hidden(&line, &mut self.paths, &self.key);
        self.hidden += hidden;
        out(&clean)
    }
}
