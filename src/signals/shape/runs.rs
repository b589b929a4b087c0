//! Times in which a series is away from the level that it had: what steps and spikes are made of.
//!
//! The level and its noise are the median and interquartile range of the last samples before, at most [`BASELINE`], in
//! which earlier runs do not count. How far away is far depends on how much the whole series moves by itself, too.

use super::noise::Noise;
use super::statistics::{Sorted, median};
use std::collections::VecDeque;

/// Samples by which a level is known: at most, and at least.
const BASELINE: usize = 120;
const LEAST: usize = 24;
/// So many samples show how much a series moves by itself.
const FEWEST: usize = 120;
/// So many samples away are another level.
pub const LEVEL: usize = 16;
/// So many that follow each other are no accident of a single scrape.
pub const SPIKE: usize = 3;
/// What is back after no more than so many samples was a run; what is away for longer is the level from then on.
pub const LONG: usize = 60;
/// Interquartile ranges that a level must be away from the one before.
const AWAY: f64 = 2.0;
/// How many times farther away the samples after the first [`LEVEL`] may be: a rate over five minutes takes as long to
/// reach a level.
const GOES_ON: f64 = 3.0;
/// The part of the way to a level that is gone after the samples just before.
const AT_ONCE: f64 = 0.8;
/// Interquartile ranges that each sample of a short run must be away.
const FAR: f64 = 5.0;

/// Samples that are away from a level, on one side of it.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Places of the first and last sample.
    pub first: usize,
    pub last: usize,
    /// The level before.
    pub from: f64,
    /// The median of the run.
    pub to: f64,
    /// Whether it came back to the level within [`LONG`] samples.
    pub is_back: bool,
}

impl Run {
    pub fn len(&self) -> usize {
        self.last + 1 - self.first
    }
}

/// All runs of `values`, in order.
pub fn runs(values: &[f64], noise: &Noise) -> Vec<Run> {
    let mut found = Vec::new();
    if values.len() < FEWEST {
        return found;
    }
    let mut level = Level::default();
    let mut ahead = Sorted::of(values.get(..LEVEL).unwrap_or_default());
    let (mut place, mut seen) = (0, 0);
    while let Some(value) = values.get(place) {
        // What lies ahead, beginning at the place.
        while seen < place {
            ahead.remove(values.get(seen).copied().unwrap_or_default());
            values.get(seen + LEVEL).iter().for_each(|value| ahead.insert(**value));
            seen += 1;
        }
        let run = level.is_known().then(|| level.run(values, place, &ahead, noise)).flatten();
        match run {
            None => {
                level.add(*value);
                place += 1;
            }
            Some(run) if run.is_back => {
                place = (run.last + 1).max(place + 1);
                found.push(run);
            }
            Some(run) => {
                level = Level::default();
                let known = (run.first + LEAST).max(place + 1).min(values.len());
                let anew = values.get(run.first..known).unwrap_or_default();
                anew.iter().for_each(|value| level.add(*value));
                place = known;
                found.push(run);
            }
        }
    }
    found
}

/// The last samples that are at a level.
#[derive(Default)]
struct Level {
    values: VecDeque<f64>,
    sorted: Sorted,
}

impl Level {
    fn add(&mut self, value: f64) {
        self.values.push_back(value);
        self.sorted.insert(value);
        if self.values.len() > BASELINE
            && let Some(old) = self.values.pop_front()
        {
            self.sorted.remove(old);
        }
    }

    fn is_known(&self) -> bool {
        self.values.len() >= LEAST
    }

