//! A row of the timeline as a span.

use super::Ids;
use super::attributes::Attributes;
use super::parents::Trees;
use crate::export::moment::nanoseconds;
use crate::export::read::{Exported, place};
use crate::export::rows::Row;
use crate::report::safe;
use crate::report::schema::{EdgeRow, SignalRow};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// `SPAN_KIND_INTERNAL` of `trace.proto`.
const INTERNAL: u8 = 1;
/// `STATUS_CODE_ERROR` there.
const ERROR: u8 = 2;
/// Records that a span or link names.
const MOST_RECORDS: usize = 16;

/// The first span of a trace, under which all others stand.
pub fn root(ids: &Ids, cascade: &str, (from, to): (u64, u64), attributes: Attributes) -> Value {
    json!({
        "traceId": ids.trace(cascade),
        "spanId": ids.root(cascade),
        "name": safe::clean(cascade, 300),
        "kind": INTERNAL,
        "startTimeUnixNano": from.to_string(),
        "endTimeUnixNano": to.to_string(),
        "attributes": Value::from(attributes),
    })
}

/// Gives a span a field.
pub fn set(span: &mut Value, field: &str, value: Value) {
    if let Some(span) = span.as_object_mut() {
        span.insert(field.to_owned(), value);
    }
}

/// Causes that signals may stand below, by the place of the signal that they led to. The surest is first, and of equally
/// sure ones the one that was seen last.
pub struct Causes<'a> {
    of: &'a Exported,
    edges: BTreeMap<usize, Vec<(usize, &'a EdgeRow)>>,
    places: BTreeMap<&'a str, usize>,
    /// Cascades that have a first span.
    cascades: BTreeSet<&'a str>,
    trees: Trees,
}

impl<'a> Causes<'a> {
    pub fn new(of: &'a Exported, all: Vec<(usize, usize, &'a EdgeRow)>) -> Self {
        let mut edges: BTreeMap<usize, Vec<(usize, &EdgeRow)>> = BTreeMap::new();
        for (from, to, edge) in all {
            edges.entry(to).or_default().push((from, edge));
        }
        let seen = |place: usize| of.signals.get(place).map_or("", |signal| signal.from.as_str());
        let order = |edge: &EdgeRow| match edge.grade.as_str() {
            "mechanism" => 0,
            "known" => 1,
            _ => 2,
        };
        for causes in edges.values_mut() {
            causes.sort_by(|a, b| order(a.1).cmp(&order(b.1)).then_with(|| seen(b.0).cmp(seen(a.0))));
        }
        let places = of.signals.iter().enumerate().map(|(place, signal)| (signal.id.as_str(), place)).collect();
        let cascades = of.cascades.iter().map(|cascade| cascade.id.as_str()).collect();
        Self { of, edges, places, cascades, trees: Trees::new(of.signals.len()) }
    }

    fn signal(&self, place: usize) -> Option<&'a SignalRow> {
        self.of.signals.get(place)
    }
}

/// A span that lacks what led to it.
pub struct Span<'a> {
    ids: &'a Ids,
    row: &'a Row<'a>,
    value: Value,
}

impl<'a> Span<'a> {
    /// None without a time.
    pub fn of(row: &'a Row<'a>, number: usize, ids: &'a Ids, window: (u64, u64)) -> Option<Self> {
        let from = nanoseconds(row.from)?;
        let goes_on = row.kind == "signal" && row.to.is_none();
        let end = if goes_on { Some(window.1) } else { row.to.and_then(nanoseconds) };
        let mut attributes = Attributes::default();
        attributes.text("k8s_forensics.id", row.id);
        attributes.text("k8s_forensics.kind", row.kind);
        attributes.text("k8s_forensics.severity", row.severity);
        attributes.text("k8s_forensics.title", row.title);
        attributes.text("k8s_forensics.cascade", row.cascade);
        attributes.number("k8s_forensics.count", row.count);
        if let Some(earlier) = row.earlier_ms {
            attributes.number("k8s_forensics.earlier_ms", earlier);
        }
        if goes_on {
            attributes.yes("k8s_forensics.goes_on");
        }
        attributes.list("k8s_forensics.records", row.places().take(MOST_RECORDS));
        let name = if row.name.is_empty() { "Changed" } else { row.name };
        let mut value = json!({
            "traceId": ids.trace(row.cascade),
            "spanId": ids.span(row.id, number),
            "parentSpanId": ids.root(row.cascade),
            "name": safe::clean(name, 200),
            "kind": INTERNAL,
            "startTimeUnixNano": from.to_string(),
            "endTimeUnixNano": end.unwrap_or(from).max(from).to_string(),
            "attributes": Value::from(attributes),
        });
        if ["error", "fatal"].contains(&row.severity) {
            set(&mut value, "status", json!({"code": ERROR, "message": safe::clean(row.title, 300)}));
        }
        Some(Self { ids, row, value })
    }

    /// The span below the surest of its causes, and linked with each.
    pub fn with(mut self, causes: &mut Causes) -> Value {
        let place = causes.places.get(self.row.id).copied();
        let edges = place.and_then(|place| causes.edges.remove(&place)).unwrap_or_default();
        let mut parent = None;
        let mut links = Vec::new();
        for (cause, edge) in edges {
            let (Some(effect), Some(signal)) = (place, causes.signal(cause)) else { continue };
            let cascade = signal.cascade.as_deref().unwrap_or_default();
            links.push(self.link(signal, cascade, edge));
            let is_near = cascade == self.row.cascade && nanoseconds(&signal.from).is_some();
            let is_known = ["mechanism", "known"].contains(&edge.grade.as_str());
            if parent.is_none() && is_near && is_known && causes.trees.put(effect, cause) {
                parent = Some(self.ids.span(&signal.id, 0));
            }
        }
        // A cascade that the report does not list has no first span.
        let has_root = self.row.cascade.is_empty() || causes.cascades.contains(self.row.cascade);
        match parent {
            Some(parent) => set(&mut self.value, "parentSpanId", parent.into()),
            None if !has_root => set(&mut self.value, "parentSpanId", "".into()),
            None => {}
        }
        if !links.is_empty() {
            set(&mut self.value, "links", links.into());
        }
        self.value
    }

    fn link(&self, cause: &SignalRow, cascade: &str, edge: &EdgeRow) -> Value {
        let mut attributes = Attributes::default();
        attributes.text("k8s_forensics.link", &edge.link);
        attributes.text("k8s_forensics.relation", &edge.relation);
        attributes.text("k8s_forensics.grade", &edge.grade);
        attributes.number("k8s_forensics.lag_ms", edge.lag_ms);
        attributes.text("k8s_forensics.why", &edge.why);
        attributes.list("k8s_forensics.records", edge.evidence.iter().take(MOST_RECORDS).map(place));
        json!({
            "traceId": self.ids.trace(cascade),
            "spanId": self.ids.span(&cause.id, 0),
            "attributes": Value::from(attributes),
        })
    }
}
