//! Every series of the archive's range answers, with all samples: rules ask it afterwards, so what comes is read
//! whether a rule of today asks for it or not.
//!
//! Samples are kept without loss, in a few bytes each: see `times.rs` and `values.rs`. Labels are kept once for an answer.

mod answer;
mod bytes;
mod counters;
mod restarts;
mod table;
mod times;
mod values;

pub use answer::{Answer, AnswerReader};

use super::Facts;
use crate::model::EntryId;
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Adds what counters of pods show between two samples: see `counters.rs` and `restarts.rs`.
pub(in crate::evidence) fn tell(store: &SeriesStore, facts: &mut Facts) {
    counters::tell(store, facts);
    restarts::tell(store, facts);
}

/// The series of an archive, in order of query, server and labels.
#[derive(Debug, Default)]
pub struct SeriesStore {
    answers: Vec<Answer>,
    /// Answer and number within it of every series, in their order.
    order: Vec<(u32, u32)>,
}

/// One series: what a query gave for one set of labels. An answer that came in several ranges has several with the
/// same labels, one after another.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    answer: &'a Answer,
    number: usize,
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub series: usize,
    pub samples: usize,
    /// Bytes of the samples.
    pub sample_bytes: usize,
    /// Bytes of everything: labels and places too.
    pub bytes: usize,
}

/// Prometheus' own default of how often a query is evaluated, for an answer that does not show it.
const STEP_MS: i64 = 15_000;

impl SeriesStore {
    /// All series of `answers`, whose order does not matter.
    pub fn new(mut answers: Vec<Answer>) -> Self {
        answers.retain(|answer| answer.len() > 0);
        let mut steps: BTreeMap<EntryId, i64> = BTreeMap::new();
        for answer in &answers {
            let step = answer.step_ms.unwrap_or(i64::MAX);
            steps.entry(answer.entry).and_modify(|known| *known = step.min(*known)).or_insert(step);
        }
        let steps: Vec<i64> = answers.iter().filter_map(|answer| steps.get(&answer.entry).copied()).collect();
        for (answer, step) in answers.iter_mut().zip(steps) {
            answer.step_ms = (step < i64::MAX).then_some(step);
        }
        let mut order: Vec<(u32, u32)> = (0_u32..)
            .zip(&answers)
            .flat_map(|(at, answer)| (0_u32..).take(answer.len()).map(move |number| (at, number)))
            .collect();
        order.sort_unstable_by(|a, b| match (place(&answers, *a), place(&answers, *b)) {
            (Some(a), Some(b)) => a.order(&b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        });
        Self { answers, order }
    }

    /// All series, in order of query, server, labels and place.
    pub fn iter(&self) -> impl Iterator<Item = Series<'_>> {
        self.order.iter().filter_map(|place_of| place(&self.answers, *place_of))
    }

    /// The series that `query` (its id, without a server) gave, whichever server was asked.
    pub fn of(&self, query: &str) -> impl Iterator<Item = Series<'_>> {
        let query_of = |of: &(u32, u32)| place(&self.answers, *of).map_or("", |series| series.query());
        let from = self.order.partition_point(|one| query_of(one) < query);
        let to = self.order.partition_point(|one| query_of(one) <= query);
        let found = self.order.get(from..to).unwrap_or_default();
        found.iter().filter_map(|of| place(&self.answers, *of))
    }

    /// How much it holds.
    pub fn size(&self) -> Size {
        Size {
            series: self.order.len(),
            samples: self.iter().map(|series| series.samples().count()).sum(),
            sample_bytes: self.answers.iter().map(Answer::sample_bytes).sum(),
            bytes: self.answers.iter().map(Answer::bytes).sum::<usize>() + size_of_val(self.order.as_slice()),
        }
    }
}

fn place(answers: &[Answer], (answer, number): (u32, u32)) -> Option<Series<'_>> {
    Some(Series { answer: answers.get(answer as usize)?, number: number as usize })
}

impl<'a> Series<'a> {
    /// The id of the query.
    pub fn query(&self) -> &'a str {
        &self.answer.query
    }

    /// `NAMESPACE.NAME` of the server that answered; empty for the only or first one.
    pub fn server(&self) -> &'a str {
        &self.answer.server
    }

    /// The archive's entry it stands in.
    pub fn entry(&self) -> EntryId {
        self.answer.entry
    }

    /// The line of that entry, from 1.
    pub fn line(&self) -> u64 {
        self.answer.line(self.number)
    }

    /// Names and values of its labels, in order of the names.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> + Clone + use<'a> {
        self.answer.labels(self.number)
    }

    pub fn label(&self, name: &str) -> Option<&'a str> {
        self.labels().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// Times and values, as they came: at least one.
    pub fn samples(&self) -> impl Iterator<Item = (DateTime<Utc>, f64)> + Clone + use<'a> {
        let samples = self.answer.samples(self.number);
        samples.filter_map(|(at, value)| Some((DateTime::from_timestamp_millis(at)?, value)))
    }

    /// The usual way from a sample to the next: the shortest of them. For a single sample, that of the whole answer.
    pub fn step(&self) -> TimeDelta {
        let times = || self.answer.samples(self.number).map(|(at, _)| at);
        let own = times().zip(times().skip(1)).map(|(a, b)| b.saturating_sub(a)).filter(|way| *way > 0).min();
        TimeDelta::milliseconds(own.or(self.answer.step_ms).unwrap_or(STEP_MS))
    }

    fn order(&self, other: &Self) -> Ordering {
        let named = |one: &Self| (one.query(), one.server());
        let placed = |one: &Self| (one.entry(), one.line(), one.number);
        let labels = || self.labels().cmp(other.labels());
        named(self).cmp(&named(other)).then_with(labels).then_with(|| placed(self).cmp(&placed(other)))
    }
}

#[cfg(test)]
mod tests;
