//! What was changed, as the objects tell of it, else as the event does; and what each change has to do with the largest
//! cascade. What several records tell of one change is one: the words are of the record that knows most of it.

use super::{Means, Numbered};
use crate::cascade::{Analysis, Factor};
use crate::evidence::{DeployedRevision, Evidence, Fact, Known, Record};
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
    pub known: Known,
    /// The program that made it, where a record names one.
    pub by: &'a str,
    /// Which revision it brought, where that is known.
    pub revision: Option<&'a DeployedRevision>,
    /// When it was over, of one that took a while.
    last: DateTime<Utc>,
    /// Whether an object tells of it, and not an event alone.
    is_of_object: bool,
}

/// What a change has to do with the largest cascade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// No link to it was found.
    None,
    /// A factor says that it came before, and no more.
    Before,
    /// A factor rests on the same record.
    Factor,
    /// It is one of its signals, or is told a second time there: a new template and the rollout of it.
    Member,
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
            let (known, by, revision) = (Known::Changed, "", None);
            Change { at, what, records, signal, part, known, by, revision, last: at, is_of_object: false }
        };
        let facts = cited.iter().filter_map(|one| told.get(one)).flatten();
        let before = found.len();
        let facts = facts.filter(|(fact, _)| *fact.subject == signal.subject);
        found.extend(facts.map(|(fact, said)| Change {
            known: said.known,
            by: said.by,
            last: times::shown(fact.last.time),
            is_of_object: true,
            ..new(fact.at.time, said.what, vec![fact.citation])
        }));
        if found.len() == before {
            found.push(new(signal.from.time, &signal.signal.title, cited.into_iter().take(1).collect()));
        }
    }
    let mut found = merged(found);
    let deployed = Deployed::new(&of.evidence);
    found.iter_mut().for_each(|change| change.revision = deployed.of(change));
    found.sort_by_cached_key(|change| (change.at, change.signal.subject.to_string()));
    found
}

/// What a record says of a change.
struct Said<'a> {
    what: &'a str,
    by: &'a str,
    known: Known,
}

/// Makes one of what several records tell of one change of an object: one knows more of it than the other, and they tell
/// of it at the same time.
fn merged(mut all: Vec<Change<'_>>) -> Vec<Change<'_>> {
    all.sort_by(|a, b| (&a.signal.signal.subject, a.at, a.known).cmp(&(&b.signal.signal.subject, b.at, b.known)));
    let mut found: Vec<Change<'_>> = Vec::new();
    for change in all {
        match found.last_mut().filter(|last| last.is_told_by(&change)) {
            Some(last) => last.absorb(change),
            None => found.push(change),
        }
    }
    found
}

impl Change<'_> {
    /// Whether a later one of them is the same change, told by another record.
    fn is_told_by(&self, other: &Self) -> bool {
        let is_at_once = times::between(self.last, other.at).num_seconds() <= AT_ONCE.num_seconds();
        let is_same = self.signal.signal.subject == other.signal.signal.subject;
        is_same && is_at_once && self.is_of_object && other.is_of_object && self.known != other.known
    }

    /// Whether both tell of one object at one time, as a new template and the rollout of it do.
    pub fn is_at_once_with(&self, other: &Self) -> bool {
        let apart = times::between(self.at, other.at).num_seconds().abs();
        self.signal.signal.subject == other.signal.signal.subject && apart <= AT_ONCE.num_seconds()
    }

    /// Whether it was made by hand or by automation, where that is recorded.
    pub fn means(&self) -> Option<Means> {
        Means::of(self.what, self.by)
    }

    fn absorb(&mut self, mut other: Self) {
        // It was made when the first of them says so; a revision may be brought seconds later.
        let at = self.at.min(other.at);
        if other.known < self.known {
            std::mem::swap(self, &mut other);
        }
        if self.by.is_empty() {
            self.by = other.by;
        }
        self.at = at;
        self.last = self.last.max(other.last);
        self.part = self.part.max(other.part);
        self.records.extend(other.records);
        self.records.dedup();
    }
}

/// Revisions by the objects that they were brought to, in order of time, and by the records that tell of them.
struct Deployed<'a> {
    by_subject: BTreeMap<&'a Subject, Vec<&'a DeployedRevision>>,
    by_record: BTreeMap<Citation, Vec<&'a DeployedRevision>>,
}

