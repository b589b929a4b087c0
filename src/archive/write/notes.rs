//! What is said about the entries while an archive is written: kept until the end, and on the disk long before it.
//!
//! Items that are planned, outcomes and redactions are each written in parts as they come, so that a cut archive has
//! them; the sealed archive has outcomes and redactions once more, whole and in order.

use crate::archive::format::{Act, Outcome, Planned, Redaction};
use crate::archive::layout;
use serde::Serialize;

pub(super) struct Notes {
    pub planned: Parts<Planned>,
    pub outcomes: Parts<Outcome>,
    pub redactions: Parts<Redaction>,
    pub acts: Vec<Act>,
}

impl Default for Notes {
    fn default() -> Self {
        Self {
            planned: Parts::new(layout::planned_part),
            outcomes: Parts::new(layout::outcomes_part),
            redactions: Parts::new(layout::redactions_part),
            acts: Vec::new(),
        }
    }
}

/// Records of one kind, written part by part.
pub(super) struct Parts<T> {
    pub all: Vec<T>,
    /// How many of them stand in parts.
    written: usize,
    parts: u32,
    path: fn(u32) -> String,
}

impl<T: Serialize> Parts<T> {
    fn new(path: fn(u32) -> String) -> Self {
        Self { all: Vec::new(), written: 0, parts: 0, path }
    }

    /// The next part, path and content, if there is anything new.
    pub fn part(&mut self) -> Option<(String, Vec<u8>)> {
        let new = self.all.get(self.written..).filter(|new| !new.is_empty())?;
        let text = json_lines(new);
        self.written = self.all.len();
        self.parts += 1;
        Some(((self.path)(self.parts), text))
    }
}

pub(super) fn json_lines<T: Serialize>(items: &[T]) -> Vec<u8> {
    let mut text = Vec::new();
    for item in items {
        // A record of strings and numbers always serialises.
        if serde_json::to_writer(&mut text, item).is_ok() {
            text.push(b'\n');
        }
    }
    text
}
