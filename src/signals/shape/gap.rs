//! Gaps: a series of which there were samples has none, though its server went on to take others.

/// Missing steps that are one at least: a query gives a sample of the last five minutes, so what is missing at all was
/// missing for that long, or was known to have ended.
const LEAST: usize = 4;
/// Samples by which it is known how often one is missing by accident.
const BEFORE: usize = 24;
/// How seldom accident alone may make one, in a whole series.
const SELDOM: f64 = 1e-5;

/// A time without samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gap {
    /// The last sample before, by its place.
    pub before: usize,
    /// First and last time without a sample, in milliseconds.
    pub first: i64,
    pub last: i64,
    /// Steps that are missing.
    pub missing: usize,
}

/// The gaps of a series with samples at `times`, one each `step` (milliseconds), that was asked for until `until`.
pub fn gaps(times: &[i64], step: i64, until: i64) -> Vec<Gap> {
    let step = step.max(1);
    let steps = |from: i64, to: i64| usize::try_from((to - from + step / 2) / step).unwrap_or_default();
    let (Some(begin), Some(end)) = (times.first(), times.last()) else { return Vec::new() };
    let nexts = times.iter().skip(1).copied().chain([until + step]);
    let missing: Vec<usize> = times.iter().zip(nexts).map(|(one, next)| steps(*one, next).saturating_sub(1)).collect();
    let most = missing.iter().copied().max().unwrap_or_default();
    // How often one is missing beside the longest time without.
    let all = steps(*begin, (*end).max(until)) + 1;
    let odd = missing.iter().sum::<usize>() - most;
    let share = (odd as f64 + 1.0) / (all.saturating_sub(most) as f64 + 2.0);
    let accident = (SELDOM / all as f64).ln() / share.ln();
    let is_gap = |(before, missing): &(usize, usize)| {
        *before + 1 >= BEFORE && *missing >= LEAST && *missing as f64 >= accident.min(all as f64)
    };
    let found = missing.iter().copied().enumerate().filter(is_gap);
    found
        .filter_map(|(before, missing)| {
            let first = times.get(before)? + step;
            let last = times.get(before + 1).map_or(until, |next| next - step);
            Some(Gap { before, first, last, missing })
        })
        .collect()
}