/// A rollout begins within this after what was brought.
const ROLLED_OUT: TimeDelta = TimeDelta::minutes(1);
/// Who brings a release writes its last object within this (Helm's own limit).
const BROUGHT: TimeDelta = TimeDelta::minutes(5);
/// Programs that bring releases, by how their names begin.
const CARRIERS: [&str; 4] = ["argo", "flux", "helm", "kustomize-controller"];

/// So many of the revisions that were brought at about the time of a change are looked at.
const MOST_NEAR: usize = 64;

impl<'a> Deployed<'a> {
    fn new(evidence: &'a Evidence) -> Self {
        let mut deployed = Self { by_subject: BTreeMap::new(), by_record: BTreeMap::new() };
        for one in &evidence.deployed {
            deployed.by_subject.entry(&one.subject).or_default().push(one);
            deployed.by_record.entry(one.citation).or_default().push(one);
        }
        deployed
    }

    /// The revision that a change brought: its own record says so, or it was made by who brings such revisions, or by
    /// nobody that is known, right after one was brought.
    fn of(&self, change: &Change<'_>) -> Option<&'a DeployedRevision> {
        let subject = &change.signal.signal.subject;
        let own = change.records.iter().filter_map(|record| self.by_record.get(record)).flatten();
        let own = own.filter(|one| one.subject == *subject).copied();
        // A commit or a chart says more than the number of a release.
        let best = |one: &&DeployedRevision| (one.commit.is_some(), !one.revision.starts_with("version "), one.at.time);
        own.chain(self.near(change)).max_by_key(best)
    }

    /// Revisions that were brought to the object of a change at about its time.
    fn near(&self, change: &Change<'_>) -> impl Iterator<Item = &'a DeployedRevision> {
        let carried = CARRIERS.iter().any(|name| change.by.to_lowercase().starts_with(name));
        let (within, latest) = (if carried { BROUGHT } else { ROLLED_OUT }, change.at + AT_ONCE);
        let is_open = change.is_of_object && (carried || change.by.is_empty());
        let all = self.by_subject.get(&change.signal.signal.subject).filter(|_| is_open);
        let all = all.map(Vec::as_slice).unwrap_or_default();
        let (from, end) = (change.at - within, all.partition_point(|one| one.at.time <= latest));
        let until = all.get(..end).unwrap_or_default().iter().rev().take(MOST_NEAR).copied();
        until.take_while(move |one| times::shown(one.at.time) >= from)
    }
}

/// The changes that records tell of, by record.
fn told(evidence: &Evidence) -> BTreeMap<Citation, Vec<(Fact<'_>, Said<'_>)>> {
    let mut told: BTreeMap<Citation, Vec<(Fact, Said)>> = BTreeMap::new();
    for fact in evidence.facts.iter() {
        if let Record::Change { what, by, known, .. } = fact.record {
            told.entry(fact.citation).or_default().push((fact, Said { what, by, known }));
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
    /// Those of a factor that says of changes only that they came before.
    before: BTreeSet<(EntryId, u32)>,
}

impl<'a> Largest<'a> {
    fn new(of: &'a Analyzed) -> Self {
        let Analysis { cascades, factors, .. } = &of.analysis;
        let members: BTreeSet<usize> = cascades.iter().take(1).flat_map(|one| one.signals.iter().copied()).collect();
        let mut changed: BTreeMap<&Subject, Vec<DateTime<Utc>>> = BTreeMap::new();
        for signal in members.iter().filter_map(|index| of.signals.get(*index)).filter(|one| one.has(Role::Change)) {
            changed.entry(&signal.subject).or_default().push(signal.from.time);
        }
        let of_first = factors.iter().filter(|factor| factor.cascade == 0);
        let (before, records): (Vec<&Factor>, Vec<&Factor>) = of_first.partition(|factor| factor.only_came_before());
        let places = |factors: Vec<&Factor>| factors.into_iter().flat_map(|one| &one.evidence).map(place).collect();
        Self { members, changed, records: places(records), before: places(before) }
    }

    fn part(&self, signal: Numbered<'_>, at: DateTime<Utc>, records: &[Citation]) -> Part {
        let near = |time: &DateTime<Utc>| times::between(at, *time).num_seconds().abs() <= AT_ONCE.num_seconds();
        let again = || self.changed.get(&signal.subject).is_some_and(|times| times.iter().any(near));
        if self.members.contains(&signal.index) || again() {
            Part::Member
        } else if records.iter().any(|one| self.records.contains(&place(one))) {
            Part::Factor
        } else if records.iter().any(|one| self.before.contains(&place(one))) {
            Part::Before
        } else {
            Part::None
        }
    }
}
