//! Tries every rule on every fact, and joins what belongs together into signals.

use super::lives::{self, Failing, Phase};
use super::merge::{Ending, Occurrence, join};
use super::rule::SubjectFrom;
use super::{Catalogue, Rule, Signal, derived};
use crate::evidence::{Evidence, Fact, Record, Topology};
use crate::model::{Citation, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// What the rules made of the evidence.
pub struct Detected {
    /// In order of onset.
    pub signals: Vec<Signal>,
    /// For each fact, whether any rule knew what it means.
    pub claimed: Vec<bool>,
}

/// Tries all rules on all facts.
pub fn detect(catalogue: &Catalogue, evidence: &Evidence) -> Detected {
    let mut claimed = vec![false; evidence.facts.len()];
    let mut found: BTreeMap<&str, Vec<Occurrence<'_>>> = BTreeMap::new();
    for rule in &catalogue.rules {
        for (name, part) in by_phase(rule, occurrences(rule, evidence, &mut claimed), evidence) {
            found.entry(name).or_default().push(part);
        }
    }
    let mut signals = Vec::new();
    for rule in &catalogue.rules {
        let mut occurrences = found.remove(rule.name.as_str()).unwrap_or_default();
        occurrences.sort_by_key(|occurrence| occurrence.at.time);
        let endings = endings(rule, evidence, &mut claimed);
        signals.extend(join(rule, occurrences, &endings, evidence));
    }
    derived::add(catalogue, evidence, &mut signals);
    signals.sort_by(|a, b| order(a).cmp(&order(b)));
    Detected { signals, claimed }
}

/// The label of what was so from the start of its pod on.
pub(super) const SINCE: &str = "since";

/// By time; of what is noted at the same moment, the layers below come first.
fn order(signal: &Signal) -> (DateTime<Utc>, Option<usize>, &str, &Subject, &[Citation]) {
    const LAYERS: [&str; 9] =
        ["change", "workload", "scheduling", "control-plane", "node", "runtime", "pod", "network", "metric"];
    let layer = LAYERS.iter().position(|layer| *layer == signal.layer);
    (signal.from.time, layer, &signal.name, &signal.subject, &signal.evidence)
}

fn occurrences<'a>(rule: &Rule, evidence: &'a Evidence, claimed: &mut [bool]) -> Vec<Occurrence<'a>> {
    let mut found = Vec::new();
    for (fact, claimed) in evidence.facts.iter().zip(claimed) {
        let looks = rule.looks.iter().enumerate();
        let Some((look, labels)) = looks.filter_map(|(at, look)| Some((at, look.matches(fact)?))).next() else {
            continue;
        };
        let Some(subject) = subject_of(rule, fact, &labels, &evidence.topology) else { continue };
        *claimed = true;
        let node = node_of(fact, &subject, &evidence.topology);
        let new = |at, last, count| Occurrence {
            fact,
            look,
            at,
            last,
            count,
            subject: subject.clone(),
            labels: labels.clone(),
            node: node.clone(),
        };
        if apart(rule, fact) {
            // How many of them were near the first and how many near the last, nobody knows.
            found.push(new(fact.at, fact.at, 1));
            found.push(new(fact.last, fact.last, 1));
        } else {
            found.push(new(fact.at, fact.last, fact.count));
        }
    }
    found
}

/// The rule that each occurrence belongs to, by the part of its pod's life; both rules, where it stands for failures of
/// the start and for later ones. What was so from the start on and never ended is marked: such a pod cannot have left
/// anything.
fn by_phase<'r, 'a>(
    rule: &'r Rule,
    occurrences: Vec<Occurrence<'a>>,
    evidence: &Evidence,
) -> Vec<(&'r str, Occurrence<'a>)> {
    let own = rule.name.as_str();
    let (Some(starting), Some(ending)) = (rule.while_starting.as_deref(), rule.while_ending.as_deref()) else {
        return occurrences.into_iter().map(|occurrence| (own, occurrence)).collect();
    };
    let mut runs: BTreeMap<(Subject, Option<String>), Vec<Occurrence<'a>>> = BTreeMap::new();
    for occurrence in occurrences {
        let container = occurrence.labels.get("container").cloned();
        runs.entry((occurrence.subject.clone(), container)).or_default().push(occurrence);
    }
    let mut found = Vec::new();
    for ((subject, container), mut occurrences) in runs {
        occurrences.sort_by_key(|occurrence| occurrence.at.time);
        let probe = occurrences.first().and_then(|one| one.labels.get("probe").cloned()).unwrap_or_default();
        let failing =
            |from, to| Failing { subject: &subject, container: container.as_deref(), probe: &probe, from, to };
        while !occurrences.is_empty() {
            let (from, to, length) =
                first_run(&occurrences, |from| lives::longest_pause(evidence, failing(from, from)));
            let phase = lives::phase(evidence, failing(from, to));
            for occurrence in occurrences.drain(..length) {
                found.extend(placed(phase, occurrence, [own, starting, ending]));
            }
        }
    }
    found
}

