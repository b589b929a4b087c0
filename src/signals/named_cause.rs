//! The same cause, named in messages about many subjects, as one finding.

use super::phrase::{CAUSE, Said};
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

/// A message that names a cause, and the signal that rests on it.
struct Naming<'a> {
    at: DateTime<Utc>,
    said: Said<'a>,
    citation: Citation,
    place: usize,
}

/// The causes that the messages of signals name; what was said of the most subjects first.
pub fn named_causes(phrases: &Phrases, evidence: &Evidence, signals: &[Signal]) -> Vec<NamedCause> {
    let of_signal = |(place, signal)| namings(phrases, evidence, signal, place);
    let mut namings: Vec<Naming<'_>> = signals.iter().enumerate().flat_map(of_signal).collect();
    namings.sort_by_key(|naming| (naming.at, naming.place));
    let mut found: BTreeMap<&str, NamedCause> = BTreeMap::new();
    for Naming { at, said, citation, place } in namings {
        let Some(signal) = signals.get(place) else { continue };
        let cause = found.entry(said.name).or_insert_with(|| NamedCause {
            phrase: said.name.to_owned(),
            because: Vec::new(),
            subjects: BTreeSet::new(),
            signals: Vec::new(),
            from: at,
            to: signal.last,
            evidence: Vec::new(),
        });
        if !cause.because.contains(&said.because) {
            cause.because.push(said.because);
            cause.evidence.push(citation);
        }
        cause.subjects.insert(signal.subject.clone());
        cause.signals.push(place);
        cause.to = cause.to.max(signal.last);
    }
    let mut causes: Vec<NamedCause> = found.into_values().collect();
    causes.iter_mut().for_each(|cause| cause.signals.sort_unstable());
    causes.sort_by(|a, b| (b.subjects.len(), a.from, &a.phrase).cmp(&(a.subjects.len(), b.from, &b.phrase)));
    causes
}

/// The first message of a signal for each cause that its messages name.
fn namings<'a>(phrases: &'a Phrases, evidence: &'a Evidence, signal: &Signal, place: usize) -> Vec<Naming<'a>> {
    let mut wanted: BTreeSet<&str> = signal.labels.all(CAUSE).collect();
    let mut found = Vec::new();
    for fact in signal.occurrences.iter().filter_map(|id| evidence.facts.get(*id)) {
        if wanted.is_empty() {
            break;
        }
        if let Some(said) = phrases.of(fact.record).filter(|said| wanted.remove(said.name)) {
            found.push(Naming { at: fact.at.time, said, citation: fact.citation, place });
        }
    }
    found
}
