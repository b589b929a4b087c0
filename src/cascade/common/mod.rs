//! What those that failed have in common, and others do not.
//!
//! Every attribute of the failing is tried (`attributes.rs`) against those that did not fail: of pods
//! (`population.rs`), containers, nodes, objects of other kinds and runs of checks. What nearly all of the one and nearly none of the other have
//! (`comparison.rs`) is a finding, with its counts and the probability that chance alone would give them
//! (`exact_test.rs`), which allows for all that was tried, in whatever question. It says what is common, never that it
//! is the cause.

mod alike;
mod attributes;
mod comparison;
mod containers;
mod exact_test;
mod followers;
mod hours;
mod nodes;
mod objects;
mod population;
mod question;
mod streaks;
mod told;
mod version;

pub use version::factors;

use super::{Analysis, Cascade, Edge};
use crate::evidence::{Evidence, JoinedRun, Topology};
use crate::model::{Citation, Severity, rfc3339};
use crate::signals::{Role, Signal};
use comparison::Comparison;
use population::Troubles;
use question::{Dated, Kind, Pods, Question, Table};
use std::collections::BTreeSet;

/// What nearly all that failed have and nearly no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// The cascade they failed in, by its place among them; none for runs of outside checks.
    pub cascade: Option<usize>,
    /// A sentence without its stop.
    pub statement: String,
    /// As `node`, `template`, `config`, `label KEY`; `streak` where they followed each other.
    pub attribute: String,
    pub value: String,
    /// Of configuration, the key that they read, where it is one alone that they share.
    pub key: Option<String>,
    /// How many of those that failed have it, and of how many.
    pub failing: (usize, usize),
    /// The same of those that did not fail.
    pub healthy: (usize, usize),
    /// The probability that chance alone would give this, corrected for all that was tried; empty where
    /// none was computed.
    pub p: String,
    /// Chance is an unlikely explanation: `p` is at most 0.05.
    pub is_proven: bool,
    /// Attributes that the same ones have, with their values.
    pub also: Vec<(String, String)>,
    /// Indexes of signals.
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
}

/// All findings, in order of cascade; those of outside checks come last.
pub fn find(evidence: &Evidence, signals: &[Signal], analysis: &Analysis) -> Vec<Common> {
    let is_of_one = |a: &JoinedRun, b: &JoinedRun| {
        (a.run.citation.entry, &a.check, &a.run.namespace) == (b.run.citation.entry, &b.check, &b.run.namespace)
    };
    let checks: Vec<&[JoinedRun]> = evidence.checks.chunk_by(is_of_one).collect();
    let mut found = of_all((&evidence.topology, signals), (&analysis.cascades, &analysis.edges), &checks);
    for runs in checks {
        found.extend(streaks::of_check(runs));
        found.extend(streaks::node_of_check(runs));
    }
    found
}

/// The most questions that are asked, those of the first cascades before others: the draft tells a few of them, and each
/// looks at all pods of a namespace.
const MOST_ASKED: usize = 64;

/// What all questions find, each allowing for the tests of all.
pub(super) fn of_all(
    (topology, signals): (&Topology, &[Signal]),
    (cascades, edges): (&[Cascade], &[Edge]),
    checks: &[&[JoinedRun]],
) -> Vec<Common> {
    let mut table = Table::default();
    let asked = questions((topology, signals), (cascades, edges), checks, &mut table);
    let compared = |alternatives: Vec<Question>| -> Vec<(Question, Comparison)> {
        let pair = |question: Question| {
            let comparison = question.compare(&table);
            (question, comparison)
        };
        alternatives.into_iter().map(pair).collect()
    };
    let asked: Vec<Vec<(Question, Comparison)>> = asked.into_iter().map(compared).collect();
    let tests: usize = asked.iter().flatten().map(|(_, comparison)| comparison.tests()).sum();
    let mut told: BTreeSet<(Vec<usize>, String, String)> = BTreeSet::new();
    let one = |(question, comparison): &(Question, Comparison)| {
        let texts = texts(question, signals, cascades);
        let found = question::best(question, comparison, &table, tests, |one| question::is_named(&texts, one))?;
        Some(told::tell(question, &found, tests, signals))
    };
    let found = asked.iter().filter_map(|alternatives| alternatives.iter().find_map(one));
    found.filter(|one| told.insert((one.signals.clone(), one.attribute.clone(), one.value.clone()))).collect()
}

/// Of each, those to try in turn, in order of cascade; those of outside checks come last.
fn questions(
    (topology, signals): (&Topology, &[Signal]),
    (cascades, edges): (&[Cascade], &[Edge]),
    checks: &[&[JoinedRun]],
    table: &mut Table,
) -> Vec<Vec<Question>> {
    let mut pods = Pods::new(topology);
    let mut asked = Vec::new();
    for alternatives in
        Troubles::new(topology, signals, followers::of(topology, signals, edges)).populations(cascades, MOST_ASKED)
    {
        let changes = alternatives.first().and_then(|one| cascades.get(one.cascade)).map(|of| changes(of, signals));
        let changes = changes.unwrap_or_default();
        asked.push(alternatives.iter().map(|one| pods.ask(one, &changes, table)).collect::<Vec<_>>());
    }
    let nodes = nodes::ask(topology, signals, cascades, table);
    let containers = containers::ask(topology, signals, cascades, table);
    let objects = objects::ask(topology, signals, cascades, table);
    asked.extend(nodes.into_iter().chain(containers).chain(objects).take(MOST_ASKED).map(|one| vec![one]));
    asked.extend(checks.iter().filter_map(|runs| hours::ask(runs, table)).take(MOST_ASKED).map(|one| vec![one]));
    asked.sort_by_key(|alternatives| {
        let first = alternatives.first();
        first.map(|one| (one.cascade.is_none(), one.cascade, !matches!(one.kind, Kind::Pods(_))))
    });
    asked
}

/// The most changes of a cascade that ages are compared with.
const MOST_CHANGES: usize = 4;

/// What was changed before the first harm of a cascade, by the last of them.
fn changes(of: &Cascade, signals: &[Signal]) -> Vec<Dated> {
    let members = || of.signals.iter().filter_map(|index| signals.get(*index));
    let is_harm = |signal: &&Signal| signal.severity >= Severity::Warning;
    let Some(harm) = members().filter(is_harm).map(|signal| signal.from.time).min() else { return Vec::new() };
    let is_change = |signal: &&Signal| signal.has(Role::Change) || signal.has(Role::Rollout);
    let before = members().filter(|signal| is_change(signal) && signal.from.time <= harm);
    let mut found: Vec<Dated> = before
        .map(|signal| (format!("the change of {} at {}", signal.subject, rfc3339(signal.from.time)), signal.from.time))
        .collect();
    found.sort_by(|a, b| (b.1, &b.0).cmp(&(a.1, &a.0)));
    found.dedup();
    found.truncate(MOST_CHANGES);
    found
}

/// What signals of a cascade are about, or say.
fn texts(question: &Question, signals: &[Signal], cascades: &[Cascade]) -> Vec<String> {
    let of = question.cascade.and_then(|cascade| cascades.get(cascade));
    let members = of.map(|cascade| cascade.signals.iter()).into_iter().flatten();
    let members: BTreeSet<usize> = members.chain(&question.signals).copied().collect();
    let subjects = members.into_iter().filter_map(|index| signals.get(index));
    subjects.flat_map(|signal| [signal.subject.to_string(), signal.title.clone()]).collect()
}
