//! Saw-teeth: a series that rises steadily and falls at once, again and again.

use super::statistics::{Line, Sorted, median};

/// A fall within two samples by such a part of all that the series spans ends a tooth.
const FALL: f64 = 0.5;
/// The shortest tooth, in samples.
const SHORTEST: usize = 9;
/// So many make a saw.
const FEWEST: usize = 3;
/// The part of the span that a tooth rises at least, and how large its scatter may be beside that.
const RISE: f64 = 0.4;
const SCATTER: f64 = 0.35;

/// Teeth that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Teeth {
    pub first: usize,
    pub last: usize,
    /// Where a tooth begins and ends, by the median of them.
    pub from: f64,
    pub to: f64,
    pub count: usize,
}

/// The saw that `values` are, if they are one.
pub fn teeth(values: &[f64]) -> Option<Teeth> {
    let sorted = Sorted::of(values);
    let span = sorted.percentile(98) - sorted.percentile(2);
    let value = |at: usize| values.get(at).copied().unwrap_or_default();
    let falls_at = |at: usize| {
        let before = value(at - 1);
        value(at) < before && before - value(at).min(value((at + 1).min(values.len() - 1))) >= FALL * span
    };
    let mut borders = vec![0];
    for at in 1..values.len() {
        if falls_at(at) && borders.last().is_none_or(|last| at - last > 1) {
            borders.push(at);
        }
    }
    borders.push(values.len());
    let parts: Vec<(usize, usize)> =
        borders.iter().zip(borders.iter().skip(1)).map(|(from, to)| (*from, *to)).collect();
    let is_tooth = |(from, to): &(usize, usize)| {
        // Of a fall that takes two samples the second belongs to the tooth.
        let tooth = values.get(from + 1..*to).filter(|tooth| tooth.len() >= SHORTEST)?;
        let line = Line::through(tooth)?;
        let is_clear = line.rise >= RISE * span && line.scatter(tooth) <= SCATTER * line.rise;
        is_clear.then(|| (line.at(0.0), line.at((tooth.len() - 1) as f64)))
    };
    // What is before the first fall and after the last may be a part of a tooth.
    let whole = parts.get(1..parts.len().saturating_sub(1)).unwrap_or_default();
    let found: Vec<(f64, f64)> = whole.iter().filter_map(is_tooth).collect();
    if found.len() < FEWEST || found.len() * 4 < whole.len() * 3 || span <= 0.0 {
        return None;
    }
    let (starts, ends): (Vec<f64>, Vec<f64>) = found.iter().copied().unzip();
    let first = parts.first().filter(|part| is_tooth(part).is_some()).or(whole.first())?.0;
    let last = whole.last()?.1;
    Some(Teeth { first, last, from: median(&starts), to: median(&ends), count: found.len() })
}
