//! Shapes of series: the spans in which one is as a rule wants it, and since when there are samples at all.
//!
//! They are found in the store of all series and handed on as facts, so that rules are tried on them as on any record.
//! A sample stands for the time since the one before, so a span begins up to a step earlier than its first sample.

use super::{Catalogue, Rule};
use crate::evidence::series::Series;
use crate::evidence::{Evidence, Fact, Facts, Record, Topology};
use crate::model::{Citation, Clock, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a rule wants of a series: its query, whichever server was asked, its labels, and a bound on its values.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SeriesLook {
    query: String,
    at_least: Option<f64>,
    at_most: Option<f64>,
    /// Labels the series must have; `*` for any value.
    labels: BTreeMap<String, String>,
    /// Label values that it must not have.
    not_labels: BTreeMap<String, Vec<String>>,
    /// Further labels that it may have, which titles and links may speak of.
    may_have: Vec<String>,
}

impl std::fmt::Display for SeriesLook {
    /// What it wants, in words.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "samples of the query {}", self.query)?;
        if let Some(bound) = self.at_least {
            write!(f, " of {bound} or more")?;
        }
        if let Some(bound) = self.at_most {
            write!(f, " of {bound} or less")?;
        }
        for (name, value) in self.labels.iter().filter(|(_, value)| *value != "*") {
            write!(f, " with {name} {value}")?;
        }
        Ok(())
    }
}

impl SeriesLook {
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The query, as a list of one.
    pub fn query_words(&self) -> &[String] {
        std::slice::from_ref(&self.query)
    }

    /// Every label that a series it wants is known to have, or may have.
    pub fn label_names(&self) -> impl Iterator<Item = &str> {
        let has = self.labels.keys().chain(self.not_labels.keys());
        has.chain(&self.may_have).map(String::as_str)
    }

    /// Whether `value` is within the bounds.
    pub fn holds(&self, value: f64) -> bool {
        self.at_least.is_none_or(|bound| value >= bound) && self.at_most.is_none_or(|bound| value <= bound)
    }

    /// Whether a series whose labels `label` knows is one of those wanted.
    pub fn is_of<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        let has =
            |(name, wanted): (&String, &String)| label(name).is_some_and(|found| wanted == "*" || found == wanted);
        let has_not = |(name, unwanted): (&String, &Vec<String>)| {
            label(name).is_none_or(|found| unwanted.iter().all(|one| one != found))
        };
        self.labels.iter().all(has) && self.not_labels.iter().all(has_not)
    }

    /// Every text that a label is compared with.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.labels.values().chain(self.not_labels.values().flatten()).map(String::as_str)
    }

    /// The bounds, by which looks that find the same spans are known.
    fn bounds(&self) -> (Option<u64>, Option<u64>) {
        (self.at_least.map(f64::to_bits), self.at_most.map(f64::to_bits))
    }
}

/// A first sample so much after the window's begin is worth a fact.
const LATE: TimeDelta = TimeDelta::seconds(120);
/// The query that every server has samples of: its own.
const ALWAYS_THERE: &str = "up";

/// Adds what the rules want to know of the series: a fact for each span of a series in which it is as one of them wants it,
/// and one for each server that has no samples of the window's first part.
pub fn add_facts(catalogue: &Catalogue, evidence: &mut Evidence) {
    for fact in facts(catalogue, evidence) {
        fact.add(&mut evidence.facts);
    }
    evidence.order_facts();
}

/// A fact that samples of a series tell.
struct SeriesFact {
    query: String,
    at: Moment,
    last: Moment,
    subject: Subject,
    /// Without a value the fact is that there are no samples.
    value: Option<f64>,
    labels: BTreeMap<String, String>,
    node: Option<String>,
    place: Citation,
    text: String,
}

impl SeriesFact {
    fn add(&self, facts: &mut Facts) {
        let citation = facts.cite(self.place, &self.text);
        let query = self.query.as_str();
        let record = match self.value {
            Some(value) => Record::Series { query, labels: &self.labels, value },
            None => Record::SeriesGap { query },
        };
        let (at, last, subject) = (self.at, self.last, &self.subject);
        let node = self.node.as_deref();
        facts.push(Fact { at, last, count: 1, subject, node, record, citation });
    }
}

fn facts(catalogue: &Catalogue, evidence: &Evidence) -> Vec<SeriesFact> {
    let mut facts = Vec::new();
    // The looks at each query, those with the same bounds together: they find the same spans.
    let mut wanted: BTreeMap<&str, BTreeMap<_, Vec<&SeriesLook>>> = BTreeMap::new();
    for look in catalogue.rules.iter().flat_map(Rule::series_looks) {
        wanted.entry(look.query()).or_default().entry(look.bounds()).or_default().push(look);
    }
    for (query, by_bounds) in wanted {
        for looks in by_bounds.values() {
            let mut told = Told::default();
            for series in evidence.series.of(query) {
                let look = looks.iter().find(|look| look.is_of(|name| series.label(name)));
                let spans = look.into_iter().flat_map(|look| spans(&series, look));
                facts.extend(
                    spans.filter(|span| told.is_new(&series, span)).map(|span| span.fact(&series, &evidence.topology)),
                );
            }
        }
    }
    facts.extend(late_servers(evidence));
    facts
}

