//! What motifs look at: the signals, what led to what, and which cascade each is in; and the words they share.
//!
//! Edges of grade order are left out: time and neighbourhood alone make no pattern.

use super::super::{Cascade, Edge, Grade, Scene};
use super::Motif;
use crate::model::{Citation, Subject};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The signals and edges of a scene, by their ends.
pub struct Sight<'a> {
    pub scene: &'a Scene<'a>,
    into: BTreeMap<usize, Vec<&'a Edge>>,
    out_of: BTreeMap<usize, Vec<&'a Edge>>,
    cascade_of: BTreeMap<usize, usize>,
}

/// A signal and its index.
pub type One<'a> = (usize, &'a Signal);

/// No pattern looks at more signals than this around one.
const MOST_AROUND: usize = 1024;

impl<'a> Sight<'a> {
    pub fn new(scene: &'a Scene<'a>, cascades: &[Cascade], edges: &'a [Edge]) -> Self {
        let (mut into, mut out_of) = (BTreeMap::<_, Vec<_>>::new(), BTreeMap::<_, Vec<_>>::new());
        for edge in edges.iter().filter(|edge| edge.grade > Grade::Order) {
            into.entry(edge.to).or_default().push(edge);
            out_of.entry(edge.from).or_default().push(edge);
        }
        let members = cascades.iter().enumerate();
        let members = members.flat_map(|(number, cascade)| cascade.signals.iter().map(move |index| (*index, number)));
        Self { scene, into, out_of, cascade_of: members.collect() }
    }

    pub fn signal(&self, index: usize) -> Option<&'a Signal> {
        self.scene.signals.get(index)
    }

    /// All signals with one of these roles, in order of time.
    pub fn with(&self, roles: &[Role]) -> Vec<One<'a>> {
        let all: BTreeSet<usize> = roles.iter().flat_map(|role| self.scene.index.with(*role)).collect();
        let mut all: Vec<One<'a>> = all.into_iter().filter_map(|index| Some((index, self.signal(index)?))).collect();
        all.sort_by_key(|(index, signal)| (signal.from.time, *index));
        all
    }

    /// The signals of a subject with a role, in order of time.
    pub fn of(&self, role: Role, subject: &Subject) -> Vec<One<'a>> {
        let known = self.scene.index.of(role, subject).into_iter().flat_map(|known| known.all());
        known.filter_map(|index| Some((index, self.signal(index)?))).collect()
    }

    /// Which cascade a signal is in.
    pub fn cascade(&self, index: usize) -> Option<usize> {
        self.cascade_of.get(&index).copied()
    }

    /// The edges of at least the grade known that begin with a signal.
    pub fn from(&self, index: usize) -> &[&'a Edge] {
        self.out_of.get(&index).map_or(&[], Vec::as_slice)
    }

    /// All those edges, by where they begin.
    pub fn edges(&self) -> impl Iterator<Item = &'a Edge> {
        self.out_of.values().flatten().copied()
    }

    /// What a signal led to, over at most so many edges, in order of time.
    pub fn after(&self, index: usize, most: usize) -> Vec<One<'a>> {
        self.around(index, most, |at| self.out_of.get(&at).into_iter().flatten().map(|edge| edge.to).collect())
    }

    /// What led to a signal, over at most so many edges, in order of time.
    pub fn before(&self, index: usize, most: usize) -> Vec<One<'a>> {
        self.around(index, most, |at| self.into.get(&at).into_iter().flatten().map(|edge| edge.from).collect())
    }

    fn around(&self, index: usize, most: usize, next: impl Fn(usize) -> Vec<usize>) -> Vec<One<'a>> {
        let mut seen = BTreeSet::from([index]);
        let mut edge_of = vec![index];
        for _ in 0..most {
            let nexts: BTreeSet<usize> = edge_of.iter().flat_map(|at| next(*at)).collect();
            edge_of = nexts.into_iter().filter(|at| seen.len() < MOST_AROUND && seen.insert(*at)).collect();
        }
        seen.remove(&index);
        let mut found: Vec<One<'a>> = seen.into_iter().filter_map(|at| Some((at, self.signal(at)?))).collect();
        found.sort_by_key(|(index, signal)| (signal.from.time, *index));
        found
    }

    /// The workload of a pod or of a ReplicaSet; anything else itself.
    pub fn workload(&self, subject: &Subject) -> Subject {
        let topology = self.scene.topology;
        let above = || topology.workload(subject)?.owner.clone();
        topology.workload_of(subject).or_else(above).unwrap_or_else(|| subject.clone())
    }

    /// A motif of these signals, resting on their first records and on these.
    pub fn motif(&self, motif: &str, statement: String, of: &[One<'_>], more: &[Citation]) -> Motif {
        let mut signals: Vec<usize> = of.iter().map(|(index, _)| *index).collect();
        signals.sort_unstable();
        signals.dedup();
        let mut evidence: Vec<Citation> = more.to_vec();
        evidence.extend(signals.iter().filter_map(|index| self.signal(*index)?.evidence.first().copied()));
        let mut seen = BTreeSet::new();
        evidence.retain(|record| seen.insert(*record));
        Motif { motif: motif.to_owned(), statement, signals, evidence }
    }
}

/// The signals in runs that begin within `within` of their first, none in two of them.
pub fn runs<'s, 'a>(all: &'s [One<'a>], within: TimeDelta) -> Vec<&'s [One<'a>]> {
    let (mut rest, mut found) = (all, Vec::new());
    while let Some((_, first)) = rest.first() {
        let length = rest.partition_point(|(_, one)| one.from.time <= first.from.time + within);
        let (run, after) = rest.split_at(length.max(1));
        found.push(run);
        rest = after;
    }
    found
}

/// Each of them once, in their order; of more than three the first two and how many more.
pub fn listed<'s>(names: impl IntoIterator<Item = &'s str>) -> String {
    let mut seen = BTreeSet::new();
    let names: Vec<&str> = names.into_iter().filter(|name| seen.insert(*name)).collect();
    match names.as_slice() {
        [one] => (*one).to_owned(),
        [one, two] => format!("{one} and {two}"),
        [one, two, three] => format!("{one}, {two} and {three}"),
        [one, two, rest @ ..] => format!("{one}, {two} and {} more", rest.len()),
        [] => String::new(),
    }
}

/// `1 pod`, `2 pods`.
pub fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The time of day, as other statements of a cascade have it.
pub fn clock(at: DateTime<Utc>) -> String {
    at.format("%H:%M:%SZ").to_string()
}
