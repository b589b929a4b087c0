//! How long a container that an experiment hit was away: from the record of its stop to the one by which its pod served
//! again, and when the metrics came to know of it.
//!
//! The kubelet writes the event Killing before it runs a pre-stop hook and has SIGTERM sent (`killContainer` of
//! pkg/kubelet/kuberuntime/kuberuntime_container.go, Kubernetes 1.34.4), so a hook is counted in; and a pod serves once its condition Ready is true again. Only what records show is told.

use super::experiment::{Experiment, Mark, Restart};
use crate::evidence::series::{Series, SeriesStore};
use crate::evidence::{Fact, Facts, Record};
use crate::model::{Citation, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The query for `kube_pod_container_status_restarts_total`.
const COUNTER: &str = "container-restarts";

/// How long after an experiment, or after an action where no end is written, a restart may still be of it.
const AFTER: TimeDelta = TimeDelta::minutes(10);

/// What records tell of the containers of a pod.
#[derive(Default)]
struct Told {
    /// By the container's name.
    stopped: BTreeMap<String, Vec<Mark>>,
    ended: BTreeMap<String, Vec<Mark>>,
    started: BTreeMap<String, Vec<Mark>>,
    ready: Vec<Mark>,
}

/// Finds the restarts of the pods that each experiment's actions named.
pub fn find(experiments: &mut [Experiment], facts: &mut Facts, series: &SeriesStore) {
    let pods: BTreeSet<Subject> = experiments.iter().flat_map(hit).map(|(pod, _)| pod.clone()).collect();
    if pods.is_empty() {
        return;
    }
    let mut told: BTreeMap<Subject, Told> = BTreeMap::new();
    for fact in facts.iter().filter(|fact| pods.contains(fact.subject)) {
        told.entry(fact.subject.clone()).or_default().learn(&fact);
    }
    for one in experiments {
        let since = first_of_each(one);
        one.restarts =
            since.into_iter().filter_map(|(pod, since)| told.get(&pod)?.restart(&pod, (since, one.to))).collect();
        for restart in &mut one.restarts {
            restart.counted = counted(restart, facts, series);
        }
    }
}

/// The pods that actions named, each with when it was.
fn hit(one: &Experiment) -> impl Iterator<Item = (&Subject, DateTime<Utc>)> {
    let actions = one.steps.iter().filter(|step| step.is_action && step.was_done());
    actions.flat_map(|step| step.pods.iter().map(|pod| (pod, step.from)))
}

fn first_of_each(one: &Experiment) -> BTreeMap<Subject, DateTime<Utc>> {
    let mut first = BTreeMap::new();
    for (pod, at) in hit(one) {
        let known = first.entry(pod.clone()).or_insert(at);
        *known = at.min(*known);
    }
    first
}

impl Told {
    fn learn(&mut self, fact: &Fact<'_>) {
        let mark = |at| Mark { at, citation: fact.citation };
        let (at, last) = (mark(fact.at.time), mark(fact.last.time));
        match fact.record {
            Record::Event { reason: "Killing", container: Some(container), .. } => {
                self.stopped.entry(container.to_owned()).or_default().extend([at, last]);
            }
            Record::Event { reason: "Started", container: Some(container), .. } => {
                self.started.entry(container.to_owned()).or_default().extend([at, last]);
            }
            Record::Terminated { container, .. } => self.ended.entry(container.to_owned()).or_default().push(at),
            Record::Running { container, .. } => self.started.entry(container.to_owned()).or_default().push(at),
            Record::Condition { condition: "Ready", status: "True", .. } => self.ready.push(at),
            _ => {}
        }
    }

    /// The first restart within a time.
    fn restart(&self, pod: &Subject, (since, to): (DateTime<Utc>, Option<DateTime<Utc>>)) -> Option<Restart> {
        let until = to.unwrap_or(since).max(since) + AFTER;
        // What is written in whole seconds may have been up to a second later.
        let since = since - TimeDelta::milliseconds(999);
        let stops = self.stopped.iter().filter_map(|(container, marks)| Some((next(marks, since)?, container)));
        let (stopped, container) = stops.filter(|(stopped, _)| stopped.at <= until).min()?;
        let after = |marks: Option<&Vec<Mark>>, at| next(marks?, at);
        let started = after(self.started.get(container), stopped.at)?;
        let ended = after(self.ended.get(container), stopped.at).filter(|ended| ended.at <= started.at);
        let ready = next(&self.ready, started.at);
        Some(Restart { pod: pod.clone(), container: container.clone(), stopped, ended, started, ready, counted: None })
    }
}

/// The first at or after a time.
fn next(marks: &[Mark], since: DateTime<Utc>) -> Option<Mark> {
    marks.iter().copied().filter(|mark| mark.at >= since).min()
}

/// The first sample of the restart counter that is higher than before the stop, where it came after the start.
fn counted(restart: &Restart, facts: &mut Facts, series: &SeriesStore) -> Option<Mark> {
    let is_of = |one: &Series<'_>| {
        one.label("namespace") == restart.pod.namespace()
            && one.label("pod") == Some(restart.pod.name())
            && one.label("container") == Some(&restart.container)
    };
    let one = series.of(COUNTER).find(is_of)?;
    let before = one.samples().take_while(|(at, _)| *at <= restart.stopped.at).last()?.1;
    let risen = one.samples().find(|(at, value)| *at > restart.stopped.at && *value > before)?.0;
    if risen <= restart.started.at {
        return None;
    }
    let line = u32::try_from(one.line()).unwrap_or(u32::MAX);
    let said = format!(
        "{COUNTER} of {} in {} rises from {before} in the sample of {}",
        restart.container,
        restart.pod,
        crate::model::rfc3339(risen)
    );
    let citation = facts.cite(Citation { entry: one.entry(), line, part: 0 }, &said);
    Some(Mark { at: risen, citation })
}
