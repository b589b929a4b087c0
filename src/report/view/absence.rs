//! What may be said not to have been there, and what stands in the way of saying it.

use crate::report::schema::{AbsenceRow, NOT_UNDERSTOOD, Report};

#[derive(Debug)]
pub struct Absences<'a> {
    rows: &'a [AbsenceRow],
}

impl<'a> Absences<'a> {
    pub fn new(report: &'a Report) -> Self {
        Self { rows: &report.absences }
    }

    /// Whether no pod, node or Service can have been hurt without being seen.
    pub fn harm(&self) -> Proof<'a> {
        self.of("harm")
    }

    pub fn changes(&self) -> Proof<'a> {
        self.of("changes")
    }

    pub fn alerts(&self) -> Proof<'a> {
        self.of("alerts")
    }

    fn of(&self, what: &str) -> Proof<'a> {
        match self.rows.iter().find(|row| row.what == what) {
            Some(row) if row.proven => Proof::Whole,
            Some(row) if row.lacks.iter().all(|lack| lack == NOT_UNDERSTOOD) => Proof::NotUnderstood,
            Some(row) => Proof::Lacks(&row.lacks),
            None => Proof::Lacks(&[]),
        }
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
    Lacks(&'a [String]),
}

impl Proof<'_> {
    pub fn is_whole(self) -> bool {
        matches!(self, Self::Whole)
    }
}
