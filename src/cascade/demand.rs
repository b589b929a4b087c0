//! Who asked for the memory that ran out, node by node.
//!
//! The process that the kernel kills is the largest, not the one that grew. Two records tell more: the kernel's report
//! names the container whose process asked for memory when there was none (`cpuset=`), and an eviction message names
//! the container that used most above its request.

use crate::evidence::{Evidence, Fact, Topology};
use crate::model::{Citation, Subject};
use crate::signals::{Catalogue, Role, Rule, Signal, as_uid};
use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A record of the kernel that it killed a process because memory ran out, as the catalogue reads it.
#[derive(Clone, Debug)]
pub struct Kill {
    pub node: String,
    pub at: DateTime<Utc>,
    pub citation: Citation,
    /// As the API writes it.
    pub victim_uid: Option<String>,
    /// The container whose process asked for memory, unless it had only reached a limit of its own or of its pod: then
    /// its node need not be short of any.
    pub asker: Option<String>,
}

impl Kill {
    /// All of them, in order of time.
    pub fn all(catalogue: &Catalogue, evidence: &Evidence, signals: &[Signal]) -> Vec<Self> {
        let is_kill = |signal: &&Signal| signal.has(Role::Shortage) && signal.has(Role::MemoryKill);
        let of = |signal: &Signal| -> Vec<Self> {
            let Some(rule) = catalogue.rule(&signal.name) else { return Vec::new() };
            let facts = signal.occurrences.iter().filter_map(|id| evidence.facts.get(*id));
            facts.filter_map(|fact| Self::of(rule, &fact)).collect()
        };
        let mut kills: Vec<Self> = signals.par_iter().filter(is_kill).flat_map_iter(of).collect();
        kills.sort_by_key(|kill| (kill.at, kill.citation));
        kills.dedup_by_key(|kill| kill.citation);
        kills
    }

    fn of(rule: &Rule, fact: &Fact<'_>) -> Option<Self> {
        let labels = rule.captures(fact)?;
        let own_limit = matches!(labels.first("scope"), Some("container" | "pod"));
        Some(Self {
            node: fact.node?.to_owned(),
            at: fact.at.time,
            citation: fact.citation,
            victim_uid: labels.first("victim_uid").map(as_uid),
            asker: labels.first("asker_container").filter(|_| !own_limit).map(str::to_owned),
        })
    }
}

/// One such record.
#[derive(Clone, Debug)]
pub struct MemoryConsumer {
    pub at: DateTime<Utc>,
    /// Its workload, or the pod itself where it has none.
    pub workload: Subject,
    pub citation: Citation,
}

/// The records of each node, in order of time: every kill's asker, evicted pods that used much, and whose pods were put
/// out, by a kill or an eviction.
#[derive(Debug, Default)]
pub struct Demand {
    askers: BTreeMap<String, Vec<MemoryConsumer>>,
    users: BTreeMap<String, Vec<(u64, MemoryConsumer)>>,
    victims: BTreeMap<String, Vec<(DateTime<Utc>, Subject)>>,
}

/// A record speaks for shortages this long after it, that of an eviction also before it.
const NEAR: TimeDelta = TimeDelta::minutes(2);

/// Who asks this long after the beginning of a shortage need not have made it. A bystander that was killed asks again
/// whenever it is started, which is after 10 s, then 20 s, then 40 s (the back-off of containers in pkg/kubelet/kubelet.go):
/// in the end more often than the one that grows.
const AT_THE_BEGINNING: TimeDelta = TimeDelta::seconds(30);

/// An evicted pod that used less (in KiB) was evicted for its low rank, not for its demand.
const MUCH: u64 = 256 * 1024;

impl Demand {
    pub fn new(topology: &Topology, signals: &[Signal], kills: &[Kill]) -> Self {
        let mut demand = Self::default();
        let workload = |pod: &Subject| topology.workload_of(pod).unwrap_or_else(|| pod.clone());
        for kill in kills {
            let victim = kill.victim_uid.as_ref().and_then(|uid| topology.pod_by_uid(uid));
            if let Some(victim) = victim {
                let one = (kill.at, workload(&victim.subject()));
                demand.victims.entry(kill.node.clone()).or_default().push(one);
            }
            let pod = kill.asker.as_ref().and_then(|id| topology.pod_of_container(id)).map(|(pod, _)| pod.subject());
            let Some(pod) = pod else { continue };
            let one = MemoryConsumer { at: kill.at, workload: workload(&pod), citation: kill.citation };
            demand.askers.entry(kill.node.clone()).or_default().push(one);
        }
        for signal in signals.iter().filter(|signal| signal.has(Role::Evicted)) {
            let Some(node) = &signal.node else { continue };
            let victim = (signal.from.time, workload(&signal.subject));
            demand.victims.entry(node.clone()).or_default().push(victim);
            let Some(kib) = evicted_usage(signal) else { continue };
            let Some(citation) = signal.evidence.first().cloned() else { continue };
            let one = MemoryConsumer { at: signal.from.time, workload: workload(&signal.subject), citation };
            demand.users.entry(node.clone()).or_default().push((kib, one));
        }
        demand.askers.values_mut().for_each(|askers| askers.sort_by_key(|one| one.at));
        demand.users.values_mut().for_each(|users| users.sort_by_key(|(_, one)| one.at));
        demand.victims.values_mut().for_each(|victims| victims.sort());
        demand
    }

