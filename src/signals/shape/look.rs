//! What a rule wants of a series.

use super::form::Shape;
use super::unit::Unit;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// What a rule wants of a series: its query, whichever server was asked, its labels, and a bound on its values.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeriesLook {
    pub(super) query: String,
    /// Bounds on the values; with a shape, on the level that it reaches.
    pub(super) at_least: Option<f64>,
    pub(super) at_most: Option<f64>,
    /// The shape that it must have.
    pub shape: Option<Shape>,
    /// Whether it is a counter, whose rate is wanted.
    pub rate: bool,
    /// What its values count, for titles.
    pub unit: Unit,
    /// Labels the series must have; `*` for any value.
    pub(super) labels: BTreeMap<String, String>,
    /// Label values that it must not have.
    pub(super) not_labels: BTreeMap<String, Vec<String>>,
    /// Further labels that it may have, which titles and links may speak of.
    pub(super) may_have: Vec<String>,
}

/// Between which values of a query a signal is seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    pub query: String,
    /// At this or more, in the unit of the query; at this or less.
    pub least: Option<f64>,
    pub most: Option<f64>,
}

impl fmt::Display for SeriesLook {
    /// What it wants, in words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Some(shape) => write!(f, "a {} in ", shape.name())?,
            None => f.write_str("samples of ")?,
        }
        write!(f, "{} of the query {}", if self.rate { "the rate" } else { "the values" }, self.query)?;
        if let Some(bound) = self.at_least {
            write!(f, ", at {bound} or more")?;
        }
        if let Some(bound) = self.at_most {
            write!(f, ", at {bound} or less")?;
        }
        for (name, value) in self.labels.iter().filter(|(_, value)| *value != "*") {
            write!(f, ", with {name} {value}")?;
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
        let of_shape = self.shape.iter().flat_map(|_| LABELS);
        has.chain(&self.may_have).map(String::as_str).chain(of_shape)
    }

    /// Its bounds, where they are on the values as they were sampled: not on their rate, nor on a level that was reached.
    pub fn bound(&self) -> Option<Bound> {
        let (least, most) = (self.at_least, self.at_most);
        let is_plain = !self.rate && self.shape.is_none() && (least.is_some() || most.is_some());
        is_plain.then(|| Bound { query: self.query.clone(), least, most })
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

    /// Whether a fact with these labels is about the shape that it wants: one without is about bounds.
    pub fn is_shape<'a>(&self, label: impl Fn(&str) -> Option<&'a str>) -> bool {
        match &self.shape {
            None => LABELS.iter().any(|name| label(name).is_none()),
            Some(shape) => {
                let times = label("times").and_then(|times| times.parse().ok());
                label("shape") == Some(shape.name()) && times.is_none_or(|times| shape.change().takes_times(times))
            }
        }
    }

    /// What looks have in common that find the same in a series.
    pub fn alike(&self) -> String {
        let Self { at_least, at_most, shape, rate, unit, .. } = self;
        format!("{at_least:?} {at_most:?} {shape:?} {rate} {unit:?}")
    }
}

/// Labels of what has a shape.
pub const LABELS: [&str; 6] = ["shape", "from", "to", "times", "every", "lasted"];
