//! The shapes of one series.

use super::form::{Change, Shape, times};
use super::noise::Noise;
use super::ramp::{Ramp, ramps};
use super::runs::{LEVEL, Run, runs};
use super::{fall, gap, periodic, rate, teeth};
use std::borrow::Cow;

/// A series to look for shapes in: times in milliseconds, in order, and finite values.
#[derive(Clone, Debug, Default)]
pub struct Curve<'s> {
    pub times: Vec<i64>,
    pub values: Vec<f64>,
    /// The usual way from a sample to the next, in milliseconds.
    pub step: i64,
    /// When its server had samples at all, of this or others, in milliseconds and in order.
    pub scraped: Cow<'s, [i64]>,
}

/// A shape that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Its first and last sample, in milliseconds; of a gap, the first and last time without one.
    pub first: i64,
    pub last: i64,
    /// The level before, and the one that was reached.
    pub from: f64,
    pub to: f64,
    /// How far apart they are, of what comes again and again, in milliseconds.
    pub every: Option<i64>,
}

/// How fast a ramp goes at least: a day's curve with a peak of ten times its low grows by less than half in an hour.
const PER_HOUR: f64 = 1.5;
const HOUR: f64 = 3_600_000.0;

impl Curve<'_> {
    /// The rates of a counter.
    pub fn rates(&self) -> Curve<'_> {
        let (times, values) = rate::rates(&self.times, &self.values);
        Curve { times, values, step: self.step, scraped: Cow::Borrowed(&self.scraped) }
    }

    /// Where it has `shape`, in order.
    pub fn find(&self, shape: &Shape) -> Vec<Found> {
        let change = shape.change();
        let noise = || Noise::of(&self.values);
        match shape {
            Shape::Step(_) => self.runs(change, |run| run.len() >= LEVEL),
            Shape::Spike(_) => self.runs(change, |run| run.is_back),
            Shape::Ramp(_) => {
                let found = ramps(&self.values).into_iter().filter(|ramp| self.is_fast(ramp));
                found.filter_map(|one| self.found(change, (one.first, one.last), (one.from, one.to))).collect()
            }
            Shape::SawTooth(_) => {
                let teeth = teeth::teeth(&self.values);
                let found = teeth.and_then(|one| self.found(change, (one.first, one.last), (one.from, one.to)));
                let every = |found: Found, count: usize| {
                    (found.last - found.first).checked_div(i64::try_from(count).unwrap_or(1))
                };
                found
                    .map(|found| Found { every: every(found, teeth.map_or(1, |one| one.count)), ..found })
                    .into_iter()
                    .collect()
            }
            Shape::Cliff(_) => self.falls(change, &fall::cliffs(&self.values, shape.left(), &noise())),
            Shape::FlatZero(_) => self.falls(&Change::default(), &fall::zeros(&self.values, &noise())),
            Shape::Gap(_) => self.gaps(),
            Shape::Periodic(_) => {
                let rhythm = periodic::rhythm(&self.values);
                let found = rhythm.and_then(|one| self.found(change, (one.first, one.last), (one.from, one.to)));
                let every = rhythm.and_then(|one| Some(self.step * i64::try_from(one.every).ok()?));
                found.map(|found| Found { every, ..found }).into_iter().collect()
            }
        }
    }

    fn runs(&self, change: &Change, is_one: impl Fn(&Run) -> bool) -> Vec<Found> {
        let found = runs(&self.values, &Noise::of(&self.values));
        let wanted = found.iter().filter(|run| is_one(run));
        wanted.filter_map(|run| self.found(change, (run.first, run.last), (run.from, run.to))).collect()
    }

    fn falls(&self, change: &Change, falls: &[fall::Fall]) -> Vec<Found> {
        falls.iter().filter_map(|one| self.found(change, (one.first, one.last), (one.from, one.to))).collect()
    }

    fn found(&self, change: &Change, (first, last): (usize, usize), (from, to): (f64, f64)) -> Option<Found> {
        let (first, last) = (*self.times.get(first)?, *self.times.get(last)?);
        change.takes(from, to).then_some(Found { first, last, from, to, every: None })
    }

    fn is_fast(&self, ramp: &Ramp) -> bool {
        let time = |at: usize| self.times.get(at).copied().unwrap_or_default();
        let hours = (time(ramp.last) - time(ramp.first)) as f64 / HOUR;
        let (low, high) = (ramp.from.min(ramp.to), ramp.from.max(ramp.to));
        times(low, high) >= PER_HOUR.powf(hours.max(1.0))
    }

    fn gaps(&self) -> Vec<Found> {
        let Some(until) = self.scraped.last() else { return Vec::new() };
        let scrapes = |gap: &gap::Gap| {
            let before = |time: i64| self.scraped.partition_point(|at| *at < time);
            before(gap.last + 1) - before(gap.first)
        };
        // Where its server had hardly anything either, that is a gap of the server.
        let found = gap::gaps(&self.times, self.step, *until).into_iter().filter(|gap| scrapes(gap) * 2 > gap.missing);
        let found = found.map(|gap| {
            let from = self.values.get(gap.before).copied().unwrap_or_default();
            Found { first: gap.first, last: gap.last, from, to: from, every: None }
        });
        found.collect()
    }
}
