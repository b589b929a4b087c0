//! Tries rules on the facts that they may match, and joins what belongs together into signals.

use super::dispatch::{self, Candidates};
use super::labels::{LabelSets, RecordLabels};
use super::lives::{self, Failing, Phase};
use super::merge::{Ending, Joining, Occurrence};
use super::rule::SubjectFrom;
use super::{Catalogue, Rule, Signal, derived};
use crate::evidence::{Evidence, Fact, FactId, Record, Topology};
use crate::model::{Citation, Clock, Moment, Names, Order, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// What the rules made of the evidence.
pub struct Detected {
    /// In order of onset.
    pub signals: Vec<Signal>,
    /// For each fact, whether any rule knew what it means.
    pub claimed: Vec<bool>,
}

/// Tries each rule on the facts that it may match.
pub fn detect(catalogue: &Catalogue, evidence: &Evidence) -> Detected {
    let candidates = dispatch::candidates(catalogue, &evidence.facts);
    let claimed = vec![false; evidence.facts.len()];
    let mut detector = Detector { evidence, labels: LabelSets::default(), nodes: Names::default(), claimed };
    let mut found: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
    for (rule, candidates) in catalogue.rules.iter().zip(&candidates) {
        let occurrences = detector.occurrences(rule, candidates);
        for (name, mut part) in detector.by_phase(rule, occurrences) {
            found.entry(name).or_default().append(&mut part);
        }
    }
    let mut signals = Vec::new();
    for (rule, candidates) in catalogue.rules.iter().zip(&candidates) {
        let occurrences = found.remove(rule.name.as_str()).unwrap_or_default();
        let endings = detector.endings(rule, candidates);
        let joining = Joining { rule, labels: &detector.labels, nodes: &detector.nodes, evidence };
        signals.extend(joining.join(occurrences, endings));
    }
    derived::add(catalogue, evidence, &mut signals);
    let ranks: BTreeMap<&str, usize> = catalogue.families().zip(0..).collect();
    signals.sort_by(|a, b| order(&ranks, a).cmp(&order(&ranks, b)));
    Detected { signals, claimed: detector.claimed }
}

/// The label of what was so from the start of its pod on.
pub(super) const SINCE: &str = "since";

/// By time; of what is noted at the same moment, by the order of the families.
fn order<'a>(
    ranks: &BTreeMap<&str, usize>,
    signal: &'a Signal,
) -> (DateTime<Utc>, Option<usize>, &'a str, &'a Subject, &'a [Citation]) {
    (signal.from.time, ranks.get(signal.family.as_str()).copied(), &signal.name, &signal.subject, &signal.evidence)
}

struct Detector<'e> {
    evidence: &'e Evidence,
    labels: LabelSets,
    nodes: Names,
    claimed: Vec<bool>,
}

