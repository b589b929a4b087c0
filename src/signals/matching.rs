//! Facts tried against the rules that they may match, some facts on each thread.

use super::dispatch::{Dispatch, Part, Target};
use super::labels::{LabelSets, RecordLabels, as_uid};
use super::merge::{Ending, Occurrence};
use super::rule::SubjectFrom;
use super::{Catalogue, Rule};
use crate::evidence::{Evidence, Fact, FactId, Pod, Record, Topology};
use crate::logline::cgroup::Cgroup;
use crate::model::{Names, Subject};
use rayon::prelude::*;

/// How many facts a thread takes at once.
const AT_ONCE: usize = 4096;

/// What the rules matched.
#[derive(Debug, Default)]
pub(super) struct Matches {
    /// By the rule's place in the catalogue.
    pub of_rule: Vec<OfRule>,
    pub labels: LabelSets,
    /// Of nodes.
    pub nodes: Names,
    /// For each fact, whether any rule knew what it means.
    pub claimed: Vec<bool>,
}

/// What one rule matched, in order of the facts.
#[derive(Debug, Default)]
pub(super) struct OfRule {
    pub occurrences: Vec<Occurrence>,
    pub endings: Vec<Ending>,
}

/// Tries every fact on the rules that it may match.
pub(super) fn matches(catalogue: &Catalogue, evidence: &Evidence) -> Matches {
    let dispatch = catalogue.dispatch();
    let begins: Vec<usize> = (0..evidence.facts.len()).step_by(AT_ONCE).collect();
    let some = |begin: usize| Matching::new(catalogue, evidence).with_facts(dispatch, begin);
    let parts: Vec<Matches> = begins.into_par_iter().map(some).collect();
    let mut all = Matches::of(catalogue);
    parts.into_iter().for_each(|part| all.absorb(part));
    all
}

impl Matches {
    fn of(catalogue: &Catalogue) -> Self {
        Self { of_rule: catalogue.rules.iter().map(|_| OfRule::default()).collect(), ..Self::default() }
    }

    /// Adds those of later facts.
    fn absorb(&mut self, other: Self) {
        let labels = self.labels.absorb(&other.labels);
        let nodes: Vec<u32> = other.nodes.values().map(|node| self.nodes.intern_shared(node)).collect();
        for (own, other) in self.of_rule.iter_mut().zip(other.of_rule) {
            own.occurrences.extend(other.occurrences.into_iter().map(|one| Occurrence {
                labels: one.labels.renumbered(&labels),
                node: one.node.and_then(|node| nodes.get(node as usize).copied()),
                ..one
            }));
            own.endings.extend(other.endings);
        }
        self.claimed.extend(other.claimed);
    }
}

/// Some facts, while rules are tried on them.
struct Matching<'e> {
    catalogue: &'e Catalogue,
    evidence: &'e Evidence,
    found: Matches,
}

impl<'e> Matching<'e> {
    fn new(catalogue: &'e Catalogue, evidence: &'e Evidence) -> Self {
        Self { catalogue, evidence, found: Matches::of(catalogue) }
    }

    /// The facts from the one at `begin` on.
    fn with_facts(mut self, dispatch: &Dispatch, begin: usize) -> Matches {
        let mut targets: Vec<Target> = Vec::new();
        for (id, fact) in self.evidence.facts.numbered_from(begin).take(AT_ONCE) {
            targets.clear();
            dispatch.targets(&fact, &mut targets);
            targets.sort_unstable();
            targets.dedup();
            let mut claimed = false;
            for (index, part) in targets.iter().copied() {
                let Some(rule) = self.catalogue.rules.get(index) else { continue };
                claimed |= match part {
                    Part::Looks => self.occurrence(index, rule, id, &fact).is_some(),
                    Part::Ends => self.ending(index, rule, &fact).is_some(),
                };
            }
            self.found.claimed.push(claimed);
        }
        self.found
    }

    fn occurrence(&mut self, index: usize, rule: &Rule, id: FactId, fact: &Fact<'_>) -> Option<()> {
        let mut looks = (0..).zip(&rule.looks);
        let (look, mut labels) = looks.find_map(|(at, look)| Some((at, look.matches(fact)?)))?;
        self.catalogue.phrases.label(fact.record, &mut labels);
        let topology = &self.evidence.topology;
        let subject = subject_of(rule, fact, &labels, topology)?;
        let node = node_of(fact, &subject, topology).map(|node| self.found.nodes.intern(node));
        let whole = Occurrence {
            fact: id,
            look,
            at: fact.at,
            last: fact.last.time,
            count: u32::try_from(fact.count).unwrap_or(u32::MAX),
            subject,
            labels: self.found.labels.add(&labels),
            node,
        };
        let occurrences = &mut self.found.of_rule.get_mut(index)?.occurrences;
        if apart(rule, fact) {
            // How many of them were near the first and how many near the last, nobody knows.
            occurrences.push(Occurrence { last: fact.at.time, count: 1, ..whole.clone() });
            occurrences.push(Occurrence { at: fact.last, count: 1, ..whole });
        } else {
            occurrences.push(whole);
        }
        Some(())
    }

