//! Cascades as traces in OTLP/JSON, the form of OpenTelemetry (opentelemetry-proto 1.x, `trace/v1/trace.proto`, and
//! "JSON Protobuf Encoding" of the specification of OTLP).
//!
//! Traces and no logs, since a signal lasts, and one led to another: backends draw that as bars below each other. Each
//! cascade is a trace with a span for each of its signals; what is in none is in a trace of its own. A signal stands below
//! what led to it, if records or a mechanism tell; all that is said to have led to it is linked. Each line is a message of
//! its own, shorter than what a collector reads as one (`max_log_size`, 1 MiB).

mod attributes;
mod parents;
mod span;

use super::graph::graph;
use super::jsonl::line;
use super::moment::window;
use super::read::Exported;
use super::rows::rows;
use super::subject::cluster;
use crate::report::safe;
use attributes::{Attributes, resource};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use span::{Causes, Span};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the conventions in which all of `k8s.*` that is used here has its name.
const CONVENTIONS: &str = "https://opentelemetry.io/schemas/1.41.0";
/// A line is ended once it has so many bytes.
const MOST_BYTES: usize = 256 << 10;
/// The trace of what is part of no cascade.
const OUTSIDE: &str = "outside of every cascade";

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let mut spans: BTreeMap<(&str, &str), Vec<Value>> = BTreeMap::new();
    let (ids, window) = (Ids::new(of), window(of));
    let mut causes = Causes::new(of, graph(of).edges);
    for (number, row) in rows(of).iter().enumerate() {
        if let Some(span) = Span::of(row, number, &ids, window) {
            spans.entry((row.subject, row.node)).or_default().push(span.with(&mut causes));
        }
    }
    let version = of.tool.rsplit(' ').next().unwrap_or_default();
    let mut lines = Lines { version: safe::clean(version, 40), out, pending: Vec::new(), bytes: 0 };
    lines.add(&roots(of, &ids), &resource_of_all(of))?;
    for ((subject, node), spans) in &spans {
        lines.add(spans, &resource(subject, node, cluster(of)))?;
    }
    lines.end()
}

/// What all spans without a subject are of.
fn resource_of_all(of: &Exported) -> Value {
    let mut attributes = Attributes::default();
    attributes.text("service.name", "k8s-forensics");
    attributes.text("k8s.cluster.uid", cluster(of).unwrap_or_default());
    attributes.text("k8s_forensics.archive", &of.archive.name);
    attributes.text("k8s_forensics.archive_sha256", of.archive.sha256.as_deref().unwrap_or_default());
    attributes.into()
}

/// The first span of each trace.
fn roots(of: &Exported, ids: &Ids) -> Vec<Value> {
    let (begin, end) = window(of);
    let mut roots = vec![span::root(ids, OUTSIDE, (begin, end), Attributes::default())];
    for cascade in &of.cascades {
        let mut attributes = Attributes::default();
        attributes.text("k8s_forensics.cascade", &cascade.id);
        attributes.number("k8s_forensics.affected", cascade.affected.len());
        let from = super::moment::nanoseconds(&cascade.from).unwrap_or(begin);
        let to = super::moment::nanoseconds(&cascade.to).unwrap_or(end).max(from);
        let mut root = span::root(ids, &cascade.id, (from, to), attributes);
        span::set(&mut root, "name", safe::clean(&cascade.headline, 300).into());
        roots.push(root);
    }
    roots
}

/// Ids of traces and spans: of the archive and of what they stand for, so that the same report gives the same.
pub struct Ids {
    archive: String,
}

impl Ids {
    fn new(of: &Exported) -> Self {
        Self { archive: format!("{:?} {:?}", of.archive.name, of.archive.sha256) }
    }

    /// Of a cascade, or of what is in none.
    pub fn trace(&self, cascade: &str) -> String {
        let cascade = if cascade.is_empty() { OUTSIDE } else { cascade };
        self.hash("trace", cascade, 16)
    }

    /// Of the first span of that trace.
    pub fn root(&self, cascade: &str) -> String {
        let cascade = if cascade.is_empty() { OUTSIDE } else { cascade };
        self.hash("root", cascade, 8)
    }

    /// Of a signal, by its id, or of another row of the timeline, by its number.
    pub fn span(&self, id: &str, number: usize) -> String {
        if id.is_empty() { self.hash("row", &number.to_string(), 8) } else { self.hash("signal", id, 8) }
    }

    fn hash(&self, what: &str, which: &str, bytes: usize) -> String {
        let hash = Sha256::digest(format!("{}\n{what}\n{which}", self.archive).as_bytes());
        hash.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Lines that are written, each a message.
struct Lines<'a> {
    version: String,
    out: &'a mut dyn Write,
    pending: Vec<Value>,
    bytes: usize,
}

impl Lines<'_> {
    /// Adds the spans of a resource, a part of them to each line where they are many.
    fn add(&mut self, spans: &[Value], resource: &Value) -> io::Result<()> {
        let mut part = Vec::new();
        for span in spans {
            self.bytes += span.to_string().len();
            part.push(span);
            if self.bytes > MOST_BYTES {
                self.pending.push(self.of(resource, &std::mem::take(&mut part)));
                self.flush()?;
            }
        }
        if !part.is_empty() {
            self.bytes += resource.to_string().len();
            self.pending.push(self.of(resource, &part));
        }
        Ok(())
    }

    fn of(&self, resource: &Value, spans: &[&Value]) -> Value {
        let scope = json!({"name": "k8s-forensics", "version": self.version});
        json!({
            "resource": {"attributes": resource},
            "scopeSpans": [{"scope": scope, "spans": spans}],
            "schemaUrl": CONVENTIONS,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.bytes = 0;
        line(&json!({"resourceSpans": std::mem::take(&mut self.pending)}), self.out)
    }

    fn end(&mut self) -> io::Result<()> {
        if self.pending.is_empty() { Ok(()) } else { self.flush() }
    }
}
