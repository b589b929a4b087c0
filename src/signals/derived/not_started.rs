//! `not-started`: a node took a pod, and none of its containers had started for long.
//!
//! The pod's condition PodScheduled, or the scheduler's event, says when a node was found; the first start of any of its
//! containers, an init container too, what ended it. A pod that was ended meanwhile waited only until then, and one that its
//! kubelet refused waited for nothing.

use super::super::{Labels, Role, Rule, Signal};
use super::made::{Made, length};
use crate::evidence::{Evidence, FactId, Pod, Record};
use crate::model::{Citation, Clock, End, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// How long a start may take.
    #[serde(deserialize_with = "length")]
    after: TimeDelta,
    /// Reasons of the events that say that a node was found for it, and that one of its containers was started.
    taken: Vec<String>,
    started: Vec<String>,
}

/// The status of a pod has whole seconds, and the scheduler's event has not.
const ROUNDING: TimeDelta = TimeDelta::seconds(1);

/// The label of how many seconds it waited at least, and of what the waiting container said last.
pub const LABELS: [&str; 2] = ["seconds", "reason"];

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let told = Told::new(parameters, evidence);
    let made: Vec<Made> =
        evidence.topology.pods().iter().filter_map(|pod| told.late(pod, parameters, evidence)).collect();
    let mut refused: BTreeMap<&Subject, Vec<&Signal>> = BTreeMap::new();
    for signal in signals.iter().filter(|signal| signal.has(Role::PodRefused)) {
        refused.entry(&signal.subject).or_default().push(signal);
    }
    let is_refused = |made: &Made| {
        let of_pod = refused.get(&made.subject).into_iter().flatten();
        of_pod.into_iter().any(|one| one.last + ROUNDING >= made.from.time && one.from.time <= made.last)
    };
    let waited: Vec<Made> = made.into_iter().filter(|made| !is_refused(made)).collect();
    signals.extend(waited.into_iter().map(|made| made.signal(rule)));
}

/// When an event said that a node was found, and which.
type Taken = (DateTime<Utc>, FactId, Citation);

/// What records say of the starts of pods, by their names.
#[derive(Default)]
struct Told<'a> {
    /// The scheduler's events.
    scheduled: BTreeMap<&'a Subject, Vec<Taken>>,
    /// Containers that ran, whenever that was.
    ran: BTreeMap<&'a Subject, Vec<(DateTime<Utc>, Citation)>>,
    /// Why a container waits.
    waiting: BTreeMap<&'a Subject, (&'a str, Citation)>,
}

impl<'a> Told<'a> {
    fn new(parameters: &Parameters, evidence: &'a Evidence) -> Self {
        let mut told = Self::default();
        let is_one = |reasons: &[String], reason: &str| reasons.iter().any(|one| one == reason);
        let facts = evidence.facts.numbered_from(0).filter(|(_, fact)| fact.subject.is("Pod"));
        for (id, fact) in facts {
            let (pod, at, citation) = (fact.subject, fact.at.time, fact.citation);
            match fact.record {
                Record::Event { reason, .. } if is_one(&parameters.taken, reason) => {
                    told.scheduled.entry(pod).or_default().push((at, id, citation));
                }
                Record::Event { reason, .. } if is_one(&parameters.started, reason) => {
                    told.ran.entry(pod).or_default().push((at, citation));
                }
                Record::Running { .. } | Record::Terminated { .. } => {
                    told.ran.entry(pod).or_default().push((at, citation));
                }
                Record::Waiting { reason, .. } => {
                    told.waiting.entry(pod).or_insert((reason, citation));
                }
                _ => {}
            }
        }
        told
    }

    fn late(&self, pod: &Pod, parameters: &Parameters, evidence: &Evidence) -> Option<Made> {
        let node = pod.node.as_ref()?;
        // The kubelet's copy of a static pod keeps the time of the one that it replaced.
        let scheduled = pod.scheduled_at?.max(pod.created.unwrap_or(DateTime::<Utc>::MIN_UTC));
        let object = pod.object.as_ref();
        let subject = pod.subject();
        let runs = || self.ran.get(&subject).into_iter().flatten().filter(|(at, _)| *at >= scheduled);
        // A first life that is over had begun.
        let started = pod.started.times().chain(pod.restarted.times()).min();
        // Of one that is gone, its events tell.
        let started = started.or_else(|| runs().map(|(at, _)| *at).min().filter(|_| object.is_none()));
        let ended = pod.stopping.into_iter().chain(object.and_then(|object| object.finished)).min();
        let until = started.into_iter().chain(ended).min().or(pod.last_seen)?;
        let due = scheduled.checked_add_signed(parameters.after)?;
        // Of a container that ran again and again only the last runs are known.
        let has_started = started.is_none() && (pod.ready.is_some_and(|(ready, _)| ready) || runs().next().is_some());
        if until <= due || has_started || due < evidence.window.from {
            return None;
        }
        // Of one that is gone, only what began it and what ended it tell how long it waited.
        if object.is_none() && runs().next().is_none() {
            return None;
        }
        let event = self.scheduled.get(&subject).into_iter().flatten().rfind(|(at, ..)| *at <= due);
        let (reason, waiting) = self.waiting.get(&subject).copied().unzip();
        let evidence = event
            .map(|(_, _, citation)| *citation)
            .into_iter()
            .chain(object.map(|object| object.citation))
            .chain(waiting);
        let ended_by = runs().find(|(at, _)| *at == until).map(|(_, citation)| *citation);
        let evidence = evidence.chain(ended_by.filter(|_| object.is_none()));
        let is_over = started.is_some() || ended.is_some();
        let labels = [
            ("seconds", (until - scheduled).num_seconds().to_string()),
            ("reason", reason.unwrap_or("no reason that is recorded").to_owned()),
        ];
        Some(Made {
            node: Some(node.clone()),
            from: Moment::to_the_second(scheduled).by(Clock::Component),
            last: until,
            end: if is_over { End::At(until) } else { End::Ongoing },
            count: 1,
            labels: labels.into_iter().collect::<Labels>(),
            evidence: evidence.collect(),
            occurrences: event.map(|(_, id, _)| *id).into_iter().collect(),
            ended_by,
            subject,
        })
    }
}
