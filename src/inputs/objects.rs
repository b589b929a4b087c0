//! The objects of all inputs, one by one, for whoever looks for some of them.

use super::{Entry, Inputs, Kind};
use crate::archive::ArchiveError;
use crate::model::EntryId;
use crate::objects::kinds::Named;

impl Inputs {
    /// Gives each object of a kind that is `wanted`, as JSON with the entry it stands in, in order of entries and lines.
    ///
    /// What an entry has of other kinds is not read where the entry says so. An object that does not say its kind where it
    /// should is passed over. Fails where an entry cannot be read; what came before was given.
    pub fn objects(
        &self,
        wanted: impl Fn(&Named) -> bool,
        mut each: impl FnMut(&Entry<'_>, &Named, &[u8]),
    ) -> Result<(), ArchiveError> {
        for entry in (0..self.len()).filter_map(|number| self.entry(EntryId(u32::try_from(number).ok()?))) {
            let Kind::Objects { of, .. } = entry.kind else { continue };
            if of.of_all().is_some_and(|named| !wanted(&named)) {
                continue;
            }
            entry.batches(|batch| {
                for (_, json) in batch.records().filter(|(_, json)| !json.is_empty()) {
                    if let Ok(named) = of.named(json)
                        && wanted(&named)
                    {
                        each(&entry, &named, json);
                    }
                }
                Some(batch)
            })?;
        }
        Ok(())
    }
}
