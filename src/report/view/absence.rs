//! What may be said not to have been there, and what stands in the way of saying it.

use crate::evidence::{Absence, Evidence};
use crate::signals::NotUnderstood;

/// What stands in the way where some records are not understood.
pub const NOT_UNDERSTOOD: &str = "records that are not understood";

/// What is lacking to say that something was not there.
#[derive(Debug)]
pub struct Lacks {
    pub absence: Absence,
    /// What would have to be in the archive, whole and read.
    pub lacks: Vec<&'static str>,
}

impl Lacks {
    /// What nobody understands may be the very thing that is said not to have been there.
    pub fn new(absence: Absence, evidence: &Evidence, not_understood: &[NotUnderstood]) -> Self {
        let mut lacks = evidence.lacks_to_prove(absence);
        if absence == Absence::Harm && not_understood.iter().any(NotUnderstood::may_be_harm) {
            lacks.push(NOT_UNDERSTOOD);
        }
        Self { absence, lacks }
    }

    fn proof(&self) -> Proof<'_> {
        match self.lacks.as_slice() {
            [] => Proof::Whole,
            [NOT_UNDERSTOOD] => Proof::NotUnderstood,
            lacks => Proof::Lacks(lacks),
        }
    }
}

#[derive(Debug)]
pub struct Absences {
    harm: Lacks,
    changes: Lacks,
    alerts: Lacks,
}

impl Absences {
    pub fn new(evidence: &Evidence, not_understood: &[NotUnderstood]) -> Self {
        let of = |absence| Lacks::new(absence, evidence, not_understood);
        Self { harm: of(Absence::Harm), changes: of(Absence::Changes), alerts: of(Absence::Alerts) }
    }

    /// Whether no pod, node or Service can have been hurt without being seen.
    pub fn harm(&self) -> Proof<'_> {
        self.harm.proof()
    }

    pub fn changes(&self) -> Proof<'_> {
        self.changes.proof()
    }

    pub fn alerts(&self) -> Proof<'_> {
        self.alerts.proof()
    }
}

/// Whether an absence is proven.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// All that would have shown it came, whole, from the whole cluster.
    Whole,
    /// All of that came, but some records are not understood.
    NotUnderstood,
    /// This was not there, or not understood.
    Lacks(&'a [&'static str]),
}

impl Proof<'_> {
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Whole)
    }
}
