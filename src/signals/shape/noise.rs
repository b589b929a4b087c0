//! How much a series moves by itself, over all of it: what is no larger is no shape.
//!
//! It is judged by how far samples are from those some steps later. A change of level touches few of these ways, so it
//! does not hide itself; and of a series that wanders, or follows the hours of the day, they grow with the steps, which
//! samples that lie close together would not show.

use super::statistics::Sorted;

/// Steps over which a series is seen to wander.
const FAR: usize = 16;
/// The farthest that it may wander beside its way from a sample to the next and be judged by that.
const MOST: f64 = 12.0;

#[derive(Clone, Copy, Debug)]
pub struct Noise {
    /// The interquartile range that samples far apart have.
    level: f64,
    /// How many times farther a sample is from one far away than from the next: 1 where none depends on another.
    wander: f64,
    /// How far it goes in one direction over a level's length, as a whole.
    drift: f64,
    /// The smallest way between samples that follow each other, where they differ.
    pub grain: f64,
}

impl Noise {
    pub fn of(values: &[f64]) -> Self {
        let ways = |steps: usize| -> Vec<f64> {
            values.iter().zip(values.iter().skip(steps)).map(|(one, later)| later - one).collect()
        };
        let near = ways(1);
        let grain = near.iter().map(|way| way.abs()).filter(|way| *way > 0.0).fold(f64::INFINITY, f64::min);
        let far = Sorted::of(&ways(FAR));
        let (near, drift, far) = (narrow(&Sorted::of(&near)), far.median().abs(), narrow(&far));
        let wander = if near > 0.0 {
            (far / near).clamp(1.0, MOST)
        } else if far > 0.0 {
            MOST
        } else {
            1.0
        };
        // The difference of two that are independent spreads by this much more than each.
        let level = far.max(near) / std::f64::consts::SQRT_2;
        Self { level, wander, drift, grain: if grain.is_finite() { grain } else { 0.0 } }
    }

    /// How far is far: `times` the noise, or more where the series wanders.
    pub fn times(&self, times: f64, spread: f64) -> f64 {
        (times + WANDERS * (self.wander - 1.0)) * self.level.max(spread).max(DRIFT * self.drift)
    }
}

/// How many interquartile ranges farther a level must be for each that the series wanders.
const WANDERS: f64 = 1.5;
/// A drift counts so many times.
const DRIFT: f64 = 1.5;
/// How much wider than its middle half a normal distribution's middle four fifths are, and a little more.
const FOUR_FIFTHS: f64 = 2.3;

/// The spread of ways by the side on which it is narrower: a change of level widens the other.
fn narrow(ways: &Sorted) -> f64 {
    let middle = ways.median();
    let side = |half: usize, four_fifths: usize| {
        let way = |percent: usize| (ways.percentile(percent) - middle).abs();
        way(half).max(way(four_fifths) / FOUR_FIFTHS)
    };
    2.0 * side(75, 90).min(side(25, 10))
}
