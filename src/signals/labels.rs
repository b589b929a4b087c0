//! What records said beside, by name: captured by a rule's pattern, or fields of the record.

use crate::model::{Interner, Names};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// A UID as the API writes it: the systemd cgroup driver writes underscores.
pub fn as_uid(written: &str) -> String {
    written.replace('_', "-")
}

/// The label that a group of a pattern gives: without the digits by which its branches tell theirs apart, as no two
/// groups of a pattern may be called the same.
pub(super) fn of_group(group: &str) -> &str {
    group.trim_end_matches(|sign: char| sign.is_ascii_digit())
}

/// What a pattern captured of a text. Patterns take so many characters of a message at most: where that ended within a
/// word, the words before it, and a sign that there was more.
pub(super) fn whole_words(text: &str, captured: Range<usize>) -> Cow<'_, str> {
    let after = text.get(captured.end..).and_then(|rest| rest.chars().next());
    let value = text.get(captured).unwrap_or_default();
    let is_cut = after.is_some_and(char::is_alphanumeric) && !value.ends_with(char::is_whitespace);
    match value.rfind(char::is_whitespace).and_then(|end| value.get(..end)) {
        Some(words) if is_cut && value.len() >= LONG => {
            Cow::Owned(format!("{}…", words.trim_end_matches(|sign: char| !sign.is_alphanumeric())))
        }
        _ => Cow::Borrowed(value),
    }
}

/// No pattern takes fewer characters of a message: a shorter value ends where its pattern says.
const LONG: usize = 80;

/// The label of what was so from the start of its pod on.
pub(super) const SINCE: &str = "since";

/// The labels of a signal: every value that its records gave, in order of time. A text is there once for all signals.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(Arc<str>, Arc<str>)>);

impl Labels {
    /// The value that was seen first.
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values, each once.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| **known == *name).map(|(_, value)| value.as_ref())
    }

    /// Each name with the value that was seen first, in order of the names.
    pub fn firsts(&self) -> impl Iterator<Item = (&str, &str)> {
        let of_names = self.0.chunk_by(|(one, _), (next, _)| one == next);
        of_names.filter_map(|values| values.first()).map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// From pairs whose values are in order of time.
    fn new(mut pairs: Vec<(Arc<str>, Arc<str>)>) -> Self {
        pairs.sort_by(|(one, _), (other, _)| one.cmp(other));
        pairs.shrink_to_fit();
        Self(pairs)
    }
}

impl<N: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

/// The labels of one record, while rules are tried on it.
#[derive(Debug, Default)]
pub(super) struct RecordLabels<'a>(Vec<(&'a str, Cow<'a, str>)>);

impl<'a> RecordLabels<'a> {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_ref())
    }

    /// Whether some label has a value that `is_it`.
    pub fn any_value(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|(_, value)| is_it(value))
    }

    /// Sets a label; one without a value is none.
    pub fn set(&mut self, name: &'a str, value: impl Into<Cow<'a, str>>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            _ if value.is_empty() => {}
            Some(known) => known.1 = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn into_labels(self) -> Labels {
        self.0.into_iter().collect()
    }

    fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_ref()))
    }
}

/// The labels of one record by their number: most records have the same as others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LabelsId(u32);

impl LabelsId {
    /// Its number among the sets that [`LabelSets::absorb`] added.
    pub fn renumbered(self, table: &[Self]) -> Self {
        table.get(self.0 as usize).copied().unwrap_or(self)
    }
}

/// All labels that records have.
#[derive(Debug, Default)]
pub(super) struct LabelSets {
    /// Of labels and their values.
    names: Names,
    sets: Interner<Arc<[(u32, u32)]>>,
}

impl LabelSets {
    pub fn add(&mut self, labels: &RecordLabels<'_>) -> LabelsId {
        let numbers = labels.pairs().map(|(name, value)| (self.names.intern(name), self.names.intern(value)));
        let numbers: Vec<(u32, u32)> = numbers.collect();
        LabelsId(self.sets.intern(numbers.as_slice()))
    }

    /// Adds all of another; gives the new number of each of its sets.
    pub fn absorb(&mut self, other: &Self) -> Vec<LabelsId> {
        let names: Vec<u32> = other.names.values().map(|name| self.names.intern_shared(name)).collect();
        let new = |old: u32| names.get(old as usize).copied().unwrap_or(u32::MAX);
        let renamed = |set: &Arc<[(u32, u32)]>| -> Vec<(u32, u32)> {
            set.iter().map(|(name, value)| (new(*name), new(*value))).collect()
        };
        other.sets.values().map(|set| LabelsId(self.sets.intern(renamed(set).as_slice()))).collect()
    }

    /// The same labels with one more.
    pub fn with(&mut self, labels: LabelsId, name: &str, value: &str) -> LabelsId {
        let (name, value) = (self.names.intern(name), self.names.intern(value));
        let others = self.pairs(labels).iter().copied().filter(|(known, _)| *known != name);
        let numbers: Vec<(u32, u32)> = others.chain([(name, value)]).collect();
        LabelsId(self.sets.intern(numbers.as_slice()))
    }

    /// The value of a label.
    pub fn value(&self, labels: LabelsId, name: &str) -> Option<&str> {
        let is_it = |(known, _): &&(u32, u32)| self.names.get(*known).is_some_and(|known| **known == *name);
        let (_, value) = self.pairs(labels).iter().find(is_it)?;
        self.names.get(*value).map(AsRef::as_ref)
    }

    /// Every value of the labels of records, which come in order of time.
    pub fn joined(&self, records: impl Iterator<Item = LabelsId>) -> Labels {
        let (mut known, mut seen) = (BTreeSet::new(), BTreeSet::new());
        let mut found = Vec::new();
        let new = records.filter(|labels| known.insert(labels.0));
        for (name, value) in new.flat_map(|labels| self.pairs(labels).iter().copied()) {
            if seen.insert((name, value))
                && let (Some(name), Some(value)) = (self.names.get(name), self.names.get(value))
            {
                found.push((name.clone(), value.clone()));
            }
        }
        Labels::new(found)
    }

    fn pairs(&self, labels: LabelsId) -> &[(u32, u32)] {
        self.sets.get(labels.0).map(AsRef::as_ref).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_never_cut_within_a_word() {
        let long = "Accepting challenge authorization failed: acme: authorization error for shop.example: 403 urn:unauthorized";
        let taken = |end: usize| whole_words(long, 0..end).into_owned();
        assert_eq!(taken(long.len()), long);
        assert_eq!(
            taken(92),
            "Accepting challenge authorization failed: acme: authorization error for shop.example: 403…"
        );
        assert_eq!(taken(89), long.get(..89).expect("it is long enough"), "it ends after a word");
        assert_eq!(taken(12), "Accepting ch", "a short value is what its pattern asks for");
    }

    #[test]
    fn every_value_is_kept_once_in_order() {
        let mut sets = LabelSets::default();
        let record = |sets: &mut LabelSets, value: &'static str| {
            let mut labels = RecordLabels::default();
            labels.set("victim_uid", value);
            labels.set("empty", "");
            sets.add(&labels)
        };
        let records = [record(&mut sets, "b"), record(&mut sets, "a"), record(&mut sets, "b")];
        assert_eq!(records[0], records[2]);
        let marked = sets.with(records[1], "since", "start");
        assert_eq!((sets.value(marked, "since"), sets.value(marked, "victim_uid")), (Some("start"), Some("a")));
        let labels = sets.joined(records.into_iter());
        assert_eq!(labels.all("victim_uid").collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!((labels.first("victim_uid"), labels.first("empty")), (Some("b"), None));
    }
}