/// Beginning, end and number of the first occurrences that follow each other without too long a pause.
fn first_run(
    occurrences: &[Occurrence<'_>],
    pause: impl Fn(DateTime<Utc>) -> TimeDelta,
) -> (DateTime<Utc>, DateTime<Utc>, usize) {
    let from = occurrences.first().map_or(DateTime::UNIX_EPOCH, |first| first.at.time);
    let pause = pause(from);
    let (mut to, mut length) = (from, 0);
    for occurrence in occurrences {
        if length > 0 && occurrence.at.time - to > pause {
            break;
        }
        to = to.max(occurrence.last.time);
        length += 1;
    }
    (from, to, length)
}

/// An occurrence under the rule of its phase: the rule's own, that of a start, that of an end.
fn placed<'r, 'a>(
    phase: Phase,
    mut occurrence: Occurrence<'a>,
    [own, starting, ending]: [&'r str; 3],
) -> Vec<(&'r str, Occurrence<'a>)> {
    match phase {
        Phase::Living => vec![(own, occurrence)],
        Phase::Starting => vec![(starting, occurrence)],
        Phase::Ending => vec![(ending, occurrence)],
        Phase::NeverWell => {
            occurrence.labels.insert(SINCE.to_owned(), "start".to_owned());
            vec![(own, occurrence)]
        }
        Phase::StartThenLiving(again) if occurrence.last.time < again.earliest() => vec![(starting, occurrence)],
        Phase::StartThenLiving(again) if occurrence.at.time >= again.time => vec![(own, occurrence)],
        Phase::StartThenLiving(again) => {
            // How many of them were before and how many after, nobody knows.
            let first = Occurrence { last: occurrence.at, count: 1, ..occurrence.clone() };
            let later = Occurrence { at: again, last: occurrence.last.max(again), count: 1, ..occurrence };
            vec![(starting, first), (own, later)]
        }
    }
}

/// An event may stand for occurrences that are too far from each other to be one signal; it tells the first and the
/// last of them.
fn apart(rule: &Rule, fact: &Fact) -> bool {
    let span = (fact.last.time - fact.at.time).to_std().unwrap_or_default();
    let between = u32::try_from(fact.count.saturating_sub(1)).unwrap_or(u32::MAX);
    matches!(fact.record, Record::Event { .. }) && between > 0 && span / between > rule.merge
}

fn endings(rule: &Rule, evidence: &Evidence, claimed: &mut [bool]) -> Vec<Ending> {
    let mut found = Vec::new();
    for (fact, claimed) in evidence.facts.iter().zip(claimed) {
        let Some(labels) = rule.ends.iter().find_map(|look| look.matches(fact)) else { continue };
        let Some(subject) = subject_of(rule, fact, &labels, &evidence.topology) else { continue };
        *claimed = true;
        for at in [fact.at.time, fact.last.time] {
            found.push(Ending { subject: subject.clone(), at, citation: fact.citation.clone() });
        }
    }
    found
}

fn subject_of(rule: &Rule, fact: &Fact, labels: &BTreeMap<String, String>, topology: &Topology) -> Option<Subject> {
    match &rule.subject {
        SubjectFrom::About => Some(fact.subject.clone()),
        SubjectFrom::Node => fact.node.as_ref().map(Subject::node),
        SubjectFrom::Pod => match labels.get("pod_uid") {
            // The systemd cgroup driver writes UIDs with underscores.
            Some(uid) => topology.pod_by_uid(&uid.replace('_', "-")).map(|pod| pod.subject()),
            None => Some(fact.subject.clone()),
        },
        SubjectFrom::Template(template) => {
            let mut parts = template.split('/').map(|part| match part.strip_prefix('{') {
                Some(label) => labels.get(label.trim_end_matches('}')).cloned(),
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
fn node_of(fact: &Fact, subject: &Subject, topology: &Topology) -> Option<String> {
    if subject.is("Node") {
        return Some(subject.name().to_owned());
    }
    let of_then = || topology.pod_at(subject, fact.at.time).and_then(|pod| pod.node.clone());
    fact.node.clone().or_else(of_then).or_else(|| topology.node_of(subject).map(str::to_owned))
}
