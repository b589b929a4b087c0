//! `wave`: the same befell pods of several workloads on one node at about the same time, which no workload of its own
//! explains: what they share is the node.

use super::super::{Labels, Rule, Signal};
use super::made::{Made, Which, length};
use crate::evidence::Evidence;
use crate::model::{End, Subject};
use chrono::TimeDelta;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// What befell them, as signals about pods.
    of: Which,
    /// Of how many workloads at least.
    workloads: usize,
    /// From the first to the last at most.
    #[serde(deserialize_with = "length")]
    within: TimeDelta,
}

/// How many pods and workloads it was, and their names.
pub const LABELS: [&str; 3] = ["count", "of", "pods"];

impl Parameters {
    /// The rules that it names.
    pub fn names(&self) -> Vec<&str> {
        self.of.names().collect()
    }
}

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let mut by_node: BTreeMap<String, Vec<&Signal>> = BTreeMap::new();
    let pods = signals.iter().filter(|one| one.subject.is("Pod") && parameters.of.has(one));
    for signal in pods {
        let node = signal.node.as_deref().or_else(|| evidence.topology.node_of(&signal.subject));
        by_node.entry(node.unwrap_or_default().to_owned()).or_default().push(signal);
    }
    by_node.remove("");
    let mut found = Vec::new();
    for (node, mut of_node) in by_node {
        of_node.sort_by_key(|one| (one.from.time, &one.subject));
        let mut rest = of_node.as_slice();
        while let Some(first) = rest.first() {
            let length = rest.partition_point(|one| one.from.time <= first.from.time + parameters.within);
            let (near, after) = rest.split_at(length);
            let workloads: BTreeSet<Subject> = near.iter().map(|one| workload(one, evidence)).collect();
            rest = match workloads.len() >= parameters.workloads {
                true => {
                    found.extend(made(&node, near, workloads.len()).map(|made| made.signal(rule)));
                    after
                }
                false => rest.split_first().map_or(&[], |(_, rest)| rest),
            };
        }
    }
    signals.extend(found);
}

/// The workload of a pod; a pod of none stands for itself.
fn workload(signal: &Signal, evidence: &Evidence) -> Subject {
    evidence.topology.workload_of(&signal.subject).unwrap_or_else(|| signal.subject.clone())
}

fn made(node: &str, of: &[&Signal], workloads: usize) -> Option<Made> {
    let (first, last) = (of.first()?, of.last()?);
    let pods: BTreeSet<&Subject> = of.iter().map(|one| &one.subject).collect();
    let names: Vec<&str> = pods.iter().map(|pod| pod.name()).collect();
    let labels = [("count", pods.len().to_string()), ("of", workloads.to_string()), ("pods", names.join(" "))];
    Some(Made {
        subject: Subject::node(node),
        node: Some(node.to_owned()),
        from: first.from,
        last: last.from.time,
        end: End::At(last.from.time),
        count: 1,
        labels: labels.into_iter().collect::<Labels>(),
        evidence: of.iter().filter_map(|one| one.evidence.first().copied()).collect(),
        occurrences: of.iter().filter_map(|one| one.occurrences.first().copied()).collect(),
        ended_by: last.evidence.first().copied(),
    })
}
