//! The same cause, named in messages about many subjects, as one finding.

use super::phrase::CAUSE;
use super::{Phrases, Signal};
use crate::evidence::Evidence;
use crate::model::{Citation, Subject};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A cause that messages name, by the phrase they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCause {
    /// The phrase, as `connection-refused`.
    pub phrase: String,
    /// What the messages say of it, each wording once, in order of time.
    pub because: Vec<String>,
    /// Those that the messages are about.
    pub subjects: BTreeSet<Subject>,
    /// Places of the signals that rest on such messages, in ascending order.
    pub signals: Vec<usize>,
    /// The first of the messages.
    pub from: DateTime<Utc>,
    /// When the last of the signals was last seen.
    pub to: DateTime<Utc>,
    /// The first message of each wording.
    pub evidence: Vec<Citation>,
}

/// The causes that the messages of signals name; what was said of the most subjects first.
pub fn named_causes(phrases: &Phrases, evidence: &Evidence, signals: &[Signal]) -> Vec<NamedCause> {
    let mut found: BTreeMap<&str, NamedCause> = BTreeMap::new();
    for (place, signal) in signals.iter().enumerate() {
        let mut wanted: BTreeSet<&str> = signal.labels.all(CAUSE).collect();
        for fact in signal.occurrences.iter().filter_map(|id| evidence.facts.get(*id)) {
            if wanted.is_empty() {
                break;
            }
            let Some(said) = phrases.of(fact.record).filter(|said| wanted.remove(said.name)) else { continue };
            let cause = found.entry(said.name).or_insert_with(|| NamedCause {
                phrase: said.name.to_owned(),
                because: Vec::new(),
                subjects: BTreeSet::new(),
                signals: Vec::new(),
                from: fact.at.time,
                to: signal.last,
                evidence: Vec::new(),
            });
            if !cause.because.contains(&said.because) {
                cause.because.push(said.because);
                cause.evidence.push(fact.citation);
            }
            cause.subjects.insert(signal.subject.clone());
            cause.signals.push(place);
            cause.from = cause.from.min(fact.at.time);
            cause.to = cause.to.max(signal.last);
        }
    }
    let mut causes: Vec<NamedCause> = found.into_values().collect();
    causes.sort_by(|a, b| (b.subjects.len(), a.from, &a.phrase).cmp(&(a.subjects.len(), b.from, &b.phrase)));
    causes
}
