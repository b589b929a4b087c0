//! Shapes of series: spans within a rule's bounds (`span.rs`), and changes that stand out of what a series does by itself
//! (`noise.rs`): steps and spikes (`runs.rs`), ramps, saw-teeth, cliffs and flat zeros (`fall.rs`), gaps, and what comes
//! back at equal distances. And since when there are samples at all.
//!
//! They are found in the store of all series and handed on as facts, so that rules are tried on them as on any record.
//! A sample stands for the time since the one before, so a span begins up to a step earlier than its first sample.
//!
//! Nothing here is random, and nothing is learned: medians and quartiles of the samples themselves. Of what has fewer
//! than a shape needs, nothing is said. A random walk has steps and ramps that mean nothing; `accuracy.rs` says how many.

#[cfg(test)]
mod accuracy;
mod fall;
mod find;
mod form;
mod gap;
mod look;
mod noise;
mod periodic;
mod ramp;
mod rate;
mod runs;
mod span;
mod statistics;
mod teeth;
mod unit;

pub use look::Bound;
pub(super) use look::SeriesLook;

use super::{Catalogue, Rule};
use crate::evidence::series::Series;
use crate::evidence::{Evidence, Fact, Facts, Record, Topology};
use crate::model::{Citation, Clock, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use find::{Curve, Found};
use form::Shape;
use rayon::prelude::*;
use span::{Told, spans};
use std::cell::LazyCell;
use std::collections::BTreeMap;

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

/// The looks at a query that find the same, by what makes them alike.
type Alike<'c> = BTreeMap<String, Vec<&'c SeriesLook>>;

fn facts(catalogue: &Catalogue, evidence: &Evidence) -> Vec<SeriesFact> {
    let mut wanted: BTreeMap<&str, Alike<'_>> = BTreeMap::new();
    for look in catalogue.rules.iter().flat_map(Rule::series_looks) {
        wanted.entry(look.query()).or_default().entry(look.alike()).or_default().push(look);
    }
    let scrapes = scrapes(evidence);
    let of_query = |(query, alike): (&str, Alike<'_>)| facts_of(query, &alike, evidence, &scrapes);
    let mut facts: Vec<SeriesFact> = wanted.into_par_iter().flat_map_iter(of_query).collect();
    facts.extend(late_servers(evidence));
    facts
}

/// What looks at one query find.
fn facts_of(query: &str, alike: &Alike<'_>, evidence: &Evidence, scrapes: &Scrapes<'_>) -> Vec<SeriesFact> {
    let mut facts = Vec::new();
    let mut told: Vec<Told<'_>> = alike.values().map(|_| Told::default()).collect();
    for series in evidence.series.of(query) {
        let curve = LazyCell::new(|| curve(&series, scrapes));
        for (looks, told) in alike.values().zip(&mut told) {
            let Some(look) = looks.iter().find(|look| look.is_of(|name| series.label(name))) else { continue };
            match &look.shape {
                Some(shape) => facts.extend(shaped(&series, &curve, (look, shape), told, &evidence.topology)),
                None => facts.extend(within(&series, look, told, &evidence.topology)),
            }
        }
    }
    facts
}

/// The spans of a series within the bounds of a look that no other server told of.
fn within<'a>(series: &Series<'a>, look: &SeriesLook, told: &mut Told<'a>, topology: &Topology) -> Vec<SeriesFact> {
    let mut new = spans(series, look);
    new.retain(|span| told.is_new(series, (span.first.0, span.last.0)));
    new.iter().map(|span| fact(series, (span.first.0, span.last.0), span.first.1, topology)).collect()
}

/// The shapes of a series that a look wants and no other server told of.
fn shaped<'a>(
    series: &Series<'a>,
    curve: &Curve<'_>,
    (look, shape): (&SeriesLook, &Shape),
    told: &mut Told<'a>,
    topology: &Topology,
) -> Vec<SeriesFact> {
    let found = if look.rate { curve.rates().find(shape) } else { curve.find(shape) };
    let mut facts = Vec::new();
    for found in found.into_iter().filter(|found| look.holds(found.to)) {
        let time = DateTime::from_timestamp_millis;
        let Some(times) = time(found.first).zip(time(found.last)) else { continue };
        if told.is_new(series, times) {
            let mut fact = fact(series, times, found.to, topology);
            fact.labels.extend(shape_labels(look, shape, &found));
            facts.push(fact);
        }
    }
    facts
}

/// A fact about a series from one time to another.
fn fact(
    series: &Series<'_>,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    value: f64,
    topology: &Topology,
) -> SeriesFact {
    let labels = series.labels().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let name = series.label("__name__").unwrap_or_default();
    let nearest = series.samples().min_by_key(|(at, _)| (*at - from).abs());
    let (shown_at, shown) = nearest.unwrap_or((from, value));
    let text = format!("{name}{} {} \"{shown}\"", selector(series), shown_at.timestamp());
    SeriesFact {
        query: series.query().to_owned(),
        at: Moment::exact(from).by(Clock::Prometheus).noticed_late(series.step()),
        last: Moment::sampled(to, series.step()).by(Clock::Prometheus),
        subject: Subject::whole_cluster(),
        value: Some(value),
        labels,
        node: node_of(series, topology).map(str::to_owned),
        place: place(series),
        text,
    }
}

/// What titles and links may speak of: the shape, from where to where it goes, how many times as much that is, and how
/// far apart its parts are.
fn shape_labels(look: &SeriesLook, shape: &Shape, found: &Found) -> BTreeMap<String, String> {
    let times = unit::short(form::times(found.from, found.to));
    let minutes = |ms: i64| format!("{} min", unit::short(ms as f64 / 60_000.0));
    let every = found.every.map(minutes).unwrap_or_default();
    let (from, to) = (look.unit.write(found.from), look.unit.write(found.to));
    let lasted = minutes(found.last - found.first);
    let labels = [shape.name().to_owned(), from, to, times, every, lasted];
    look::LABELS.iter().map(|name| (*name).to_owned()).zip(labels).collect()
}

/// The times at which each server had samples of what it scraped, in milliseconds and in order.
type Scrapes<'a> = BTreeMap<&'a str, Vec<i64>>;

fn scrapes(evidence: &Evidence) -> Scrapes<'_> {
    let mut scrapes: Scrapes<'_> = BTreeMap::new();
    for series in evidence.series.of(ALWAYS_THERE) {
        let times = series.samples().map(|(at, _)| at.timestamp_millis());
        scrapes.entry(series.server()).or_default().extend(times);
    }
    scrapes.values_mut().for_each(|times| {
        times.sort_unstable();
        times.dedup();
    });
    scrapes
}

fn curve<'s>(series: &Series<'_>, scrapes: &'s Scrapes<'_>) -> Curve<'s> {
    let samples = series.samples().filter(|(_, value)| value.is_finite());
    let mut samples: Vec<(i64, f64)> = samples.map(|(at, value)| (at.timestamp_millis(), value)).collect();
    // A server gives them in order; a file that somebody wrote may not.
    samples.sort_by_key(|(at, _)| *at);
    samples.dedup_by_key(|(at, _)| *at);
    let (times, values) = samples.into_iter().unzip();
    let step = series.step().num_milliseconds();
    let scraped = scrapes.get(series.server()).map(Vec::as_slice).unwrap_or_default().into();
    Curve { times, values, step, scraped }
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
