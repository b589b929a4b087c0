//! Spikes that come back at equal distances, as of a job that runs by the clock.

use super::statistics::Sorted;

/// So many make a rhythm.
const FEWEST: usize = 5;
/// Interquartile ranges above the median that a spike reaches.
const FAR: f64 = 5.0;
/// The closest that spikes may be, in samples.
const CLOSEST: usize = 6;
/// How much the distances may differ, in parts of them, and in samples: each is seen up to a scrape late.
const DIFFER: f64 = 0.1;
const LATE: f64 = 1.5;

/// Spikes at equal distances.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// The first sample of the first spike, and of the last.
    pub first: usize,
    pub last: usize,
    pub from: f64,
    pub to: f64,
    /// Samples from one to the next.
    pub every: usize,
}

/// The rhythm of the spikes of `values`, if they have one.
pub fn rhythm(values: &[f64]) -> Option<Rhythm> {
    let sorted = Sorted::of(values);
    let middle = sorted.median();
    let border = middle + FAR * sorted.spread().max(middle.abs() * 1e-6).max(f64::MIN_POSITIVE);
    let high: Vec<usize> = (0..).zip(values).filter(|(_, value)| **value > border).map(|(at, _)| at).collect();
    // Within two samples it is the same spike.
    let first_of = |spike: &[usize]| spike.first().copied();
    let begins: Vec<usize> = high.chunk_by(|one, next| next - one <= 2).filter_map(first_of).collect();
    if begins.len() < FEWEST {
        return None;
    }
    let ways: Vec<f64> = begins.iter().zip(begins.iter().skip(1)).map(|(one, next)| (next - one) as f64).collect();
    let every = Sorted::of(&ways).median();
    let differ = (DIFFER * every).max(LATE);
    if every < CLOSEST as f64 || ways.iter().any(|way| (way - every).abs() > differ) {
        return None;
    }
    let tops: Vec<f64> = high.iter().filter_map(|at| values.get(*at).copied()).collect();
    let (first, last) = (*begins.first()?, *begins.last()?);
    let every = (last - first) / (begins.len() - 1);
    Some(Rhythm { first, last, from: middle, to: Sorted::of(&tops).median(), every })
}
