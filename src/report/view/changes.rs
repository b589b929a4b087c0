//! What was changed, as the objects tell of it, else as the event does; and what each change has to do with the largest
//! cascade.

use super::Numbered;
use crate::cascade::Analysis;
use crate::evidence::{Evidence, Fact, Record};
use crate::model::{Citation, EntryId, Subject};
use crate::report::{Analyzed, quotes, times};
use crate::signals::Role;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug)]
pub struct Change<'a> {
    pub at: DateTime<Utc>,
    pub what: &'a str,
    pub records: Vec<Citation>,
    /// What it is known as.
    pub signal: Numbered<'a>,
    pub part: Part,
}

/// What a change has to do with the largest cascade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It is one of its signals, or is told a second time there: a new template and the rollout of it.
    Member,
    /// A factor rests on the same record.
    Factor,
    /// No link to it was found.
    None,
}

/// A change is told twice within this.
const AT_ONCE: TimeDelta = TimeDelta::seconds(5);

/// Every change that is known as a signal, in order of time.
pub fn changes(of: &Analyzed) -> Vec<Change<'_>> {
    let told = told(&of.evidence);
    let largest = Largest::new(of);
    let mut found = Vec::new();
    for signal in Numbered::all(&of.signals).filter(|signal| signal.has(Role::Change)) {
        let cited = quotes::of_signal(signal.signal);
        let new = |at, what, records: Vec<Citation>| {
            let at = times::shown(at);
            let part = largest.part(signal, at, &records);
            Change { at, what, records, signal, part }
        };
        let facts = cited.iter().filter_map(|one| told.get(one)).flatten();
        let before = found.len();
        found.extend(
            facts
                .filter(|(fact, _)| *fact.subject == signal.subject)
                .map(|(fact, what)| new(fact.at.time, *what, vec![fact.citation])),
        );
        if found.len() == before {
            found.push(new(signal.from.time, &signal.signal.title, cited.into_iter().take(1).collect()));
        }
    }
    found.sort_by_cached_key(|change| (change.at, change.signal.subject.to_string()));
    found
}

/// The changes that records tell of, by record.
fn told(evidence: &Evidence) -> BTreeMap<Citation, Vec<(Fact<'_>, &str)>> {
    let mut told: BTreeMap<Citation, Vec<(Fact, &str)>> = BTreeMap::new();
    for fact in evidence.facts.iter() {
        if let Record::Change { what, .. } = fact.record {
            told.entry(fact.citation).or_default().push((fact, what));
        }
    }
    told
}

fn place(record: &Citation) -> (EntryId, u32) {
    (record.entry, record.line)
}

/// What ties changes to the largest cascade.
struct Largest<'a> {
    members: BTreeSet<usize>,
    /// Times of the changes in it.
    changed: BTreeMap<&'a Subject, Vec<DateTime<Utc>>>,
    /// The records its factors rest on.
    records: BTreeSet<(EntryId, u32)>,
}

impl<'a> Largest<'a> {
    fn new(of: &'a Analyzed) -> Self {
        let Analysis { cascades, factors, .. } = &of.analysis;
        let members: BTreeSet<usize> = cascades.iter().take(1).flat_map(|one| one.signals.iter().copied()).collect();
        let mut changed: BTreeMap<&Subject, Vec<DateTime<Utc>>> = BTreeMap::new();
        for signal in members.iter().filter_map(|index| of.signals.get(*index)).filter(|one| one.has(Role::Change)) {
            changed.entry(&signal.subject).or_default().push(signal.from.time);
        }
        let records = factors.iter().filter(|factor| factor.cascade == 0).flat_map(|factor| &factor.evidence);
        Self { members, changed, records: records.map(place).collect() }
    }

    fn part(&self, signal: Numbered<'_>, at: DateTime<Utc>, records: &[Citation]) -> Part {
        let near = |time: &DateTime<Utc>| times::between(at, *time).num_seconds().abs() <= AT_ONCE.num_seconds();
        let again = || self.changed.get(&signal.subject).is_some_and(|times| times.iter().any(near));
        if self.members.contains(&signal.index) || again() {
            Part::Member
        } else if records.iter().any(|one| self.records.contains(&place(one))) {
            Part::Factor
        } else {
            Part::None
        }
    }
}
