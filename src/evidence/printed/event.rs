//! Events of tables, and of the end of a description.
//!
//! Source: kubernetes, pkg/printers/internalversion/printers.go (printEvent, formatEventSource): the object is
//! `kind/name` in lower case, the source `component, host`.

use super::{Printed, moment, occurrences};
use crate::logline::kubectl::tables::{self, Row};
use crate::model::Moment;
use crate::objects::kinds;
use crate::objects::{Event, EventSource, Reference};
use regex::Regex;
use std::sync::LazyLock;

/// The event of a row, and when it was seen first and last.
pub fn of_row(row: &Row<'_>, printed: Printed) -> Result<(Event, (Moment, Moment)), &'static str> {
    const NO_EVENT: &str = "a row without a reason or an object";
    let last = row.cell(tables::LAST).unwrap_or_default();
    let (mut first, last, mut count) = occurrences(last, printed)?;
    if let Some(begun) = row.cell(tables::FIRST).map(|cell| moment(cell, printed)).transpose()?.flatten() {
        first = if begun.time < last.time { begun } else { last };
    }
    if let Some(told) = row.cell(tables::COUNT).and_then(|count| count.parse().ok()) {
        count = told;
    }
    let reason = row.cell(tables::REASON).ok_or(NO_EVENT)?;
    let (kind, name) = about(row).ok_or(NO_EVENT)?;
    let message = row.cell(tables::MESSAGE).unwrap_or_default();
    let field_path = match row.cell(tables::SUBOBJECT) {
        Some(path) => path.to_owned(),
        None => container_in(message).map(|name| format!("spec.containers{{{name}}}")).unwrap_or_default(),
    };
    let namespace = row.cell(tables::NAMESPACE).unwrap_or_default().to_owned();
    let event = Event {
        reason: reason.to_owned(),
        message: message.to_owned(),
        kind: row.cell(tables::TYPE).unwrap_or_default().to_owned(),
        involved_object: Reference { kind, namespace, name, field_path, ..Reference::default() },
        source: row.cell(tables::SOURCE).map(source).unwrap_or_default(),
        count,
        ..Event::default()
    };
    Ok((event, (first, last)))
}

/// Kind and name of the object that a row is about.
fn about(row: &Row<'_>) -> Option<(String, String)> {
    let kind_of = |word: &str| kinds::of_word(word).unwrap_or(word).to_owned();
    if let Some((kind, name)) = row.cell(tables::OBJECT).and_then(|object| object.split_once('/')) {
        return Some((kind_of(kind), name.to_owned()));
    }
    let kind = row.cell(tables::KIND)?;
    let name = row.cell(tables::OBJECT).or_else(|| row.cell(tables::NAME))?;
    // Old tables have the name of the event itself, which is that of the object and a number behind it.
    Some((kind_of(kind), name.to_owned()))
}

/// Components that report from the node that they name; the instance of any other is called otherwise.
const ON_NODES: [&str; 2] = ["kubelet", "kube-proxy"];

/// `kubelet, node-1`, or a component alone.
pub fn source(cell: &str) -> EventSource {
    let (component, host) = cell.split_once(',').unwrap_or((cell, ""));
    let (component, host) = (component.trim(), host.trim());
    let host = if ON_NODES.contains(&component) { host } else { "" };
    EventSource { component: component.to_owned(), host: host.to_owned() }
}

/// How the kubelet names a container in the messages of its events (kubernetes, pkg/kubelet/kuberuntime and
/// pkg/kubelet/prober; before 1.34 without the colon).
static CONTAINER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names =
        "^(?:Back-off restarting failed container|Started container|Created container:?|Stopping container|Container) ";
    Regex::new(&format!("{names}([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)\\b")).ok()
});

/// The container that a message names, where its row does not.
pub fn container_in(message: &str) -> Option<&str> {
    // `Container image "…" already present` is about no container called `image`.
    let found = CONTAINER.as_ref()?.captures(message)?.get(1)?.as_str();
    (!message.starts_with("Container image ")).then_some(found)
}

/// How messages name a pod with its namespace (kubernetes, pkg/kubelet/util/format: `NAME_NAMESPACE(UID)`;
/// pkg/scheduler/schedule_one.go).
static NAMESPACE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r" in pod ([a-z0-9.-]+)_([a-z0-9-]+)\(|^Successfully assigned ([a-z0-9-]+)/([a-z0-9.-]+) to ").ok()
});

/// The namespace that an event's own message gives its object.
pub fn namespace_in(event: &Event) -> Option<String> {
    let about = &event.involved_object;
    if !about.namespace.is_empty() || about.kind != "Pod" {
        return None;
    }
    let found = NAMESPACE.as_ref()?.captures(&event.message)?;
    let group = |number| found.get(number).map(|part| part.as_str());
    let (pod, namespace) = (group(1).or(group(4))?, group(2).or(group(3))?);
    (pod == about.name).then(|| namespace.to_owned())
}
