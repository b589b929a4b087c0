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
pub(in crate::archive) struct Inheritance {
    older: Archive,
    /// Entries that a second try may replace, and what was left out of them.
    rest: Vec<String>,
    redactions: Vec<Redaction>,
    /// Entries that turned out to be damaged, and how.
    lost: BTreeMap<String, String>,
}

impl ArchiveWriter {
    /// Takes over `older`: its header, and every entry that one of `kept` names, at once. Its other entries follow
    /// when the archive is sealed, unless there is a newer one of the same path by then; so do its redactions.
    pub fn inherit(&mut self, older: &Archive, kept: &[Outcome]) -> Result<(), ArchiveError> {
        let named: BTreeSet<&str> = kept.iter().filter_map(|outcome| outcome.entry.as_deref()).collect();
        let is_taken =
            |entry: &&str| !layout::is_rewritten(entry) && !matches!(*entry, layout::ARCHIVE | layout::CLOCKS);
        let (now, rest): (Vec<&str>, Vec<&str>) = older.entries().filter(is_taken).partition(|e| named.contains(e));
        let mut copier = Copier::new(older);
        let mut lost = BTreeMap::new();
        for entry in std::iter::once(layout::ARCHIVE).chain(now) {
            if let Copied::Unreadable(why) = copier.copy(entry, self)? {
                lost.insert(entry.to_owned(), why);
            }
        }
        custody::of(older).into_iter().for_each(|act| self.act(act));
        let (of_now, redactions): (Vec<Redaction>, _) =
            super::redactions(older).into_iter().partition(|redaction| named.contains(redaction.entry.as_str()));
        of_now.into_iter().for_each(|redaction| self.redaction(redaction));
        let rest = rest.into_iter().map(str::to_owned).collect();
        self.inheritance = Some(Inheritance { older: older.clone(), rest, redactions, lost });
        Ok(())
    }

    /// Takes over what nothing has replaced.
    pub(in crate::archive) fn inherit_rest(&mut self) -> Result<(), ArchiveError> {
        let Some(Inheritance { older, rest, redactions, mut lost }) = self.inheritance.take() else { return Ok(()) };
        let replaced: BTreeSet<String> = self.entries().map(str::to_owned).collect();
        let mut copier = Copier::new(&older);
        for entry in rest.into_iter().filter(|entry| !replaced.contains(entry)) {
            if let Copied::Unreadable(why) = copier.copy(&entry, self)? {
                lost.insert(entry, why);
            }
        }
        let left = redactions.into_iter().filter(|redaction| !replaced.contains(&redaction.entry));
        left.for_each(|redaction| self.redaction(redaction));
        self.change_outcomes(|outcome| super::damaged(outcome, &lost));
        Ok(())
    }
}
