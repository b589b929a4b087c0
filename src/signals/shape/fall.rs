//! Falls to nothing: a cliff, where a level is lost at once, and a flat zero, where what went on stopped.

use super::noise::Noise;
use super::statistics::Sorted;

/// Samples by which it is known what was there before.
const BEFORE: usize = 60;
const LEAST: usize = 24;
/// A fall within so many samples is one at once.
const AT_ONCE: usize = 3;
/// So many samples near nothing, or at zero, are no accident.
const STAYS: usize = 4;
const SILENT: usize = 12;
/// How many interquartile ranges a level must be above what is left of it.
const ABOVE: f64 = 2.0;

/// Samples at which little or nothing is left of a level.
#[derive(Clone, Copy, Debug)]
pub struct Fall {
    pub first: usize,
    pub last: usize,
    /// The level before.
    pub from: f64,
    /// The lowest of what was left.
    pub to: f64,
}

/// Where `values` fall at once to the part `left` of their level or to less.
pub fn cliffs(values: &[f64], left: f64, noise: &Noise) -> Vec<Fall> {
    let is_down = |from: f64, value: f64| value <= left * from;
    let is_one = |place: usize, level: &Sorted| {
        let from = level.median();
        // It was never near before, and is so at once.
        let was_there = level.percentile(5) > from * (left + 1.0) / 2.0;
        let just_before = place.checked_sub(AT_ONCE).and_then(|at| values.get(at));
        let is_clear = from * (1.0 - left) >= noise.times(ABOVE, level.spread());
        was_there && is_clear && just_before.is_some_and(|value| *value > from * (left + 1.0) / 2.0)
    };
    falls(values, STAYS, is_down, is_one)
}

/// Where `values`, which were hardly ever zero, are zero and stay so.
pub fn zeros(values: &[f64], noise: &Noise) -> Vec<Fall> {
    let is_one =
        |_: usize, level: &Sorted| level.percentile(3) > 0.0 && level.median() >= noise.times(ABOVE, level.spread());
    falls(values, SILENT, |_, value| value == 0.0, is_one)
}

fn falls(
    values: &[f64],
    stays: usize,
    is_down: impl Fn(f64, f64) -> bool,
    is_one: impl Fn(usize, &Sorted) -> bool,
) -> Vec<Fall> {
    let mut found = Vec::new();
    let (mut place, mut origin) = (LEAST, 0);
    while let Some(after) = values.get(place..place + stays) {
        let before = values.get(origin.max(place.saturating_sub(BEFORE))..place).unwrap_or_default();
        let level = Sorted::of(if might_be(before, after, &is_down) { before } else { &[] });
        let from = level.median();
        let is_fall = level.len() >= LEAST && from > 0.0 && after.iter().all(|value| is_down(from, *value));
        if !is_fall || !is_one(place, &level) {
            place += 1;
            continue;
        }
        let rest = values.get(place..).unwrap_or_default();
        let length = rest.iter().take_while(|value| is_down(from, **value)).count();
        let to = rest.iter().take(length).copied().fold(f64::INFINITY, f64::min);
        found.push(Fall { first: place, last: place + length - 1, from, to });
        (place, origin) = (place + length + LEAST, place + length);
    }
    found
}

/// Whether these may be a fall, at little cost: the first is down beside the highest before, and the one before it is
/// not.
fn might_be(before: &[f64], after: &[f64], is_down: &impl Fn(f64, f64) -> bool) -> bool {
    let highest = before.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let down = after.iter().all(|value| is_down(highest, *value));
    down && before.last().is_some_and(|value| !after.contains(value))
}
