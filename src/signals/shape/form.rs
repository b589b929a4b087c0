//! How a rule writes the shape that it wants: `shape: {step: {up: 3}}`.

use serde::Deserialize;

/// A shape, and how large the change must be.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// Another level, reached within the time that a rate over five minutes takes.
    Step(Change),
    /// A steady way up or down, faster than that of a day's curve.
    Ramp(Change),
    /// Up steadily and down at once, again and again.
    SawTooth(Change),
    /// Another level for some minutes.
    Spike(Change),
    /// Down at once, to a part of the level or to nothing.
    Cliff(Change),
    /// What was hardly ever zero is zero.
    FlatZero(Change),
    /// No samples, while others of its server go on.
    Gap(Change),
    /// Spikes at equal distances.
    Periodic(Change),
}

/// How far a shape goes at least, beside being clear of the noise.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Change {
    /// To so many times what was before.
    up: Option<f64>,
    /// To one part in so many of what was before.
    down: Option<f64>,
    /// The way at least, in the unit of the series.
    least: f64,
}

/// The part of a level that is left after a cliff, where a rule does not say.
const LEFT: f64 = 0.1;

impl Shape {
    /// As rules, and the label `shape`, write it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Step(_) => "step",
            Self::Ramp(_) => "ramp",
            Self::SawTooth(_) => "saw-tooth",
            Self::Spike(_) => "spike",
            Self::Cliff(_) => "cliff",
            Self::FlatZero(_) => "flat-zero",
            Self::Gap(_) => "gap",
            Self::Periodic(_) => "periodic",
        }
    }

    pub fn change(&self) -> &Change {
        match self {
            Self::Step(change) | Self::Ramp(change) | Self::SawTooth(change) | Self::Spike(change) => change,
            Self::Cliff(change) | Self::FlatZero(change) | Self::Gap(change) | Self::Periodic(change) => change,
        }
    }

    /// The part of a level that may be left after a cliff.
    pub fn left(&self) -> f64 {
        self.change().down.map_or(LEFT, |down| 1.0 / down)
    }
}

/// So many times is as much as from nothing.
const MOST_TIMES: f64 = 1000.0;

impl Change {
    /// Whether the way from one level to another is far enough.
    pub fn takes(&self, from: f64, to: f64) -> bool {
        (to - from).abs() >= self.least && self.takes_times(times(from, to))
    }

    /// Whether so many times what was before is far enough.
    pub fn takes_times(&self, times: f64) -> bool {
        // What was rounded for a label is not refused for it.
        let (times, near) = (times * 1.005, times * 0.995);
        let is_up = self.up.is_some_and(|up| times >= up);
        let is_down = self.down.is_some_and(|down| near * down <= 1.0);
        is_up || is_down || (self.up.is_none() && self.down.is_none())
    }
}

/// How many times `from` another level is; what nothing became, as many as are told.
pub fn times(from: f64, to: f64) -> f64 {
    if from > 0.0 { (to / from).clamp(0.0, MOST_TIMES) } else { MOST_TIMES }
}
