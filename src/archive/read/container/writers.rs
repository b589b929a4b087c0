//! Who is said to have written each entry, and with what attributes: one run of one program says the same of all.

use super::super::index::Index;
use super::super::soundness::Anomalies;
use crate::archive::records::Central;

/// Kinds that are told apart; all further ones are one more.
const KINDS: usize = 64;

/// Version made by, internal and external attributes.
type Look = (u16, u16, u32);

/// The attributes of every listed entry, in the order of the index.
#[derive(Default)]
pub struct Looks {
    kinds: Vec<(Look, usize)>,
    of_entries: Vec<u8>,
}

impl Looks {
    pub fn add(&mut self, central: &Central) {
        let look = (central.made_by, central.internal, central.external);
        let known = self.kinds.iter().position(|(kind, _)| *kind == look);
        let at = known.unwrap_or(self.kinds.len()).min(KINDS);
        if known.is_none() && at < KINDS {
            self.kinds.push((look, 0));
        }
        if let Some((_, count)) = self.kinds.get_mut(at) {
            *count += 1;
        }
        self.of_entries.push(u8::try_from(at).unwrap_or(u8::MAX));
    }

    /// Names the entries whose attributes are not those of most others.
    pub fn note_odd_ones(&self, index: &Index, anomalies: &mut Anomalies) {
        // The first of those that are equally frequent.
        let usual = self.kinds.iter().enumerate().rev().max_by_key(|(_, (_, count))| *count);
        let Some((usual, _)) = usual else { return };
        for (record, look) in index.records().iter().zip(&self.of_entries) {
            if usize::from(*look) != usual {
                anomalies.of(index.path(record), "its attributes are not those of most entries");
            }
        }
    }
}
