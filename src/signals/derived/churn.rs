//! `churn`: pods of one controller come and go again and again, far more of them than it is to have.
//!
//! A rollout, a drain or an eviction brings each of its pods once or twice. A controller whose pods are refused by a
//! node, deleted by another controller or ended at once makes one after another.

use super::super::{Labels, Rule, Signal};
use super::made::{Made, length};
use crate::evidence::{Evidence, Pod};
use crate::model::{Citation, Clock, End, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// The kinds of controller that are to keep their pods.
    of: Vec<String>,
    /// How many pods came and went at least.
    pods: usize,
    /// How many times as many as it is to have at once.
    times: usize,
    /// From the first arrival to the last at most.
    #[serde(deserialize_with = "length")]
    within: TimeDelta,
}

impl Parameters {
    /// The kinds of controller it is about.
    pub fn kinds(&self) -> Vec<&str> {
        self.of.iter().map(String::as_str).collect()
    }
}

/// How many came and went, and in words how many it is to have, or, where no record says that, were there at once.
pub const LABELS: [&str; 2] = ["count", "kept"];

/// When a pod came and when it went.
type Life<'a> = (DateTime<Utc>, DateTime<Utc>, &'a Pod);

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    // Where no pod was read, one without an object is not gone.
    let has_objects = evidence.topology.pods().iter().any(|pod| pod.object.is_some());
    let mut by_owner: BTreeMap<&Subject, Vec<Life<'_>>> = BTreeMap::new();
    for pod in evidence.topology.pods() {
        let Some(owner) = pod.owner.as_ref().filter(|owner| parameters.of.iter().any(|kind| owner.is(kind))) else {
            continue;
        };
        if let (Some(came), Some(went)) = (pod.arrived(), went(pod, has_objects)) {
            by_owner.entry(owner).or_default().push((came, went, pod));
        }
    }
    for (owner, mut pods) in by_owner {
        pods.retain(|(came, ..)| *came >= evidence.window.from);
        pods.sort_by_key(|(came, _, pod)| (*came, &pod.name));
        let replicas = evidence.topology.workload(owner).and_then(|workload| workload.replicas);
        let (wanted, kept) = match replicas.and_then(|replicas| usize::try_from(replicas).ok()) {
            Some(replicas) => (replicas, format!("of which {replicas} should be there")),
            None => (at_once(&pods), format!("at most {} of them at once", at_once(&pods))),
        };
        let least = parameters.pods.max(wanted.saturating_mul(parameters.times));
        let span = spans(&pods, least, parameters.within).and_then(|span| made(owner, span, kept));
        signals.extend(span.map(|made| made.signal(rule)));
    }
}

/// When a pod was over: it finished, was to stop, or has no object any more although others have.
fn went(pod: &Pod, has_objects: bool) -> Option<DateTime<Utc>> {
    let finished = pod.object.as_ref().and_then(|object| object.finished);
    let gone = || pod.last_seen.filter(|_| has_objects && pod.object.is_none());
    finished.into_iter().chain(pod.stopping).min().or_else(gone)
}

/// The most of these pods, which are in the order in which they came, that were there at the same time.
fn at_once(pods: &[Life<'_>]) -> usize {
    let mut ends: Vec<DateTime<Utc>> = pods.iter().map(|(_, went, _)| *went).collect();
    ends.sort_unstable();
    let gone_before = |at: DateTime<Utc>| ends.partition_point(|end| *end < at);
    let there = (1_usize..).zip(pods).map(|(came, (at, ..))| came.saturating_sub(gone_before(*at)));
    // Clocks of several machines may have one go before it came.
    there.max().unwrap_or_default().max(1)
}

/// From the first of so many pods that came closely enough, to the last that followed as closely.
fn spans<'p, 'a>(pods: &'p [Life<'a>], least: usize, within: TimeDelta) -> Option<&'p [Life<'a>]> {
    let is_close = |many: &[Life<'_>]| {
        many.first().zip(many.last()).is_some_and(|((first, ..), (last, ..))| *last - *first <= within)
    };
    let mut closely = pods.windows(least.max(1)).enumerate().filter(|(_, many)| is_close(many)).map(|(at, _)| at);
    let first = closely.next()?;
    let last = closely.next_back().unwrap_or(first);
    pods.get(first..last + least.max(1))
}

fn made(owner: &Subject, pods: &[Life<'_>], kept: String) -> Option<Made> {
    let (first, ..) = pods.first()?;
    let last = pods.iter().map(|(_, went, _)| *went).max()?;
    let record = |pod: &Pod| pod.object.as_ref().map(|object| object.citation).or(pod.last_record);
    let evidence: Vec<Citation> = pods.iter().filter_map(|(_, _, pod)| record(pod)).collect();
    let labels = [("count", pods.len().to_string()), ("kept", kept)];
    (!evidence.is_empty()).then(|| Made {
        subject: owner.clone(),
        node: None,
        from: Moment::to_the_second(*first).by(Clock::Component),
        last,
        end: End::Unknown,
        count: pods.len() as u64,
        labels: labels.into_iter().collect::<Labels>(),
        evidence,
        occurrences: Vec::new(),
        ended_by: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_were_there_at_once_whatever_clocks_say() {
        let pod = Pod::default();
        let at = |second: i64| DateTime::from_timestamp(second, 0).expect("a time");
        let most = |lives: &[(i64, i64)]| {
            at_once(&lives.iter().map(|(came, went)| (at(*came), at(*went), &pod)).collect::<Vec<_>>())
        };
        assert_eq!(most(&[(0, 10), (5, 20), (11, 12), (30, 40)]), 2);
        assert_eq!(most(&[(100, 50), (200, 60)]), 1, "gone before they came");
        assert_eq!(most(&[]), 1);
    }
}
