//! An archive that goes on where an older one ended: it takes over what the older one has, and keeps it.

use super::copy::{Copied, Copier};
use crate::archive::custody;
use crate::archive::error::ArchiveError;
use crate::archive::format::{Outcome, Redaction};
use crate::archive::layout;
use crate::archive::read::Archive;
use crate::archive::write::ArchiveWriter;
use std::collections::{BTreeMap, BTreeSet};

/// What is to come from an older archive yet.
pub struct Inheritance {
    older: Archive,
    /// Entries that a second try may replace, and what was left out of them.
    rest: Vec<String>,
    redactions: Vec<Redaction>,
    /// Entries that turned out to be damaged, and how.
    lost: BTreeMap<String, String>,
}

impl Inheritance {
    /// Takes over `older`: its header, and every entry that one of `kept` names, at once. Its other entries follow
    /// when the rest is taken, unless there is a newer one of the same path by then; so do its redactions.
    pub fn begin(newer: &mut ArchiveWriter, older: &Archive, kept: &[Outcome]) -> Result<Self, ArchiveError> {
        let named: BTreeSet<&str> = kept.iter().filter_map(|outcome| outcome.entry.as_deref()).collect();
        let is_taken =
            |entry: &&str| !layout::is_rewritten(entry) && !matches!(*entry, layout::ARCHIVE | layout::CLOCKS);
        let (now, rest): (Vec<&str>, Vec<&str>) = older.entries().filter(is_taken).partition(|e| named.contains(e));
        let mut copier = Copier::new(older);
        let mut lost = BTreeMap::new();
        for entry in std::iter::once(layout::ARCHIVE).chain(now) {
            if let Copied::Unreadable(why) = copier.copy(entry, newer)? {
                lost.insert(entry.to_owned(), why);
            }
        }
        custody::of(older).into_iter().for_each(|act| newer.act(act));
        let (of_now, redactions): (Vec<Redaction>, _) =
            super::redactions(older).into_iter().partition(|redaction| named.contains(redaction.entry.as_str()));
        of_now.iter().try_for_each(|redaction| newer.redaction(redaction))?;
        let rest = rest.into_iter().map(str::to_owned).collect();
        Ok(Self { older: older.clone(), rest, redactions, lost })
    }

    /// Takes over what nothing has replaced. To be called when nothing more comes, before the newer one is sealed.
    pub fn take_rest(self, newer: &mut ArchiveWriter) -> Result<(), ArchiveError> {
        let Self { older, rest, redactions, mut lost } = self;
        let mut replaced = BTreeSet::new();
        newer.each_entry(|entry| replaced.extend([entry]))?;
        let mut copier = Copier::new(&older);
        for entry in rest.into_iter().filter(|entry| !replaced.contains(entry)) {
            if let Copied::Unreadable(why) = copier.copy(&entry, newer)? {
                lost.insert(entry, why);
            }
        }
        let mut left = redactions.iter().filter(|redaction| !replaced.contains(&redaction.entry));
        left.try_for_each(|redaction| newer.redaction(redaction))?;
        if lost.is_empty() {
            return Ok(());
        }
        newer.change_outcomes(|outcome| super::damaged(outcome, &lost))
    }
}
