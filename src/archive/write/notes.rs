//! What is said about the entries while an archive is written: on the disk long before its end.
//!
//! Items that are planned, outcomes and redactions are each written in parts as they come, so that a cut archive has
//! them; the sealed archive has outcomes and redactions once more, whole and in order.

use super::spool::{self, Spool};
use crate::archive::format::{Act, Outcome, Planned, Redaction};
use crate::archive::layout;
use crate::archive::scratch::Scratch;
use serde::Serialize;
use std::io;

pub(super) struct Notes {
    pub planned: Parts,
    pub outcomes: Parts,
    pub redactions: Parts,
    pub all_outcomes: Spool<Outcome>,
    pub all_redactions: Spool<Redaction>,
    pub acts: Vec<Act>,
}

impl Notes {
    /// Nothing so far; what is too much for memory waits in `scratch`.
    pub fn new(scratch: &Scratch) -> Self {
        Self {
            planned: Parts::new(layout::planned_part),
            outcomes: Parts::new(layout::outcomes_part),
            redactions: Parts::new(layout::redactions_part),
            all_outcomes: Spool::new(scratch),
            all_redactions: Spool::new(scratch),
            acts: Vec::new(),
        }
    }

    pub fn plan(&mut self, item: &Planned) -> io::Result<()> {
        self.planned.add(item).map(drop)
    }

    pub fn outcome(&mut self, outcome: &Outcome) -> io::Result<()> {
        let line = self.outcomes.add(outcome)?;
        self.all_outcomes.push_line(&line)
    }

    pub fn redaction(&mut self, redaction: &Redaction) -> io::Result<()> {
        let line = self.redactions.add(redaction)?;
        self.all_redactions.push_line(&line)
    }
}

/// Records of one kind, written part by part.
pub(super) struct Parts {
    /// Those of the next part, a line each.
    fresh: Vec<u8>,
    parts: u32,
    path: fn(u32) -> String,
}

impl Parts {
    fn new(path: fn(u32) -> String) -> Self {
        Self { fresh: Vec::new(), parts: 0, path }
    }

    /// Takes a record, and gives its line.
    fn add(&mut self, record: &impl Serialize) -> io::Result<Vec<u8>> {
        let line = spool::line(record)?;
        self.fresh.extend_from_slice(&line);
        Ok(line)
    }

    /// The next part, path and content, if there is anything new.
    pub fn part(&mut self) -> Option<(String, Vec<u8>)> {
        if self.fresh.is_empty() {
            return None;
        }
        self.parts += 1;
        Some(((self.path)(self.parts), std::mem::take(&mut self.fresh)))
    }
}
