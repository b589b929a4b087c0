//! Who asked for the memory that ran out, node by node.
//!
//! The process that the kernel kills is the largest, not the one that grew. Two records tell more: the kernel's report
//! names the container whose process asked for memory when there was none (`cpuset=`), and an eviction message names
//! the container that used most above its request.

use crate::evidence::{Evidence, Record};
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
    pub citation: Citation,
}

/// The records of each node, in order of time: every kill's asker, and evicted pods that used much.
#[derive(Debug, Default)]
pub struct Demand {
    askers: BTreeMap<String, Vec<Demander>>,
    users: BTreeMap<String, Vec<(u64, Demander)>>,
}

/// A record speaks for shortages this long before and after it.
const NEAR: TimeDelta = TimeDelta::minutes(2);

/// An evicted pod that used less (in KiB) was evicted for its low rank, not for its demand.
const MUCH: u64 = 256 * 1024;

impl Demand {
    pub fn new(evidence: &Evidence, signals: &[Signal]) -> Self {
        let mut demand = Self::default();
        let workload = |pod: &Subject| evidence.topology.workload_of(pod).unwrap_or_else(|| pod.clone());
        for fact in &evidence.facts {
            let (Some(node), Some(pod)) = (&fact.node, asker(evidence, &fact.record)) else { continue };
            let one = Demander { at: fact.at.time, workload: workload(&pod), citation: fact.citation.clone() };
            demand.askers.entry(node.clone()).or_default().push(one);
        }
        for signal in signals {
            let (Some(node), Some(kib)) = (&signal.node, evicted_usage(signal)) else { continue };
            let Some(citation) = signal.evidence.first().cloned() else { continue };
            let one = Demander { at: signal.from.time, workload: workload(&signal.subject), citation };
            demand.users.entry(node.clone()).or_default().push((kib, one));
        }
        demand
    }

    /// Who asked on `node` around `at`: the evicted pod that used most, else the workload that most kills name.
    ///
    /// A single kill may name a bystander that happened to ask when nothing was left; the one that grows asks again
    /// and again.
    pub fn on(&self, node: &str, at: DateTime<Utc>) -> Option<&Demander> {
        let near = |one: &Demander| (one.at - at).abs() <= NEAR;
        let users = self.users.get(node).into_iter().flatten().filter(|(_, one)| near(one));
        if let Some((_, largest)) = users.max_by_key(|(kib, _)| *kib) {
            return Some(largest);
        }
        let mut votes: BTreeMap<&Subject, (usize, &Demander)> = BTreeMap::new();
        for one in self.askers.get(node).into_iter().flatten().filter(|one| near(one)) {
            votes.entry(&one.workload).or_insert((0, one)).0 += 1;
        }
        let most = votes.into_values().max_by_key(|(count, first)| (*count, std::cmp::Reverse(first.at)));
        most.map(|(_, first)| first)
    }
}

/// The pod whose process asked for memory when there was none: `cpuset=` of the kernel's report ends in a container ID.
fn asker(evidence: &Evidence, record: &Record) -> Option<Subject> {
    let Record::Journal { unit, message, .. } = record else { return None };
    if unit != "kernel" || !message.contains("oom-kill:constraint=") {
        return None;
    }
    if is_own_limit(message) {
        return None;
    }
    let (_, rest) = message.split_once("cpuset=")?;
    let id = rest.split(',').next()?.trim_end_matches(".scope");
    let id = id.rsplit(['-', '/']).next()?;
    evidence.topology.pod_of_container(id).map(|(pod, _)| pod.subject())
}

/// Whether the memory that was used up is that of a container or a pod alone: its node need not be short of any.
fn is_own_limit(message: &str) -> bool {
    let full = message.split_once("oom_memcg=").and_then(|(_, rest)| rest.split(',').next()).unwrap_or_default();
    let last = full.rsplit('/').next().unwrap_or_default();
    last.len() >= 64 || last.starts_with("pod") || last.contains("-pod")
}

fn evicted_usage(signal: &Signal) -> Option<u64> {
    if signal.name != "Evicted" || signal.label("resource") != Some("memory") {
        return None;
    }
    kib(signal.label("usage")?).filter(|usage| *usage >= MUCH)
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
    use super::*;

    fn one(workload: &str, seconds: i64) -> Demander {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let workload = Subject::namespaced("Deployment", "shop", workload);
        Demander { at, workload, citation: Citation::new("nodes/node-1/journal/kernel.log", 1, "oom-kill") }
    }

    fn on(askers: Vec<Demander>, users: Vec<(u64, Demander)>) -> Option<String> {
        let node = || "node-1".to_owned();
        let demand = Demand { askers: BTreeMap::from([(node(), askers)]), users: BTreeMap::from([(node(), users)]) };
        demand.on("node-1", DateTime::UNIX_EPOCH).map(|found| found.workload.name().to_owned())
    }

    #[test]
    fn a_bystander_that_asked_once_is_outvoted() {
        let askers = vec![one("prometheus", 0), one("alerter", 1), one("alerter", 2)];
        assert_eq!(on(askers, Vec::new()).as_deref(), Some("alerter"));
    }

    #[test]
    fn large_use_is_believed_before_votes() {
        let askers = vec![one("cache", 0), one("cache", 1), one("alerter", 2)];
        assert_eq!(on(askers, vec![(1_515_984, one("alerter", 3))]).as_deref(), Some("alerter"));
    }

    #[test]
    fn records_of_another_time_do_not_count() {
        assert_eq!(on(vec![one("alerter", 600)], vec![(1_515_984, one("alerter", -600))]), None);
    }

    #[test]
    fn a_limit_of_its_own_is_no_shortage_of_the_node() {
        let id = "2a2534196c57e9cf1b43f463b32da6907cf0b2b86a50ca629f27e859365f4485";
        let own = format!("oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/kubepods/burstable/podx/{id},task_memcg=/x");
        assert!(is_own_limit(&own));
        assert!(is_own_limit("oom_memcg=/kubepods.slice/kubepods-burstable-pode3e2d884_9263.slice,task_memcg=/x"));
        assert!(!is_own_limit("oom_memcg=/node-1/kubepods,task_memcg=/node-1/kubepods/burstable/podx/y"));
    }

    #[test]
    fn usage_in_the_kubelets_words() {
        assert_eq!(kib("1516156Ki"), Some(1_516_156));
        assert_eq!(kib("2Gi"), Some(2 * 1024 * 1024));
        assert_eq!(kib("12"), None);
    }
}
