//! The pods that a run may have made, found by the words that name their release, and what was so of each when it ended.

use super::PodState;
use crate::evidence::{Fact, Facts, Pod, Record, Topology};
use crate::model::{Citation, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// Labels by which Helm and its charts name the release of a pod.
const LABELS: [&str; 3] = ["app.kubernetes.io/instance", "release", "helm.sh/chart"];

/// A probe that failed so long before the end was failing still: three of the periods that are the default.
const STILL: TimeDelta = TimeDelta::seconds(30);

/// How much later a time that is written in whole seconds may be.
const A_SECOND: TimeDelta = TimeDelta::seconds(1);

/// Pods by the names of their releases, and by their namespace.
pub struct PodsByRelease<'a> {
    pods: &'a [Pod],
    by_name: BTreeMap<String, Vec<usize>>,
}

impl<'a> PodsByRelease<'a> {
    /// Those of a topology, which are in order of arrival.
    pub fn new(topology: &'a Topology) -> Self {
        let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, pod) in topology.pods().iter().enumerate() {
            let mut names: Vec<String> = stems(&pod.name).map(str::to_owned).collect();
            let labels = topology.labels_of(pod).into_iter().flatten();
            names.extend(labels.filter(|(label, _)| LABELS.contains(&label.as_str())).map(|(_, value)| value.clone()));
            names.extend(topology.workload_of_pod(pod).map(|workload| workload.name().to_owned()));
            names.sort_unstable();
            names.dedup();
            for name in names {
                by_name.entry(name).or_default().push(index);
            }
        }
        Self { pods: topology.pods(), by_name }
    }

    /// The pods of the release that `words` name, which came within a time; of several names the longest.
    pub fn named(&self, words: &str, within: (Option<DateTime<Utc>>, DateTime<Utc>)) -> Vec<&'a Pod> {
        let is_in_name = |one: char| one.is_alphanumeric() || matches!(one, '-' | '.' | '_');
        let mut names: Vec<&str> = words.split(|one| !is_in_name(one)).filter(|word| !word.is_empty()).collect();
        names.sort_by_key(|name| (std::cmp::Reverse(name.len()), *name));
        let found = names.into_iter().map(|name| self.within(self.by_name.get(name), within));
        found.into_iter().find(|pods| !pods.is_empty()).unwrap_or_default()
    }

    /// All that came within a time.
    pub fn that_came(&self, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> impl Iterator<Item = &'a Pod> {
        let before = |at: DateTime<Utc>| self.pods.partition_point(|pod| pod.arrived().is_none_or(|came| came < at));
        self.pods.get(before(from)..before(to)).unwrap_or_default().iter()
    }

    fn within(&self, of: Option<&Vec<usize>>, (from, to): (Option<DateTime<Utc>>, DateTime<Utc>)) -> Vec<&'a Pod> {
        let of = of.map_or(&[][..], Vec::as_slice);
        let came = |index: &usize| self.pods.get(*index).and_then(Pod::arrived);
        let first = of.partition_point(|index| came(index).is_none_or(|at| from.is_some_and(|from| at < from)));
        let last = of.partition_point(|index| came(index).is_none_or(|at| at < to + A_SECOND));
        of.get(first..last).unwrap_or_default().iter().filter_map(|index| self.pods.get(*index)).collect()
    }
}

/// `market-6` and `market` of `market-6-69759f9778-m8592`: a release gives its name to what it makes.
fn stems(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('-').filter_map(|(at, _)| name.get(..at))
}

/// What records tell of the beginning of pods: which they are, and how long probes failed.
#[derive(Default)]
pub struct Beginnings<'a>(BTreeMap<&'a Subject, Beginning>);

#[derive(Default)]
struct Beginning {
    scheduled: Option<Citation>,
    started: Option<Citation>,
    /// From when to when a readiness or startup probe failed, and the last record of it.
    failing: Vec<(DateTime<Utc>, DateTime<Utc>, Citation)>,
}

impl<'a> Beginnings<'a> {
    pub fn new(facts: &'a Facts) -> Self {
        let mut all = Self::default();
        for fact in facts.iter().filter(|fact| fact.subject.is("Pod")) {
            let Record::Event { reason, note, .. } = fact.record else { continue };
            match reason {
                "Scheduled" => all.of(&fact).scheduled = Some(fact.citation),
                "Started" => drop(all.of(&fact).started.get_or_insert(fact.citation)),
                "Unhealthy" if note.starts_with("Readiness probe") || note.starts_with("Startup probe") => {
                    all.of(&fact).failing.push((fact.at.time, fact.last.time, fact.citation));
                }
                _ => {}
            }
        }
        all
    }

    fn of(&mut self, fact: &Fact<'a>) -> &mut Beginning {
        self.0.entry(fact.subject).or_default()
    }

    /// Why a pod was not ready at a time, and the records that show it; none where it was, or nothing tells.
    pub fn unready(&self, pod: &Pod, at: DateTime<Utc>) -> Option<(PodState, Vec<Citation>)> {
        let subject = pod.subject();
        let told = self.0.get(&subject);
        let began: Vec<Citation> = told.into_iter().flat_map(|one| [one.scheduled, one.started]).flatten().collect();
        let object = || pod.object.as_ref().map(|object| object.citation);
        if pod.ready.is_some_and(|(ready, since)| ready && since <= at) {
            return None;
        }
        let started = pod.started.times().min();
        if started.is_none_or(|started| started > at) {
            let state = if pod.node.is_some() { PodState::NotStarted } else { PodState::NotScheduled };
            let evidence = if began.is_empty() { object().or(pod.last_record).into_iter().collect() } else { began };
            return Some((state, evidence));
        }
        if let Some((ready, since)) = pod.ready
            && (ready || since <= at)
        {
            return Some((PodState::NotReady, object().into_iter().collect()));
        }
        let end = pod.stopping.map_or(at, |stopping| stopping.min(at));
        let fails = |(from, last, _): &&(DateTime<Utc>, DateTime<Utc>, Citation)| *from < end && *last >= end - STILL;
        let failing = told?.failing.iter().find(fails)?;
        Some((PodState::ProbeFailing, vec![failing.2]))
    }

    /// Whether a pod is known to have become ready only after a time, and the records that show it.
    pub fn ready_later(&self, pod: &Pod, at: DateTime<Utc>) -> Option<(PodState, Vec<Citation>)> {
        let later = at + A_SECOND;
        let started = pod.started.times().min().is_some_and(|started| started > later);
        let ready = pod.ready.is_some_and(|(ready, since)| ready && since > later);
        // A pod that was ready, failed, and is ready again has a start long before.
        let is_first = pod.restarted.times().next().is_none();
        if started || ready && is_first { self.unready(pod, at) } else { None }
    }
}
