//! One answer to a range query, read line by line as it streams by.
//!
//! It is the matrix of Prometheus' HTTP API (its documentation, "Range queries"): our archives have one series a line,
//! others the whole answer on one. Whatever the lines hold, reading does not fail: what is no series is told and left
//! out, and no answer takes more than [`MOST_BYTES`].

use super::table::{Filling, Table, length};
use super::{times, values};
use crate::model::EntryId;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Memory that the series of one answer may take: far more than a server's answer of 64 MB has.
const MOST_BYTES: usize = 64 << 20;
/// The end of the year 9999 in milliseconds. No sample is farther from 1970, and a step can be added to any that is not.
const FARTHEST_MS: i64 = 253_402_300_799_999;

/// The series of one answer, or of some of its lines.
#[derive(Debug)]
pub struct Answer {
    pub(super) entry: EntryId,
    pub(super) query: String,
    pub(super) server: String,
    names: Table,
    /// Name and value of every label, of one series after another.
    labels: Vec<(u32, u32)>,
    times: Table,
    values: Vec<u8>,
    series: Vec<Stored>,
    /// The shortest way from a sample to the next, in milliseconds.
    pub(super) step_ms: Option<i64>,
}

/// Where the parts of a series are; each reaches to where that of the next begins.
#[derive(Clone, Copy, Debug)]
struct Stored {
    line: u64,
    labels: u32,
    values: u32,
    times: u32,
}

impl Answer {
    /// How many series it has.
    pub(super) fn len(&self) -> usize {
        self.series.len()
    }

    pub(super) fn line(&self, series: usize) -> u64 {
        self.series.get(series).map_or(0, |stored| stored.line)
    }

    /// In order of their names.
    pub(super) fn labels(&self, series: usize) -> impl Iterator<Item = (&str, &str)> + Clone {
        let from = self.series.get(series).map_or(self.labels.len(), |stored| stored.labels as usize);
        let to = self.series.get(series + 1).map_or(self.labels.len(), |next| next.labels as usize);
        let text = |number: u32| std::str::from_utf8(self.names.get(number)).unwrap_or_default();
        self.labels.get(from..to).unwrap_or_default().iter().map(move |(name, value)| (text(*name), text(*value)))
    }

    /// Times in milliseconds and values, as they were written.
    pub(super) fn samples(&self, series: usize) -> impl Iterator<Item = (i64, f64)> + Clone {
        let stored = self.series.get(series);
        let from = stored.map_or(self.values.len(), |stored| stored.values as usize);
        let to = self.series.get(series + 1).map_or(self.values.len(), |next| next.values as usize);
        let times = stored.map_or(&[][..], |stored| self.times.get(stored.times));
        times::Times::new(times).zip(values::Values::new(self.values.get(from..to).unwrap_or_default()))
    }

    /// Bytes of its samples: values, and times, which are kept once for all series that share them.
    pub(super) fn sample_bytes(&self) -> usize {
        self.values.len() + self.times.size()
    }

    /// Bytes of all it holds.
    pub(super) fn bytes(&self) -> usize {
        let labels = size_of_val(self.labels.as_slice()) + self.names.size();
        labels + size_of_val(self.series.as_slice()) + self.sample_bytes()
    }
}

/// Reads the lines of one answer.
#[derive(Debug)]
pub struct AnswerReader {
    entry: EntryId,
    query: String,
    server: String,
    names: Filling,
    labels: Vec<(u32, u32)>,
    times: Filling,
    values: Vec<u8>,
    series: Vec<Stored>,
    step_ms: Option<i64>,
    is_full: bool,
    /// A series, or the frame around some, was seen.
    is_answer: bool,
}

impl AnswerReader {
    /// A reader of `entry`, the answer of `server` (empty for the only or first one) to `query`.
    pub fn new(entry: EntryId, query: &str, server: &str) -> Self {
        Self {
            entry,
            query: query.to_owned(),
            server: server.to_owned(),
            names: Filling::default(),
            labels: Vec::new(),
            times: Filling::default(),
            values: Vec::new(),
            series: Vec::new(),
            step_ms: None,
            is_full: false,
            is_answer: false,
        }
    }

