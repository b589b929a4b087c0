//! What an incident really was, and how much of it a report found.
//!
//! An edge of a report counts where both its ends are signals of the truth; a path through signals that the truth does
//! not mention counts as one edge.

use k8s_forensics::model::{Subject, SubjectPattern};
use k8s_forensics::report::schema::{Report, SignalRow};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    pub summary: String,
    pub trigger: Trigger,
    pub chain: Vec<Link>,
    pub edges: Vec<Edge>,
    pub factors: Vec<Factor>,
    pub not: Vec<NotPart>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    pub entity: String,
    pub what: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub entity: String,
    pub signal: String,
    /// Seen in some runs only.
    #[serde(default)]
    pub maybe: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    pub class: String,
    pub what: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotPart {
    pub entity: String,
    pub signal: String,
    pub why: String,
}

/// Shares between 0 and 1, and what they lack.
#[derive(Debug)]
pub struct Score {
    pub chain_recall: f64,
    pub edge_precision: f64,
    pub edge_recall: f64,
    pub factor_recall: f64,
    /// Whether a factor of class trigger is about the thing that was really changed.
    pub trigger_named: bool,
    /// What is in a cascade and must not be.
    pub wrongly_inside: Vec<String>,
    pub missed: Vec<String>,
}

/// Which links of the chain a signal may be; several where the chain has the same thing twice.
type Matches = BTreeSet<usize>;

impl Truth {
    pub fn score(&self, report: &Report) -> Score {
        let matched: BTreeMap<&str, Matches> =
            report.signals.iter().map(|signal| (signal.id.as_str(), self.matches(signal))).collect();
        let found: Matches = matched.values().flatten().copied().collect();
        let pairs = pairs(report, &matched);
        let is_true = |(from, to): &(Matches, Matches)| {
            self.edges.iter().any(|edge| from.contains(&edge.from) && to.contains(&edge.to))
        };
        let mut missed = Vec::new();
        let certain: Vec<usize> = (0..self.chain.len()).filter(|at| !self.chain[*at].maybe).collect();
        let seen = certain.iter().filter(|at| found.contains(at)).count();
        missed.extend(certain.iter().filter(|at| !found.contains(at)).map(|at| format!("signal {}", self.named(*at))));
        // An edge between things that this run did not have is nobody's fault.
        let expected: Vec<&Edge> = self
            .edges
            .iter()
            .filter(|edge| [edge.from, edge.to].iter().all(|at| !self.chain[*at].maybe || found.contains(at)))
            .collect();
        let (mut present, mut absent) = (0, Vec::new());
        for edge in &expected {
            let there = pairs.iter().any(|(from, to)| from.contains(&edge.from) && to.contains(&edge.to));
            match there {
                true => present += 1,
                false => {
                    absent.push(format!("edge {} -> {} ({})", self.named(edge.from), self.named(edge.to), edge.why))
                }
            }
        }
        missed.extend(absent);
        for pair in pairs.iter().filter(|pair| !is_true(pair)) {
            let names = |all: &Matches| all.iter().map(|at| self.named(*at)).collect::<Vec<_>>().join(" or ");
            missed.push(format!("not in the truth: {} -> {}", names(&pair.0), names(&pair.1)));
        }
        let lacks = |factor: &&Factor| !report.factors.iter().any(|one| one.class == factor.class);
        missed.extend(
            self.factors.iter().filter(lacks).map(|factor| format!("factor {}: {}", factor.class, factor.what)),
        );
        let classes: BTreeSet<&str> = self.factors.iter().map(|factor| factor.class.as_str()).collect();
        let named = classes.iter().filter(|class| report.factors.iter().any(|factor| factor.class == **class)).count();
        Score {
            chain_recall: share(seen, certain.len()),
            edge_precision: share(pairs.iter().filter(|pair| is_true(pair)).count(), pairs.len()),
            edge_recall: share(present, expected.len()),
            factor_recall: share(named, classes.len()),
            trigger_named: self.names_trigger(report),
            wrongly_inside: self.wrongly_inside(report),
            missed,
        }
    }

    fn names_trigger(&self, report: &Report) -> bool {
        let subject_of =
            |id: &String| report.signals.iter().find(|signal| signal.id == *id).map(|signal| &signal.subject);
        let named = report.factors.iter().filter(|factor| factor.class == "trigger").any(|factor| {
            let about =
                factor.signals.iter().filter_map(subject_of).any(|subject| entity(&self.trigger.entity, subject));
            about || factor.statement.contains(&self.trigger.entity)
        });
        assert!(!self.trigger.what.is_empty() && !self.summary.is_empty(), "a truth says what happened");
        named
    }

    fn named(&self, at: usize) -> String {
        format!("{at} {} {}", self.chain[at].entity, self.chain[at].signal)
    }

    fn matches(&self, signal: &SignalRow) -> Matches {
        let is = |link: &Link| link.signal == signal.signal && entity(&link.entity, &signal.subject);
        (0..self.chain.len()).filter(|at| is(&self.chain[*at])).collect()
    }

    /// What the truth says is no part of it, and stands in one cascade with something that is.
    fn wrongly_inside(&self, report: &Report) -> Vec<String> {
        let its_own = |signal: &&SignalRow| !self.matches(signal).is_empty();
        let cascades: BTreeSet<&str> =
            report.signals.iter().filter(its_own).filter_map(|signal| signal.cascade.as_deref()).collect();
        let inside = |signal: &&SignalRow| signal.cascade.as_deref().is_some_and(|id| cascades.contains(id));
        let mut wrong = Vec::new();
        for signal in report.signals.iter().filter(inside) {
            for not in &self.not {
                if not.signal == signal.signal && entity(&not.entity, &signal.subject) {
                    wrong.push(format!("{} {}: {}", signal.signal, signal.subject, not.why));
                }
            }
        }
        wrong
    }
}

fn entity(pattern: &str, subject: &str) -> bool {
    let parts: Vec<&str> = subject.split('/').collect();
    let subject = match parts.as_slice() {
        [kind, namespace, name] => Subject::namespaced(*kind, *namespace, *name),
        [kind, name] => Subject::cluster(*kind, *name),
        _ => Subject::whole_cluster(),
    };
    SubjectPattern::new(pattern).matches(&subject)
}

/// Every pair of truth signals that the report connects, through none or more others.
fn pairs(report: &Report, matched: &BTreeMap<&str, Matches>) -> BTreeSet<(Matches, Matches)> {
    let mut after: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for edge in &report.edges {
        after.entry(&edge.from).or_default().push(&edge.to);
    }
    let mut pairs = BTreeSet::new();
    for (start, from) in matched.iter().filter(|(_, matches)| !matches.is_empty()) {
        let mut pending: Vec<&str> = after.get(start).cloned().unwrap_or_default();
        let mut seen = BTreeSet::new();
        while let Some(at) = pending.pop() {
            if !seen.insert(at) {
                continue;
            }
            match &matched[at] {
                to if to.is_empty() => pending.extend(after.get(at).into_iter().flatten()),
                to if to == from => {}
                to => {
                    pairs.insert((from.clone(), to.clone()));
                }
            }
        }
    }
    pairs
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
