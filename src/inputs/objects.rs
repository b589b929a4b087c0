//! The objects of all inputs, one by one, for whoever looks for some of them.

use super::batch::Item;
use super::{Entry, Inputs, Kind, ObjectKind, Piece};
use crate::archive::ArchiveError;
use crate::model::EntryId;
use crate::objects::kinds::Named;

impl Inputs {
    /// Gives each object of a kind that is `wanted`, as JSON with the entry it stands in, in order of entries and lines; then
    /// those of which there are versions, as they were last or [at a time](Self::as_of).
    ///
    /// What an entry has of other kinds is not read where the entry says so. An object that does not say its kind where it
    /// should is passed over. Fails where an entry cannot be read; what came before was given.
    pub fn objects(
        &self,
        wanted: impl Fn(&Named) -> bool,
        mut each: impl FnMut(&Entry<'_>, &Named, &[u8]),
    ) -> Result<(), ArchiveError> {
        for entry in (0..self.len()).filter_map(|number| self.entry(EntryId(u32::try_from(number).ok()?))) {
            let mut one = |of: &ObjectKind, json: &[u8]| {
                if let Ok(named) = of.named(json)
                    && wanted(&named)
                {
                    each(&entry, &named, json);
                }
            };
            match entry.kind {
                Kind::Objects { .. } | Kind::Dump if self.at.is_some() => {}
                Kind::Objects { of: ObjectKind::Plural(plural), .. } if !wanted(&Named::of_plural(plural)) => {}
                Kind::Objects { of, .. } => entry.batches(|batch| {
                    batch.records().filter(|(_, json)| !json.is_empty()).for_each(|(_, json)| one(of, json));
                    Some(batch)
                })?,
                Kind::Dump => entry.pieces(|piece| {
                    if let Piece::Object(Item { json, .. }) = piece {
                        one(&ObjectKind::Own, &json);
                    }
                })?,
                _ => {}
            }
        }
        self.each_of_then(&wanted, &mut each)
    }
}
