//! What an input was recognised as, and what of it was read and what not.

use crate::inputs::{Inputs, Kind, Recognised, WhyUnread};
use crate::model::EntryId;
use std::collections::BTreeMap;
use std::ops::Range;

/// One of the inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputInfo {
    pub name: String,
    /// The name of its format.
    pub format: &'static str,
    /// It was made by another tool than this one, or saved by hand.
    pub is_foreign: bool,
    /// Its entries among all: numbers of [`EntryId`]s.
    pub entries: Range<usize>,
    /// Those that are not read, by why.
    pub unread: Vec<Unread>,
}

/// Entries of one input that are not read for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub why: WhyUnread,
    /// At least one, in order of path.
    pub entries: Vec<EntryId>,
}

impl InputInfo {
    pub fn new(inputs: &Inputs, input: Recognised<'_>, unread: &[EntryId]) -> Self {
        let Recognised { name, format, entries, is_foreign } = input;
        let mut by_why: BTreeMap<WhyUnread, Vec<EntryId>> = BTreeMap::new();
        for id in unread.iter().filter(|entry| entries.contains(&(entry.0 as usize))) {
            if let Some(Kind::Unread(why)) = inputs.entry(*id).map(|entry| entry.kind) {
                by_why.entry(*why).or_default().push(*id);
            }
        }
        let unread = by_why.into_iter().map(|(why, entries)| Unread { why, entries }).collect();
        Self { name: name.to_owned(), format, is_foreign, entries, unread }
    }

    /// How many of its entries are read, or say something of the input itself.
    pub fn read(&self) -> usize {
        self.entries.len().saturating_sub(self.not_read())
    }

    /// How many of its entries no part of the analysis reads.
    pub fn not_read(&self) -> usize {
        self.unread.iter().map(|unread| unread.entries.len()).sum()
    }
}
