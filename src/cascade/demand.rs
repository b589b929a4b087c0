//! Who asked for the memory that ran out, node by node.
//!
//! The process that the kernel kills is the largest, not the one that grew. Two records tell more: the kernel's report
//! names the container whose process asked for memory when there was none (`cpuset=`), and an eviction message names
//! the container that used most above its request.

use crate::evidence::Evidence;
use crate::model::{Citation, Subject};
use crate::signals::Signal;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// One such record.
#[derive(Clone, Debug)]
pub struct Demander {
    pub at: DateTime<Utc>,
    /// Its workload, or the pod itself where it has none.
    pub workload: Subject,
    pub kib: Option<u64>,
    pub citation: Citation,
}

/// The demanders of each node, in order of time.
#[derive(Debug, Default)]
pub struct Demand(BTreeMap<String, Vec<Demander>>);

/// A record speaks for shortages this long before and after it.
const NEAR: TimeDelta = TimeDelta::minutes(2);

impl Demand {
    pub fn new(evidence: &Evidence, signals: &[Signal]) -> Self {
        let mut demand = Self::default();
        for signal in signals {
            let Some(node) = &signal.node else { continue };
            let Some((pod, kib)) = asker(evidence, signal).or_else(|| largest(signal)) else { continue };
            let Some(citation) = signal.evidence.first().cloned() else { continue };
            let workload = evidence.topology.workload_of(&pod).unwrap_or_else(|| pod.clone());
            let at = signal.from.time;
            demand.0.entry(node.clone()).or_default().push(Demander { at, workload, kib, citation });
        }
        demand
    }

    /// Who asked on `node` around `at`: those with the largest use named, else the one nearest in time.
    pub fn on(&self, node: &str, at: DateTime<Utc>) -> Option<&Demander> {
        let near = || self.0.get(node).into_iter().flatten().filter(|one| (one.at - at).abs() <= NEAR);
        let largest = near().filter(|one| one.kib.is_some()).max_by_key(|one| one.kib);
        largest.or_else(|| near().min_by_key(|one| (one.at - at).abs()))
    }
}

fn asker(evidence: &Evidence, signal: &Signal) -> Option<(Subject, Option<u64>)> {
    let id = signal.label("asker_container")?;
    evidence.topology.pod_of_container(id).map(|(pod, _)| (pod.subject(), None))
}

fn largest(signal: &Signal) -> Option<(Subject, Option<u64>)> {
    if signal.name != "Evicted" || signal.label("resource") != Some("memory") {
        return None;
    }
    let usage = kib(signal.label("usage")?)?;
    // A pod that used next to nothing was evicted for its low rank, not for its demand.
    (usage > 64 * 1024).then(|| (signal.subject.clone(), Some(usage)))
}

/// `1516156Ki` as the kubelet prints usage.
fn kib(text: &str) -> Option<u64> {
    let (number, factor) = match text.strip_suffix("Ki") {
        Some(number) => (number, 1),
        None => match text.strip_suffix("Mi") {
            Some(number) => (number, 1024),
            None => (text.strip_suffix("Gi")?, 1024 * 1024),
        },
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    #[test]
    fn usage_in_the_kubelets_words() {
        assert_eq!(super::kib("1516156Ki"), Some(1_516_156));
        assert_eq!(super::kib("2Gi"), Some(2 * 1024 * 1024));
        assert_eq!(super::kib("12"), None);
    }
}
