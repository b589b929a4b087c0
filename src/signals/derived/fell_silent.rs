//! `fell-silent`: a container that wrote steadily writes no more, though it runs and others write on.
//!
//! Programs are silent for many good reasons, so only what stands out is told: it had written for longer than it is
//! silent now, never paused for more than a small part of that, its log came whole, and the same program in another pod
//! writes on, or where there is no other, something else on its node.

use super::super::{Labels, Rule, Signal};
use super::made::{Made, length};
use crate::evidence::{Activity, Evidence, FactId, Pod, Record};
use crate::model::{Citation, End, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// Fewer lines tell no rate.
    lines: u64,
    /// How many times as long as its longest pause it has to be silent at least.
    times: i32,
    /// How long it has to be silent at least.
    #[serde(deserialize_with = "length")]
    at_least: TimeDelta,
}

/// The container, how many seconds it was silent, and the longest pause it had made before.
pub const LABELS: [&str; 3] = ["container", "seconds", "pause"];

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let view = View::new(parameters, evidence);
    let found: Vec<Signal> =
        view.logs.iter().filter_map(|log| view.silent(log)).map(|made| made.signal(rule)).collect();
    signals.extend(found);
}

/// A log of a pod that is there, whole until it was asked for.
struct Log<'a> {
    of: &'a Activity,
    pod: &'a Pod,
    asked: DateTime<Utc>,
    silence: TimeDelta,
}

struct View<'a> {
    parameters: &'a Parameters,
    logs: Vec<Log<'a>>,
    /// When each container that runs was started.
    running: BTreeMap<(&'a Subject, &'a str), (DateTime<Utc>, FactId, Citation)>,
    evidence: &'a Evidence,
}

impl<'a> View<'a> {
    fn new(parameters: &'a Parameters, evidence: &'a Evidence) -> Self {
        let mut running = BTreeMap::new();
        for (id, fact) in evidence.facts.numbered_from(0) {
            if let Record::Running { container, .. } = fact.record {
                running.insert((fact.subject, container), (fact.at.time, id, fact.citation));
            }
        }
        let log = |of: &'a Activity| {
            let asked = of.asked?;
            let is_there = |pod: &&Pod| pod.object.as_ref().is_some_and(|object| object.finished.is_none());
            let pod = evidence.topology.pod_at(&of.subject, of.last.at.time).filter(is_there)?;
            let is_meant = of.uid.is_none() && pod.stopping.is_none();
            is_meant.then_some(Log { of, pod, asked, silence: asked - of.last.at.time })
        };
        let logs = evidence.activities.iter().filter(|one| one.subject.is("Pod")).filter_map(log).collect();
        Self { parameters, logs, running, evidence }
    }

    fn silent(&self, log: &Log<'a>) -> Option<Made> {
        let (of, silence) = (log.of, log.silence);
        let (started, run, running) = *self.running.get(&(&of.subject, of.writer.as_str()))?;
        let is_steady = of.lines >= self.parameters.lines
            && of.last.at.time - of.first.at.time >= silence
            && silence >= self.parameters.at_least
            && of.longest * self.parameters.times <= silence;
        // The log of the life before ends with that life.
        let is_its_own = started <= of.last.at.time;
        let in_window = of.last.at.time >= self.evidence.window.from;
        let witness = if is_steady && is_its_own && in_window { self.goes_on(log) } else { None };
        let witness = witness?;
        let labels = [
            ("container", of.writer.clone()),
            ("seconds", silence.num_seconds().to_string()),
            ("pause", of.longest.num_seconds().max(1).to_string()),
        ];
        Some(Made {
            subject: of.subject.clone(),
            node: log.pod.node.clone(),
            from: of.last.at,
            last: log.asked,
            end: End::Ongoing,
            count: 1,
            labels: labels.into_iter().collect::<Labels>(),
            evidence: vec![of.last.citation, running, witness],
            occurrences: vec![run],
            ended_by: None,
        })
    }

    /// The last line of another that writes on: the same program in another pod, or where it has none, anything on its
    /// node.
    fn goes_on(&self, log: &Log<'a>) -> Option<Citation> {
        let topology = &self.evidence.topology;
        let workload = topology.workload_of_pod(log.pod);
        let is_other = |one: &&Log<'a>| one.pod.uid != log.pod.uid;
        let is_alike = |one: &&Log<'a>| {
            one.of.writer == log.of.writer && workload.is_some() && topology.workload_of_pod(one.pod) == workload
        };
        let mut alike = self.logs.iter().filter(is_other).filter(is_alike).peekable();
        let writes_on = |one: &&Log<'a>| one.silence * self.parameters.times <= log.silence;
        if alike.peek().is_some() {
            return alike.find(writes_on).map(|one| one.of.last.citation);
        }
        let is_near = |one: &&Log<'a>| one.pod.node == log.pod.node;
        self.logs.iter().filter(is_other).filter(is_near).find(writes_on).map(|one| one.of.last.citation)
    }
}
