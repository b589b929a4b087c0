//! Tries every rule on every fact, and joins what belongs together into signals.

use super::merge::{Ending, Occurrence, join};
use super::rule::SubjectFrom;
use super::{Catalogue, Rule, Signal, derived};
use crate::evidence::{Evidence, Fact, Record, Topology};
use crate::model::{Citation, Subject};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// All signals of the evidence, in order of onset.
pub fn detect(catalogue: &Catalogue, evidence: &Evidence) -> Vec<Signal> {
    let mut signals = Vec::new();
    for rule in &catalogue.rules {
        let mut occurrences = occurrences(rule, evidence);
        occurrences.sort_by_key(|occurrence| occurrence.at.time);
        let endings = endings(rule, evidence);
        signals.extend(join(rule, occurrences, &endings, evidence));
    }
    derived::add(catalogue, evidence, &mut signals);
    signals.sort_by(|a, b| order(a).cmp(&order(b)));
    signals
}

/// By time; of what is noted at the same moment, the layers below come first.
fn order(signal: &Signal) -> (DateTime<Utc>, Option<usize>, &str, &Subject, &[Citation]) {
    const LAYERS: [&str; 9] =
        ["change", "workload", "scheduling", "control-plane", "node", "runtime", "pod", "network", "metric"];
    let layer = LAYERS.iter().position(|layer| *layer == signal.layer);
    (signal.from.time, layer, &signal.name, &signal.subject, &signal.evidence)
}

fn occurrences<'a>(rule: &Rule, evidence: &'a Evidence) -> Vec<Occurrence<'a>> {
    let mut found = Vec::new();
    for fact in &evidence.facts {
        let Some(labels) = rule.looks.iter().find_map(|look| look.matches(fact)) else { continue };
        let Some(subject) = subject_of(rule, fact, &labels, &evidence.topology) else { continue };
        let node = node_of(fact, &subject, &evidence.topology);
        let new = |at, last, count| Occurrence {
            fact,
            at,
            last,
            count,
            subject: subject.clone(),
            labels: labels.clone(),
            node: node.clone(),
        };
        if apart(rule, fact) {
            found.push(new(fact.at, fact.at, fact.count - 1));
            found.push(new(fact.last, fact.last, 1));
        } else {
            found.push(new(fact.at, fact.last, fact.count));
        }
    }
    found
}

/// An event may stand for occurrences that are too far from each other to be one signal; it tells the first and the
/// last of them.
fn apart(rule: &Rule, fact: &Fact) -> bool {
    let span = (fact.last.time - fact.at.time).to_std().unwrap_or_default();
    let between = u32::try_from(fact.count.saturating_sub(1)).unwrap_or(u32::MAX);
    matches!(fact.record, Record::Event { .. }) && between > 0 && span / between > rule.merge
}

fn endings(rule: &Rule, evidence: &Evidence) -> Vec<Ending> {
    let mut found = Vec::new();
    for fact in &evidence.facts {
        let Some(labels) = rule.ends.iter().find_map(|look| look.matches(fact)) else { continue };
        let Some(subject) = subject_of(rule, fact, &labels, &evidence.topology) else { continue };
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
    fact.node.clone().or_else(|| topology.node_of(subject).map(str::to_owned))
}