    /// Who asked on `node` around `at`: the evicted pod that used most, else the workload that most kills name.
    ///
    /// A single kill may name a bystander that happened to ask when nothing was left; the one that grows asks again
    /// and again. Whoever was put out since the shortage began asks once more as it starts anew, here or in a new pod, which
    /// tells nothing of who made it.
    pub fn on(&self, node: &str, at: DateTime<Utc>) -> Option<&MemoryConsumer> {
        let users = around(self.users.get(node), at, |(_, one)| one.at);
        if let Some((_, largest)) = users.max_by_key(|(kib, _)| *kib) {
            return Some(largest);
        }
        let mut votes: BTreeMap<&Subject, (usize, &MemoryConsumer)> = BTreeMap::new();
        let askers = around(self.askers.get(node), at, |one| one.at);
        let put_out = |one: &MemoryConsumer| {
            let victims = self.victims.get(node).map_or(&[][..], Vec::as_slice).iter();
            let mut since = victims.skip_while(|(gone, _)| *gone < at).take_while(|(gone, _)| *gone < one.at);
            since.any(|(_, workload)| *workload == one.workload)
        };
        for one in askers.take_while(|one| one.at - at <= AT_THE_BEGINNING).filter(|one| !put_out(one)) {
            votes.entry(&one.workload).or_insert((0, one)).0 += 1;
        }
        let most = votes.into_values().max_by_key(|(count, first)| (*count, std::cmp::Reverse(first.at)));
        most.map(|(_, first)| first)
    }
}

/// The records of a list in order of time that speak for a shortage at `at`.
fn around<T>(
    records: Option<&Vec<T>>,
    at: DateTime<Utc>,
    time: impl Fn(&T) -> DateTime<Utc>,
) -> impl Iterator<Item = &T> {
    let records = records.map_or(&[][..], Vec::as_slice);
    let first = records.partition_point(|one| at - time(one) > NEAR);
    records.iter().skip(first).take_while(move |one| time(one) - at <= NEAR)
}

fn evicted_usage(signal: &Signal) -> Option<u64> {
    if signal.label("resource") != Some("memory") {
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

    fn one(workload: &str, seconds: i64) -> MemoryConsumer {
        let at = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let workload = Subject::namespaced("Deployment", "shop", workload);
        MemoryConsumer { at, workload, citation: Citation::default() }
    }

    fn on(askers: Vec<MemoryConsumer>, users: Vec<(u64, MemoryConsumer)>) -> Option<String> {
        let node = || "node-1".to_owned();
        let (askers, users) = (BTreeMap::from([(node(), askers)]), BTreeMap::from([(node(), users)]));
        let demand = Demand { askers, users, ..Demand::default() };
        demand.on("node-1", DateTime::UNIX_EPOCH).map(|found| found.workload.name().to_owned())
    }

    #[test]
    fn a_bystander_that_asked_once_is_outvoted() {
        let askers = vec![one("prometheus", 0), one("alerter", 1), one("alerter", 2)];
        assert_eq!(on(askers, Vec::new()).as_deref(), Some("alerter"));
    }

    #[test]
    fn a_bystander_that_is_started_again_is_not_asked_for_later() {
        let mut askers = vec![one("alerter", 0), one("alerter", 4), one("prometheus", 7), one("alerter", 7)];
        askers.extend([16, 31, 68, 72, 76].map(|second| one("prometheus", second)));
        assert_eq!(on(askers, Vec::new()).as_deref(), Some("alerter"));
    }

    /// Prometheus was killed first, and its replacements read their data back while the alerter, which was moved there three
    /// seconds before, grew on.
    #[test]
    fn whoever_was_put_out_asks_again_without_having_made_the_shortage() {
        let asked = [("alerter", 0), ("alerter", 4), ("prometheus", 8), ("prometheus", 9), ("alerter", 16)];
        let later = [("prometheus", 17), ("prometheus", 21)];
        let askers: Vec<_> = asked.iter().chain(&later).map(|(workload, at)| one(workload, *at)).collect();
        let victims = [("prometheus", 0), ("prometheus", 4), ("prometheus", 8), ("alerter", 9), ("prometheus", 16)];
        let victims = victims.map(|(workload, at)| (one(workload, at).at, one(workload, at).workload));
        let node = || "node-1".to_owned();
        let askers = BTreeMap::from([(node(), askers)]);
        let unaware = Demand { askers: askers.clone(), ..Demand::default() };
        let demand = Demand { askers, victims: BTreeMap::from([(node(), victims.to_vec())]), ..Demand::default() };
        let found =
            |demand: &Demand| demand.on("node-1", DateTime::UNIX_EPOCH).map(|one| one.workload.name().to_owned());
        assert_eq!(found(&unaware).as_deref(), Some("prometheus"), "it asked more often");
        assert_eq!(found(&demand).as_deref(), Some("alerter"));
        let put_out_before = vec![(one("alerter", -60).at, one("alerter", -60).workload)];
        let demand = Demand { victims: BTreeMap::from([(node(), put_out_before)]), ..demand };
        assert_eq!(found(&demand).as_deref(), Some("prometheus"), "that was another shortage");
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
    fn usage_in_the_kubelets_words() {
        assert_eq!(kib("1516156Ki"), Some(1_516_156));
        assert_eq!(kib("2Gi"), Some(2 * 1024 * 1024));
        assert_eq!(kib("12"), None);
    }
}
