//! Who was hurt: see [`crate::cascade::Impact`]; and the times in which a Service had no ready address.

use super::Numbered;
use crate::cascade::{Impact as Hurt, impacts};
use crate::model::Severity;
use crate::report::Analyzed;
use crate::signals::Role;

#[derive(Debug, Default)]
pub struct Impact<'a> {
    /// Those of the largest cascade first, the worst first.
    pub rows: Vec<Hurt>,
    pub outages: Vec<Outage<'a>>,
}

/// A time in which a Service had no ready address.
#[derive(Debug)]
pub struct Outage<'a> {
    pub signal: Numbered<'a>,
}

impl<'a> Impact<'a> {
    pub fn new(of: &'a Analyzed) -> Self {
        let lost = |signal: &Numbered<'_>| signal.severity >= Severity::Warning && signal.has(Role::ServiceLost);
        let outages = Numbered::all(&of.signals).filter(lost).map(|signal| Outage { signal }).collect();
        Self { rows: rows(of), outages }
    }
}

/// Who was hurt, those of the largest cascade first.
pub fn rows(of: &Analyzed) -> Vec<Hurt> {
    let analysis = &of.analysis;
    impacts(&of.evidence.topology, &of.signals, (&analysis.cascades, &analysis.edges))
}