    /// The run that begins at `place`, or a sample or two later.
    fn run(&self, values: &[f64], place: usize, ahead: &Sorted, noise: &Noise) -> Option<Run> {
        let (middle, spread) = (self.sorted.median(), self.sorted.spread());
        let to = ahead.median();
        let up = to > middle;
        let (near, outer) = match up {
            true => (ahead.percentile(25), self.sorted.percentile(95)),
            false => (-ahead.percentile(75), -self.sorted.percentile(5)),
        };
        let way = (to - middle).abs();
        let least = spread.max(middle.abs() * 1e-9);
        if ahead.len() >= LEVEL && near > outer && way >= noise.times(AWAY, least) && self.is_left_at_once(to, way) {
            let run = self.of_level(values, place, to);
            return is_level(values, &run).then_some(run);
        }
        self.spike(values, place, noise.times(FAR, least.max(noise.grain)))
    }

    /// Whether the way to the level `to` was not gone slowly, as that of a day's curve is.
    fn is_left_at_once(&self, to: f64, way: f64) -> bool {
        let latest: Vec<f64> = self.values.iter().rev().take(LEVEL).copied().collect();
        (to - median(&latest)).abs() >= AT_ONCE * way
    }

    /// The run to the level `to`, which begins within [`LEVEL`] samples after `place`.
    fn of_level(&self, values: &[f64], place: usize, to: f64) -> Run {
        let middle = self.sorted.median();
        let around = values.get(place..(place + LEVEL).min(values.len())).unwrap_or_default();
        // Where the samples before are nearest to the one level and those after to the other.
        let (mut gain, mut best, mut first) = (0.0, 0.0, place);
        for (at, value) in (place..).zip(around) {
            gain += (value - to).abs() - (value - middle).abs();
            if gain > best {
                (best, first) = (gain, at + 1);
            }
        }
        let edge = 1.5 * self.sorted.spread();
        let is_away = |value: f64| if to > middle { value - middle > edge } else { middle - value > edge };
        let is_near = |value: f64| (value - middle).abs() < (value - to).abs();
        // A level of a rate over some minutes is reached step by step; it began with the first of them.
        let (halfway, earliest) = (first, place.saturating_sub(LEVEL));
        while first > earliest && values.get(first - 1).is_some_and(|value| is_away(*value)) {
            first -= 1;
        }
        let last = end(values, halfway, is_near);
        let run = values.get(first..=last).unwrap_or_default();
        Run { first, last, from: middle, to: median(run), is_back: last + 1 - first <= LONG && last + 1 < values.len() }
    }

    /// A run too short for a level, of samples each of which is far away.
    fn spike(&self, values: &[f64], place: usize, far: f64) -> Option<Run> {
        let begin = values.get(place..place + SPIKE)?;
        let middle = self.sorted.median();
        let up = begin.first()? > &middle;
        let way = |value: &f64| if up { value - middle } else { middle - value };
        if begin.iter().any(|value| way(value) < far) {
            return None;
        }
        let to = median(begin);
        let last = end(values, place, |value| (value - middle).abs() < (value - to).abs());
        let run = values.get(place..=last)?;
        let is_back = last + 1 - place < LEVEL && last + 1 < values.len();
        is_back.then(|| Run { first: place, last, from: middle, to: median(run), is_back })
    }
}

/// Whether a run is at a level from its first samples on, and does not go on away from the one before: that is a ramp.
fn is_level(values: &[f64], run: &Run) -> bool {
    let away = |from: usize, length: usize| {
        let some = values.get(from..from + length)?;
        Some((median(some) - run.from).abs())
    };
    match (away(run.first, LEVEL), away(run.first + LEVEL, 2 * LEVEL)) {
        (Some(first), Some(then)) => then < GOES_ON * first,
        _ => true,
    }
}

/// The last sample before at least two of three that follow each other are back.
fn end(values: &[f64], first: usize, is_back: impl Fn(f64) -> bool) -> usize {
    let mut back = [false; 3];
    for (at, value) in (first..).zip(values.get(first..).unwrap_or_default()) {
        let [_, second, third] = back;
        back = [second, third, is_back(*value)];
        let count = back.iter().filter(|back| **back).count();
        if count >= 2 {
            let earliest = back.iter().position(|back| *back).unwrap_or_default();
            return (at + earliest).saturating_sub(3).max(first);
        }
    }
    values.len().saturating_sub(1).max(first)
}
