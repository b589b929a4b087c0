//! Ramps: a series that rises, or falls, steadily for as long as makes a difference, and faster than a day's curve.

use super::statistics::{Line, median};

/// The shortest ramp, in samples; longer ones are sought by doubling.
const SHORTEST: usize = 24;
/// How many times its scatter a ramp must rise.
const CLEAR: f64 = 8.0;
/// How far its middle may be from the line through its ends, in parts of the rise.
const BEND: f64 = 0.12;

/// Samples at each end that tell where it began and ended.
const FEW: usize = 5;

/// A steady rise or fall.
#[derive(Clone, Copy, Debug)]
pub struct Ramp {
    /// Places of the first and last sample.
    pub first: usize,
    pub last: usize,
    pub from: f64,
    pub to: f64,
}

/// All ramps of `values`, which do not overlap, in order: of those that overlap, the one that goes farthest.
pub fn ramps(values: &[f64]) -> Vec<Ramp> {
    let mut found: Vec<(f64, Ramp)> = Vec::new();
    let mut length = SHORTEST;
    while length <= values.len() {
        let places = (0..=values.len() - length).step_by(length / 4);
        found.extend(places.filter_map(|place| ramp(values, place, length)));
        length *= 2;
    }
    // The farthest first; of the same, the earlier.
    found.sort_by(|(far, one), (other_far, other)| other_far.total_cmp(far).then(one.first.cmp(&other.first)));
    let mut ramps: Vec<Ramp> = Vec::new();
    for (_, ramp) in found {
        if ramps.iter().all(|known| ramp.last < known.first || known.last < ramp.first) {
            ramps.push(ramp);
        }
    }
    ramps.sort_by_key(|ramp| ramp.first);
    ramps
}

/// The ramp that the `length` samples from `place` on are a part of, and how far it goes.
fn ramp(values: &[f64], place: usize, length: usize) -> Option<(f64, Ramp)> {
    let part = values.get(place..place + length)?;
    let line = Line::through(part).filter(|line| line.bend <= BEND)?;
    let scatter = line.scatter(part);
    if line.rise == 0.0 || line.rise.abs() < CLEAR * scatter {
        return None;
    }
    let wide = scatter.max(line.rise.abs() * 0.05);
    let is_near = |at: usize| {
        let expected = line.at(at as f64 - place as f64);
        values.get(at).is_some_and(|value| (value - expected).abs() <= wide)
    };
    // A sample that is odd by itself ends no ramp.
    let mut first = place;
    while first > 0 && (is_near(first - 1) || (first > 1 && is_near(first - 2))) {
        first -= 1;
    }
    let mut last = place + length - 1;
    while last + 1 < values.len() && (is_near(last + 1) || is_near(last + 2)) {
        last += 1;
    }
    // An odd one at the very end is none of it.
    while last > place && !is_near(last) {
        last -= 1;
    }
    while first < last && !is_near(first) {
        first += 1;
    }
    let some = |from: usize, to: usize| median(values.get(from..to).unwrap_or_default());
    let ramp = Ramp { first, last, from: some(first, first + FEW), to: some(last + 1 - FEW, last + 1) };
    Some(((ramp.to - ramp.from).abs(), ramp))
}