impl Detector<'_> {
    fn occurrences(&mut self, rule: &Rule, candidates: &Candidates) -> Vec<Occurrence> {
        let mut found = Vec::new();
        let evidence = self.evidence;
        for (id, fact) in facts(evidence, &candidates.looks) {
            let looks = (0..).zip(&rule.looks);
            let Some((look, labels)) = looks.filter_map(|(at, look)| Some((at, look.matches(&fact)?))).next() else {
                continue;
            };
            let Some(subject) = subject_of(rule, &fact, &labels, &evidence.topology) else { continue };
            self.claim(id);
            let node = node_of(&fact, &subject, &evidence.topology).map(|node| self.nodes.intern(node));
            let labels = self.labels.add(&labels);
            let whole = Occurrence {
                fact: id,
                look,
                at: fact.at,
                last: fact.last.time,
                count: u32::try_from(fact.count).unwrap_or(u32::MAX),
                subject,
                labels,
                node,
            };
            if apart(rule, &fact) {
                // How many of them were near the first and how many near the last, nobody knows.
                found.push(Occurrence { last: fact.at.time, count: 1, ..whole.clone() });
                found.push(Occurrence { at: fact.last, count: 1, ..whole });
            } else {
                found.push(whole);
            }
        }
        found
    }

    fn endings(&mut self, rule: &Rule, candidates: &Candidates) -> Vec<Ending> {
        let mut found = Vec::new();
        let evidence = self.evidence;
        for (id, fact) in facts(evidence, &candidates.ends) {
            let Some(labels) = rule.ends.iter().find_map(|look| look.matches(&fact)) else { continue };
            let Some(subject) = subject_of(rule, &fact, &labels, &evidence.topology) else { continue };
            self.claim(id);
            for at in [fact.at.time, fact.last.time] {
                found.push(Ending { subject: subject.clone(), at, citation: fact.citation });
            }
        }
        found
    }

    fn claim(&mut self, id: FactId) {
        if let Some(claimed) = self.claimed.get_mut(id.index()) {
            *claimed = true;
        }
    }

    /// The rule that each occurrence belongs to, by the part of its pod's life; both rules, where it stands for failures
    /// of the start and for later ones. What was so from the start on and never ended is marked: such a pod cannot have
    /// left anything.
    fn by_phase<'r>(&mut self, rule: &'r Rule, occurrences: Vec<Occurrence>) -> Vec<(&'r str, Vec<Occurrence>)> {
        let own = rule.name.as_str();
        let (Some(starting), Some(ending)) = (rule.while_starting.as_deref(), rule.while_ending.as_deref()) else {
            return vec![(own, occurrences)];
        };
        let mut runs: BTreeMap<(Subject, Option<String>), Vec<Occurrence>> = BTreeMap::new();
        for occurrence in occurrences {
            let container = self.labels.value(occurrence.labels, "container").map(str::to_owned);
            runs.entry((occurrence.subject.clone(), container)).or_default().push(occurrence);
        }
        let mut found: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
        for ((subject, container), mut occurrences) in runs {
            occurrences.sort_by_key(|occurrence| occurrence.at.time);
            for (phase, run) in self.phases(&subject, container.as_deref(), &occurrences) {
                for occurrence in run.iter().cloned() {
                    for (name, part) in self.placed(phase, occurrence, [own, starting, ending]) {
                        found.entry(name).or_default().push(part);
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// Occurrences, which are in order of time, in runs without a pause, and the part of their pod's life that each is in.
    fn phases<'o>(
        &self,
        subject: &Subject,
        container: Option<&str>,
        occurrences: &'o [Occurrence],
    ) -> Vec<(Phase, &'o [Occurrence])> {
        let probe = occurrences.first().and_then(|one| self.labels.value(one.labels, "probe")).unwrap_or_default();
        let clock = occurrences.first().map_or(Clock::Unknown, |one| one.at.clock);
        let failing = |from, to| Failing { subject, container, probe, from, to, clock };
        let (mut found, mut rest) = (Vec::new(), occurrences);
        while let Some(first) = rest.first() {
            let pause = lives::longest_pause(self.evidence, failing(first.at.time, first.at.time));
            let (from, to, length) = first_run(rest, pause);
            let (run, after) = rest.split_at(length);
            found.push((lives::phase(self.evidence, failing(from, to)), run));
            rest = after;
        }
        found
    }

    /// Whether all that an occurrence stands for was before a moment, as far as is known.
    fn was_over(&self, occurrence: &Occurrence, moment: Moment) -> bool {
        let last = Moment { time: occurrence.last, ..occurrence.at };
        match self.evidence.clocks.order(last, moment) {
            Order::Before => true,
            Order::After | Order::Unknown => false,
        }
    }

    /// An occurrence under the rule of its phase: the rule's own, that of a start, that of an end.
    fn placed<'r>(
        &mut self,
        phase: Phase,
        occurrence: Occurrence,
        [own, starting, ending]: [&'r str; 3],
    ) -> Vec<(&'r str, Occurrence)> {
        match phase {
            Phase::Living => vec![(own, occurrence)],
            Phase::Starting => vec![(starting, occurrence)],
            Phase::Ending => vec![(ending, occurrence)],
            Phase::NeverWell => {
                let labels = self.labels.with(occurrence.labels, SINCE, "start");
                vec![(own, Occurrence { labels, ..occurrence })]
            }
            Phase::StartThenLiving(again) if self.was_over(&occurrence, again) => vec![(starting, occurrence)],
            Phase::StartThenLiving(again) if occurrence.at.time >= again.time => vec![(own, occurrence)],
            Phase::StartThenLiving(again) => {
                // How many of them were before and how many after, nobody knows.
                let first = Occurrence { last: occurrence.at.time, count: 1, ..occurrence.clone() };
                let last = occurrence.last.max(again.time);
                let later = Occurrence { at: again, last, count: 1, ..occurrence };
                vec![(starting, first), (own, later)]
            }
        }
    }
}

fn facts<'e>(evidence: &'e Evidence, ids: &'e [FactId]) -> impl Iterator<Item = (FactId, Fact<'e>)> {
    ids.iter().filter_map(|id| Some((*id, evidence.facts.get(*id)?)))
}

/// Beginning, end and number of the first occurrences that follow each other without too long a pause: at least one, if
/// there is any.
fn first_run(occurrences: &[Occurrence], pause: TimeDelta) -> (DateTime<Utc>, DateTime<Utc>, usize) {
    let from = occurrences.first().map_or(DateTime::UNIX_EPOCH, |first| first.at.time);
    let (mut to, mut length) = (from, 0);
    for occurrence in occurrences {
        if length > 0 && occurrence.at.time - to > pause {
            break;
        }
        to = to.max(occurrence.last);
        length += 1;
    }
    (from, to, length)
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
            // The systemd cgroup driver writes UIDs with underscores.
            Some(uid) => topology.pod_by_uid(&uid.replace('_', "-")).map(|pod| pod.subject()),
            None => Some(fact.subject.clone()),
        },
        SubjectFrom::Template(template) => {
            let mut parts = template.split('/').map(|part| match part.strip_prefix('{') {
                Some(label) => labels.get(label.trim_end_matches('}')).map(str::to_owned),
                None => Some(part.to_owned()),
            });
            let (kind, first, second) = (parts.next()??, parts.next()??, parts.next());
            match second {
                None => Some(Subject::cluster(kind, first)),
                Some(name) => Some(Subject::namespaced(kind, first, name?)),
            }
        }
    }
}

/// A pod's node is where the pod was, whoever reported the record.
fn node_of<'a>(fact: &Fact<'a>, subject: &'a Subject, topology: &'a Topology) -> Option<&'a str> {
    if subject.is("Node") {
        return Some(subject.name());
    }
    let of_then = || topology.pod_at(subject, fact.at.time).and_then(|pod| pod.node.as_deref());
    fact.node.or_else(of_then).or_else(|| topology.node_of(subject))
}