    /// Reads one line: a series, the frame around them, or a whole answer.
    ///
    /// # Errors
    ///
    /// Says what of the line is not read. What could be read of it is kept.
    pub fn line(&mut self, number: u64, line: &[u8]) -> Result<(), String> {
        let text = line.trim_ascii();
        if text.starts_with(b"{\"metric\"") {
            // The last series is followed by the end of the frame on the same line.
            return match serde_json::Deserializer::from_slice(text).into_iter::<Written>().next() {
                Some(Ok(series)) => {
                    self.is_answer = true;
                    self.add(number, &series)
                }
                Some(Err(error)) => Err(error.to_string()),
                None => Ok(()),
            };
        }
        if !text.starts_with(b"{") {
            return Ok(());
        }
        self.is_answer |= memchr::memmem::find(text, b"\"result\":[").is_some();
        let (mut count, mut trouble) = (0_u64, None);
        let mut each = |raw: &RawValue| {
            count += 1;
            let added = match serde_json::from_str(raw.get()) {
                Ok(series) => self.add(number, &series),
                Err(error) => Err(error.to_string()),
            };
            trouble = trouble.take().or(added.err());
        };
        let result = Field { key: "result", value: Elements(&mut each) };
        let whole = Field { key: "data", value: result }.deserialize(&mut serde_json::Deserializer::from_slice(text));
        self.is_answer |= count > 0;
        match (trouble, whole) {
            (Some(trouble), _) => Err(trouble),
            // The beginning of a frame, whose series have lines of their own, ends early too.
            (None, Err(error)) if count > 0 || !error.is_eof() => Err(error.to_string()),
            (None, _) => Ok(()),
        }
    }

    /// Whether anything of a range answer was seen; what an error page or a proxy says is none.
    pub fn is_answer(&self) -> bool {
        self.is_answer
    }

    pub fn finish(mut self) -> Answer {
        self.labels.shrink_to_fit();
        self.values.shrink_to_fit();
        self.series.shrink_to_fit();
        let (names, times) = (self.names.finish(), self.times.finish());
        let Self { entry, query, server, labels, values, series, step_ms, .. } = self;
        Answer { entry, query, server, names, labels, times, values, series, step_ms }
    }

    fn size(&self) -> usize {
        let series = size_of::<Stored>() * self.series.len() + size_of::<(u32, u32)>() * self.labels.len();
        series + self.names.size() + self.times.size() + self.values.len()
    }

    fn add(&mut self, line: u64, written: &Written) -> Result<(), String> {
        let samples: Vec<(i64, f64)> = written.values.iter().filter_map(Point::sample).collect();
        if self.is_full {
            return Ok(());
        }
        let coming = written.metric.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        if self.size() + 2 * coming + 20 * samples.len() > MOST_BYTES {
            self.is_full = true;
            return Err(format!("more than {} MiB of series; from here on they are not read", MOST_BYTES >> 20));
        }
        if !samples.is_empty() {
            self.keep(line, &written.metric, &samples);
        }
        match written.values.len() - samples.len() {
            0 => Ok(()),
            odd => Err(format!("{odd} samples whose time or value is no number")),
        }
    }

    fn keep(&mut self, line: u64, metric: &BTreeMap<String, String>, samples: &[(i64, f64)]) {
        let (at, values): (Vec<i64>, Vec<f64>) = samples.iter().copied().unzip();
        let ways = at.iter().zip(at.iter().skip(1)).map(|(a, b)| b.saturating_sub(*a)).filter(|way| *way > 0);
        self.step_ms = ways.chain(self.step_ms).min();
        let mut axis = Vec::new();
        times::write(&at, &mut axis);
        self.series.push(Stored {
            line,
            labels: length(self.labels.len()),
            values: length(self.values.len()),
            times: self.times.number(&axis),
        });
        values::write(&values, &mut self.values);
        for (name, value) in metric {
            self.labels.push((self.names.number(name.as_bytes()), self.names.number(value.as_bytes())));
        }
    }
}

/// A series as Prometheus writes it.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    metric: BTreeMap<String, String>,
    #[serde(default)]
    values: Vec<Point>,
}

/// Seconds, and a value written as text.
#[derive(Deserialize)]
struct Point(f64, Number);

impl Point {
    /// Milliseconds and value, if both are what they should be.
    fn sample(&self) -> Option<(i64, f64)> {
        let at = (self.0 * 1000.0).round() as i64;
        (at.unsigned_abs() <= FARTHEST_MS.unsigned_abs()).then_some((at, self.1.0?))
    }
}

/// A number read from the text of a value, which is not kept.
struct Number(Option<f64>);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Number;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number as text")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
                Ok(Number(text.parse().ok()))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Reads the value of the first field called `key` of an object, and passes over all others.
struct Field<S> {
    key: &'static str,
    value: S,
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> DeserializeSeed<'de> for Field<S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de, Value = ()>> Visitor<'de> for Field<S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}", self.key)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut value = Some(self.value);
        while let Some(name) = map.next_key::<String>()? {
            match value.take_if(|_| name == self.key) {
                Some(value) => map.next_value_seed(value)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Hands every element of a list on as it comes, so that those before a line was cut are there.
struct Elements<'a, F>(&'a mut F);

impl<'de, F: FnMut(&RawValue)> DeserializeSeed<'de> for Elements<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&RawValue)> Visitor<'de> for Elements<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of series")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<&RawValue>()? {
            self.0(raw);
        }
        Ok(())
    }
}
