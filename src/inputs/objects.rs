//! The objects of all inputs, one by one, for whoever looks for some of them.

use super::batch::Item;
use super::{Entry, Inputs, Kind, ObjectKind, Piece};
use crate::archive::ArchiveError;
use crate::model::EntryId;
use crate::objects::kinds::Named;
use std::collections::BTreeSet;

impl Inputs {
    /// Gives each object of a kind that is `wanted`, as JSON with the entry it stands in, in order of entries and lines; then
    /// those of which there are versions, as they were last or [at a time](Self::as_of).
    ///
    /// Of what was fetched the versions tell nothing more, where both are in one input: but for events, which expire before
    /// they are fetched. What an entry has of other kinds is not read where the entry says so. An object that does not say its kind where it
    /// should is passed over. Fails where an entry cannot be read; what came before was given.
    pub fn objects(
        &self,
        wanted: impl Fn(&Named) -> bool,
        mut each: impl FnMut(&Entry<'_>, &Named, &[u8]),
    ) -> Result<(), ArchiveError> {
        let (mut fetched, has_versions) = (Fetched::default(), self.at.is_none() && self.have_versions());
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
                Kind::Objects { of, .. } => {
                    let plural = if let ObjectKind::Plural(plural) = of { plural.as_str() } else { "" };
                    if has_versions {
                        fetched.kinds.insert((self.input_of(entry.id), plural.to_owned()));
                    }
                    entry.batches(|batch| {
                        for (_, json) in batch.records().filter(|(_, json)| !json.is_empty()) {
                            one(of, json);
                            fetched.events.extend(uid(json).filter(|_| has_versions && plural == EVENTS));
                        }
                        Some(batch)
                    })?;
                }
                Kind::Dump => entry.pieces(|piece| {
                    if let Piece::Object(Item { json, .. }) = piece {
                        one(&ObjectKind::Own, &json);
                    }
                })?,
                _ => {}
            }
        }
        self.each_of_then(&wanted, &fetched, &mut each)
    }
}

/// The kind of which versions tell of more than what was fetched.
pub(super) const EVENTS: &str = "events";

/// What was fetched beside versions.
#[derive(Default)]
pub(super) struct Fetched {
    /// Plurals, by the number of their input.
    pub kinds: BTreeSet<(usize, String)>,
    /// The UIDs of events.
    pub events: BTreeSet<String>,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Identified {
    metadata: Identity,
}

#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Identity {
    uid: String,
}

fn uid(json: &[u8]) -> Option<String> {
    let Identified { metadata } = serde_json::from_slice(json).ok()?;
    Some(metadata.uid).filter(|uid| !uid.is_empty())
}