    fn ending(&mut self, index: usize, rule: &Rule, fact: &Fact<'_>) -> Option<()> {
        let labels = rule.ends.iter().find_map(|look| look.matches(fact))?;
        let subject = subject_of(rule, fact, &labels, &self.evidence.topology)?;
        let endings = &mut self.found.of_rule.get_mut(index)?.endings;
        for at in [fact.at.time, fact.last.time] {
            endings.push(Ending { subject: subject.clone(), at, citation: fact.citation });
        }
        Some(())
    }
}

/// An event may stand for occurrences that are too far from each other to be one signal; it tells the first and the
/// last of them.
fn apart(rule: &Rule, fact: &Fact<'_>) -> bool {
    let span = (fact.last.time - fact.at.time).to_std().unwrap_or_default();
    let between = u32::try_from(fact.count.saturating_sub(1)).unwrap_or(u32::MAX);
    matches!(fact.record, Record::Event { .. }) && between > 0 && span / between > rule.merge
}

fn subject_of(rule: &Rule, fact: &Fact<'_>, labels: &RecordLabels<'_>, topology: &Topology) -> Option<Subject> {
    match &rule.subject {
        SubjectFrom::About => Some(fact.subject.clone()),
        SubjectFrom::Node => fact.node.map(Subject::node),
        SubjectFrom::Pod => match labels.get("pod_uid") {
            Some(uid) => topology.pod_by_uid(&as_uid(uid)).map(|pod| pod.subject()),
            None => match labels.get("cgroup").map(Cgroup::of).filter(|cgroup| *cgroup != Cgroup::default()) {
                Some(cgroup) => pod_of(&cgroup, topology).map(|pod| pod.subject()),
                None => Some(fact.subject.clone()),
            },
        },
        SubjectFrom::Named => Some(named(labels, topology).unwrap_or_else(|| fact.subject.clone())),
        SubjectFrom::Template(template) => {
            let mut parts = template.split('/').map(|part| match part.strip_prefix('{') {
                Some(label) => labels.get(label.trim_end_matches('}')).map(str::to_owned),
                None => Some(part.to_owned()),
            });
            let (kind, first, second) = (parts.next()??, parts.next()??, parts.next());
            match second {
                None if kind == "Node" => Some(Subject::node(topology.node_named(&first).unwrap_or(&first))),
                None => Some(Subject::cluster(kind, first)),
                Some(name) => Some(Subject::namespaced(kind, first, name?)),
            }
        }
    }
}

/// The object that a record names as the one that it is about.
fn named(labels: &RecordLabels<'_>, topology: &Topology) -> Option<Subject> {
    if let Some(node) = labels.get("node_named") {
        return Some(Subject::node(topology.node_named(node).unwrap_or(node)));
    }
    let object = |kind: &str, [namespace, name]: [&str; 2]| {
        Some(Subject::namespaced(kind, labels.get(namespace)?, labels.get(name)?))
    };
    object("Pod", ["pod_namespace", "pod_named"]).or_else(|| object("ReplicaSet", ["rs_namespace", "rs_named"]))
}

/// The pod that a control group is of: by its UID, else by the container.
fn pod_of<'a>(cgroup: &Cgroup<'_>, topology: &'a Topology) -> Option<&'a Pod> {
    let by_uid = cgroup.pod_uid.as_deref().and_then(|uid| topology.pod_by_uid(uid));
    by_uid.or_else(|| Some(topology.pod_of_container(cgroup.container?)?.0))
}

/// A pod's node is where the pod was, whoever reported the record.
fn node_of<'a>(fact: &Fact<'a>, subject: &'a Subject, topology: &'a Topology) -> Option<&'a str> {
    if subject.is("Node") {
        return Some(subject.name());
    }
    let of_then = || topology.pod_at(subject, fact.at.time).and_then(|pod| pod.node.as_deref());
    let own = || of_then().or_else(|| topology.node_of(subject));
    // What a controller writes of another's pod says nothing of the node that it runs on itself.
    let is_of_another = fact.subject.its_pod().is_some_and(|writer| subject.its_pod().as_ref() != Some(&writer));
    if is_of_another { own() } else { fact.node.or_else(own) }
}