/// A sample: when, and the value.
type Sample = (DateTime<Utc>, f64);

/// First and last sample of a time in which a look holds.
struct Span {
    first: Sample,
    last: Sample,
}

impl Span {
    fn fact(&self, series: &Series<'_>, topology: &Topology) -> SeriesFact {
        let (from, value) = self.first;
        let labels: BTreeMap<String, String> =
            series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let name = series.label("__name__").unwrap_or(series.query());
        let text = format!("{name}{} {} \"{value}\"", selector(series), from.timestamp());
        SeriesFact {
            query: series.query().to_owned(),
            at: Moment::exact(from).by(Clock::Prometheus).noticed_late(series.step()),
            last: Moment::sampled(self.last.0, series.step()).by(Clock::Prometheus),
            subject: Subject::whole_cluster(),
            value: Some(value),
            labels,
            node: node_of(series, topology).map(str::to_owned),
            place: place(series),
            text,
        }
    }
}

/// The spans in which `look` holds. Where samples are missing for more than two steps, nothing is known.
fn spans(series: &Series<'_>, look: &SeriesLook) -> Vec<Span> {
    let (mut spans, mut open): (Vec<Span>, Option<Span>) = (Vec::new(), None);
    let longest = series.step() * 2;
    let mut samples: Vec<Sample> = series.samples().collect();
    // A server gives them in order; a file that somebody wrote may not.
    samples.sort_by_key(|(at, _)| *at);
    for sample in samples {
        let continued = open.take_if(|span| !look.holds(sample.1) || sample.0 - span.last.0 > longest);
        spans.extend(continued);
        if look.holds(sample.1) {
            let first = open.map_or(sample, |span| span.first);
            open = Some(Span { first, last: sample });
        }
    }
    spans.extend(open);
    spans
}

/// What servers told: two that scrape the same targets tell the same, and it is one fact.
#[derive(Default)]
struct Told<'a>(BTreeMap<Labels<'a>, Ends<'a>>);

type Labels<'a> = Vec<(&'a str, &'a str)>;

/// End and server of each span, by its begin.
type Ends<'a> = BTreeMap<DateTime<Utc>, (DateTime<Utc>, &'a str)>;

impl<'a> Told<'a> {
    /// Whether no other server told of a span of the same series that this one does not exceed by a step, and notes it.
    fn is_new(&mut self, series: &Series<'a>, span: &Span) -> bool {
        let (from, to) = (span.first.0, span.last.0);
        let (step, server) = (series.step(), series.server());
        let known = self.0.entry(series.labels().collect()).or_default();
        let around = known.range(..=from + step).next_back();
        if around.is_some_and(|(_, (end, by))| *by != server && to <= *end + step) {
            return false;
        }
        known.insert(from, (to, server));
        true
    }
}

/// The servers whose first sample of all is well after the window's begin.
fn late_servers(evidence: &Evidence) -> Vec<SeriesFact> {
    let mut earliest: BTreeMap<&str, (DateTime<Utc>, Series<'_>)> = BTreeMap::new();
    for series in evidence.series.of(ALWAYS_THERE) {
        let Some((first, _)) = series.samples().next() else { continue };
        let known = earliest.entry(series.server()).or_insert((first, series));
        if (first, place(&series)) < (known.0, place(&known.1)) {
            *known = (first, series);
        }
    }
    let late = earliest.into_values().filter(|(first, _)| *first - evidence.window.from >= LATE);
    late.map(|(first, series)| {
        let text = format!("{}{} {}", series.query(), selector(&series), first.timestamp());
        let server = if series.server().is_empty() { "Prometheus" } else { series.server() };
        SeriesFact {
            query: series.query().to_owned(),
            at: Moment::exact(evidence.window.from).by(Clock::Collector),
            last: Moment::exact(first).by(Clock::Prometheus),
            subject: Subject::cluster("Metrics", server),
            value: None,
            labels: BTreeMap::new(),
            node: None,
            place: place(&series),
            text,
        }
    })
    .collect()
}

/// The node that a series is of: that of its label, or the one at the address that was scraped, unless it is about a pod,
/// which may be elsewhere than what tells of it.
fn node_of<'a>(series: &Series<'a>, topology: &'a Topology) -> Option<&'a str> {
    match (series.label("node"), series.label("pod")) {
        (Some(node), _) => Some(topology.node_named(node).unwrap_or(node)),
        (None, Some(_)) => None,
        (None, None) => topology.node_named(series.label("instance")?),
    }
}

fn place(series: &Series<'_>) -> Citation {
    Citation { entry: series.entry(), line: u32::try_from(series.line()).unwrap_or(u32::MAX), part: 0 }
}

/// The labels as a selector of PromQL has them, without the name of the metric.
fn selector(series: &Series<'_>) -> String {
    let labels = series.labels().filter(|(name, _)| *name != "__name__");
    let pairs: Vec<String> = labels.map(|(name, value)| format!("{name}={value:?}")).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests;
