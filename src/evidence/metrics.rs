//! Prometheus ranges: the spans in which a series was where a rule wants to know about it.
//!
//! An entry is one answer of the HTTP API (Prometheus documentation, "Range queries"), a matrix, with one series a
//! line. A query's samples stand for the time since the one before, so a span begins up to a step earlier than its
//! first sample: that is its uncertainty.

use super::findings::Findings;
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject, Window};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Which values of which query are worth a fact.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesInterest {
    pub query: String,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

impl SeriesInterest {
    fn holds(&self, value: f64) -> bool {
        self.at_least.is_none_or(|bound| value >= bound) && self.at_most.is_none_or(|bound| value <= bound)
    }
}

#[derive(Deserialize)]
struct Series {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<(f64, String)>,
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    data: Option<Data<'a>>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow, default)]
    result: Vec<&'a RawValue>,
}

type Sample = (DateTime<Utc>, f64);

/// Collects the series of one answer.
pub struct Reader<'a> {
    pub entry: &'a str,
    pub query: &'a str,
    pub interests: &'a [SeriesInterest],
    pub window: Window,
    earliest: Option<Earliest>,
}

/// The first sample of all, and the series it is of.
struct Earliest {
    at: DateTime<Utc>,
    line: u64,
    labels: BTreeMap<String, String>,
}

impl<'a> Reader<'a> {
    pub fn new(entry: &'a str, query: &'a str, interests: &'a [SeriesInterest], window: Window) -> Self {
        Self { entry, query, interests, window, earliest: None }
    }

    /// Reads one line: a series, the frame around them, or a whole answer on one line.
    pub fn line(&mut self, number: u64, line: &[u8], found: &mut Findings) {
        let text = line.trim_ascii();
        let text = text.strip_suffix(b",").unwrap_or(text);
        if text.starts_with(b"{\"metric\"") {
            // The last series is followed by the end of the frame on the same line.
            return match serde_json::Deserializer::from_slice(text).into_iter().next() {
                Some(Ok(series)) => self.series(number, series, found),
                Some(Err(error)) => found.unreadable(self.entry, number, error),
                None => {}
            };
        }
        if let Ok(Answer { data: Some(data) }) = serde_json::from_slice(text) {
            for raw in data.result {
                match serde_json::from_str(raw.get()) {
                    Ok(series) => self.series(number, series, found),
                    Err(error) => found.unreadable(self.entry, number, error),
                }
            }
        }
    }

    /// Says since when there are samples at all, if that is well after the window's start.
    pub fn finish(self, found: &mut Findings) {
        let Some(Earliest { at: first, line, labels }) = self.earliest else { return };
        if self.query != "up" || (first - self.window.from).num_seconds() < 120 {
            return;
        }
        let text = format!("{}{} {}", self.query, selector(&labels), first.timestamp());
        found.facts.push(Fact {
            at: Moment::exact(self.window.from),
            last: Moment::exact(first),
            count: 1,
            subject: Subject::cluster("Metrics", "Prometheus"),
            node: None,
            record: Record::SeriesGap { query: self.query.to_owned(), labels: BTreeMap::new() },
            citation: Citation::new(self.entry, line, text),
        });
    }

    fn series(&mut self, number: u64, series: Series, found: &mut Findings) {
        let samples: Vec<Sample> = series
            .values
            .iter()
            .filter_map(|(at, value)| {
                let at = DateTime::from_timestamp_millis((at * 1000.0) as i64)?;
                value.parse().ok().map(|value| (at, value))
            })
            .collect();
        if let Some((first, _)) = samples.first()
            && self.earliest.as_ref().is_none_or(|earliest| *first < earliest.at)
        {
            self.earliest = Some(Earliest { at: *first, line: number, labels: series.metric.clone() });
        }
        for interest in self.interests.iter().filter(|interest| interest.query == self.query) {
            for (first, last, step_ms) in spans(&samples, interest) {
                found.facts.push(self.fact(number, &series.metric, (first, last), step_ms));
            }
        }
    }

    fn fact(&self, line: u64, labels: &BTreeMap<String, String>, span: (Sample, Sample), step_ms: u32) -> Fact {
        let ((from, value), (to, _)) = span;
        let name = labels.get("__name__").map_or(self.query, String::as_str);
        let text = format!("{name}{} {} \"{value}\"", selector(labels), from.timestamp());
        Fact {
            at: Moment::exact(from).noticed_late(TimeDelta::milliseconds(i64::from(step_ms))),
            last: Moment::new(to, step_ms),
            count: 1,
            subject: Subject::whole_cluster(),
            node: labels.get("node").cloned(),
            record: Record::Series { query: self.query.to_owned(), labels: labels.clone(), value },
            citation: Citation::new(self.entry, line, text),
        }
    }
}

/// First and last sample of each span that holds, and the step in milliseconds.
fn spans(samples: &[Sample], interest: &SeriesInterest) -> Vec<(Sample, Sample, u32)> {
    let step = step_of(samples);
    let together = |a: &Sample, b: &Sample| interest.holds(a.1) == interest.holds(b.1) && gap_ms(a, b) <= 2 * step;
    let ends = samples.chunk_by(together).filter_map(|span| Some((*span.first()?, *span.last()?)));
    let uncertainty = u32::try_from(step).unwrap_or(u32::MAX);
    ends.filter(|(first, _)| interest.holds(first.1)).map(|(first, last)| (first, last, uncertainty)).collect()
}

fn gap_ms(a: &Sample, b: &Sample) -> i64 {
    (b.0 - a.0).num_milliseconds()
}

/// The usual distance of two samples, in milliseconds.
fn step_of(samples: &[Sample]) -> i64 {
    let gaps = samples.iter().zip(samples.iter().skip(1)).map(|(a, b)| gap_ms(a, b));
    gaps.min().unwrap_or(15_000).max(1)
}

fn selector(labels: &BTreeMap<String, String>) -> String {
    let pairs: Vec<String> =
        labels.iter().filter(|(key, _)| *key != "__name__").map(|(key, value)| format!("{key}={value:?}")).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_begins_up_to_a_step_before_its_first_sample() {
        let line = br#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"kubelet","node":"node-1"},"values":[[1000,"1"],[1015,"0"],[1030,"0"],[1045,"1"]]}]}}"#;
        let interests = [SeriesInterest { query: "up".into(), at_least: None, at_most: Some(0.0) }];
        let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
        let mut found = Findings::default();
        let mut reader = Reader::new("metrics/up.json", "up", &interests, Window::new(at(990), at(1100)));
        reader.line(1, line, &mut found);
        reader.finish(&mut found);
        let fact = found.facts.first().expect("one span");
        assert_eq!((fact.at.time, fact.last.time, fact.at.earlier_ms), (at(1015), at(1030), 15_000));
        assert_eq!((found.facts.len(), fact.node.as_deref()), (1, Some("node-1")));
    }
}
