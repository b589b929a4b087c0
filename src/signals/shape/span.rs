//! The spans in which a series is within a rule's bounds, and what several servers tell of the same.

use super::look::SeriesLook;
use crate::evidence::series::Series;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// A sample: when, and the value.
pub type Sample = (DateTime<Utc>, f64);

/// First and last sample of a time in which a look holds.
pub struct Span {
    pub first: Sample,
    pub last: Sample,
}

/// The spans in which `look` holds. Where samples are missing for more than two steps, nothing is known.
pub fn spans(series: &Series<'_>, look: &SeriesLook) -> Vec<Span> {
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
pub struct Told<'a>(BTreeMap<Labels<'a>, Ends<'a>>);

type Labels<'a> = Vec<(&'a str, &'a str)>;

/// End and server of each span, by its begin.
type Ends<'a> = BTreeMap<DateTime<Utc>, (DateTime<Utc>, &'a str)>;

impl<'a> Told<'a> {
    /// Whether no other server told of a span of the same series that this, from and to a time, does not exceed by a step, and notes it.
    pub fn is_new(&mut self, series: &Series<'a>, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> bool {
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
