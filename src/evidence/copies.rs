//! Facts that several inputs or files tell: each is kept once.

use super::Record;
use super::facts::Facts;
use super::packed::{Kind, Packed};
use crate::model::EntryId;
use std::collections::{BTreeMap, BTreeSet};

impl Facts {
    /// Drops what another source says again, word for word and of the same moment: the first one stays. They must be in
    /// order.
    pub fn drop_repeated<S: Copy + Eq>(&mut self, source_of: impl Fn(EntryId) -> S) {
        let mut said: BTreeMap<_, S> = BTreeMap::new();
        let mut moment = None;
        let mut repeated = BTreeSet::new();
        for (place, fact) in self.packed.iter().enumerate() {
            if moment != Some(fact.at) {
                (moment, said) = (Some(fact.at), BTreeMap::new());
            }
            // An error line's number is that of another line.
            let number = if matches!(fact.kind, Kind::ErrorLine) { 0 } else { fact.number };
            let who = (fact.kind as u8, fact.subject, fact.node, fact.names);
            let what = (fact.last, fact.count, fact.flag, number, self.texts.get(fact.message));
            let source = source_of(fact.citation.entry);
            if *said.entry((who, what)).or_insert(source) != source {
                repeated.insert(place);
            }
        }
        if !repeated.is_empty() {
            self.retain(|place| !repeated.contains(&place));
        }
    }

    /// Drops lines of copies that a journal or another file of the same node has as well: syslog writes what journals
    /// hold, and often to several files, in whole seconds. The first of several copies stays.
    pub fn drop_copies(&mut self, is_copy: impl Fn(EntryId) -> bool) {
        const SECOND: i64 = 1_000_000;
        let line = |fact: &Packed| (fact.subject, fact.at.div_euclid(SECOND), self.texts.get(fact.message));
        let lines = || self.packed.iter().enumerate().filter(|(_, fact)| matches!(fact.kind, Kind::Journal));
        let (copies, firsts): (Vec<_>, Vec<_>) = lines().partition(|(_, fact)| is_copy(fact.citation.entry));
        if copies.is_empty() {
            return;
        }
        let mut said: BTreeMap<_, EntryId> = BTreeMap::new();
        for (_, fact) in firsts {
            said.entry(line(fact)).or_insert(fact.citation.entry);
        }
        let mut repeated = BTreeSet::new();
        for (place, fact) in copies {
            if *said.entry(line(fact)).or_insert(fact.citation.entry) != fact.citation.entry {
                repeated.insert(place);
            }
        }
        self.retain(|place| !repeated.contains(&place));
    }

    /// Drops events of tables and descriptions that other records tell as well: the same words of the same subject, last
    /// seen within what an age leaves open. What is not of a table stays.
    pub fn drop_printed(&mut self, is_printed: impl Fn(EntryId) -> bool) {
        let events = || self.iter().enumerate().filter(|(_, fact)| matches!(fact.record, Record::Event { .. }));
        let (printed, others): (Vec<_>, Vec<_>) = events().partition(|(_, fact)| is_printed(fact.citation.entry));
        if printed.is_empty() {
            return;
        }
        let mut known: BTreeMap<_, BTreeMap<_, EntryId>> = BTreeMap::new();
        let mut repeated = BTreeSet::new();
        for (place, fact) in others.into_iter().chain(printed) {
            let Record::Event { reason, note, .. } = fact.record else { continue };
            let entry = fact.citation.entry;
            let seen = known.entry((fact.subject, reason, opening(note))).or_default();
            let mut near = seen.range(fact.last.earliest()..=fact.last.latest());
            match near.next() {
                Some((_, other)) if *other != entry && is_printed(entry) => drop(repeated.insert(place)),
                _ => drop(seen.insert(fact.last.time, entry)),
            }
        }
        if !repeated.is_empty() {
            self.retain(|place| !repeated.contains(&place));
        }
    }
}

/// What a table shows of a message: its first line, with dots where more follow.
fn opening(note: &str) -> &str {
    let line = note.lines().next().unwrap_or_default().trim_end();
    line.strip_suffix("...").unwrap_or(line)
}
