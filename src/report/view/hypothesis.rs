//! Whether the hypothesis of an experiment held, each time it was asked.

use crate::evidence::{Experiment, Phase, Step};

/// The probes of one time.
pub struct Hypothesis<'a> {
    /// In words.
    pub when: &'static str,
    pub probes: Vec<&'a Step>,
    /// All probes were within their tolerance, and the record itself says nothing else.
    pub held: bool,
}

/// When a hypothesis is asked.
const TIMES: [(Phase, &str); 4] = [
    (Phase::Before, "before"),
    (Phase::During, "meanwhile"),
    (Phase::After, "afterwards"),
    (Phase::Either, "before or afterwards"),
];

impl<'a> Hypothesis<'a> {
    /// Each time it was asked.
    pub fn all(of: &'a Experiment) -> Vec<Self> {
        let asked = TIMES.into_iter().map(|(phase, when)| {
            let probes: Vec<&Step> = of.steps.iter().filter(|step| step.phase == phase).collect();
            let held = probes.iter().all(|step| step.holds()) && !of.missed.contains(&phase);
            Self { when, probes, held }
        });
        asked.filter(|one| !one.probes.is_empty()).collect()
    }

    /// How many probes were within their tolerance.
    pub fn within_tolerance(&self) -> usize {
        self.probes.iter().filter(|step| step.holds()).count()
    }

    /// The others.
    pub fn missed(&self) -> impl Iterator<Item = &'a Step> {
        self.probes.iter().copied().filter(|step| !step.holds())
    }
}
