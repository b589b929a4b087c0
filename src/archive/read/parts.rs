//! The parts of a split archive that are at hand.

use super::Archive;
use crate::archive::format::Part;
use crate::archive::layout;
use std::collections::BTreeSet;

/// The parts of a split archive that are at hand; none if it was never split.
pub(in crate::archive) struct Parts(Vec<Part>);

impl Parts {
    pub fn of(archive: &Archive) -> Self {
        Self(archive.entries().filter(|entry| layout::is_part(entry)).filter_map(|e| archive.record(e)).collect())
    }

    /// Whether all parts are here.
    pub fn is_whole(&self) -> bool {
        self.0.first().is_none_or(|first| self.0.len() >= usize::try_from(first.of).unwrap_or(usize::MAX))
    }

    /// What the parts that are here have to hold.
    pub fn entries(self) -> BTreeSet<String> {
        self.0.into_iter().flat_map(|part| part.entries).collect()
    }
}

impl Archive {
    /// The numbers of the parts of a split archive that are here, from 1, and of how many; none if it was never split.
    pub fn parts(&self) -> Vec<(u32, u32)> {
        Parts::of(self).0.iter().map(|part| (part.part, part.of)).collect()
    }
}
