//! `NoReadyEndpoints`: every pod that a Service selects was not ready at the same time.
//!
//! EndpointSlices tell only how it is now. How it was follows from the pods: a pod that failed its readiness probe,
//! ended, was evicted or lost its node leaves the ready endpoints (EndpointSlice controller) until its condition
//! Ready turns true again or another pod takes its place.

use super::super::detect::SINCE;
use super::super::lives::{ended_on_purpose, was_never_ready};
use super::super::merge::title;
use super::super::{Over, Rule, Signal};
use crate::evidence::{Evidence, Fact, Pod, Record};
use crate::model::{Citation, Moment, Severity, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "NoReadyEndpoints";

/// Signals after which a pod is not among the ready endpoints.
const NOT_READY: [&str; 7] = [
    "ContainerTerminated",
    "Evicted",
    "NodeNotReady",
    "OOMKilled",
    "TaintManagerEviction",
    "Unhealthy(readiness)",
    "CrashLoopBackOff",
];

/// When something was over, and the record that tells it.
#[derive(Clone)]
struct End {
    at: DateTime<Utc>,
    told_by: Option<Citation>,
}

/// A span in which one pod was not ready, and the signal that says so.
struct Outage<'a> {
    from: DateTime<Utc>,
    /// None: until the end of the window.
    to: Option<End>,
    signal: &'a Signal,
}

pub fn add(rule: &Rule, evidence: &Evidence, signals: &mut Vec<Signal>) {
    for signal in signals.iter_mut().filter(|signal| signal.name == NAME && !had_one(evidence, &signal.subject)) {
        signal.severity = Severity::Info;
    }
    let ready = ready_since(evidence);
    let mut found = Vec::new();
    for (service, _) in evidence.topology.services() {
        // A pod that no node has taken yet can neither serve nor fail to.
        let placed = evidence.topology.pods_of_service(service).filter(|pod| pod.node.is_some());
        let pods: Vec<&Pod> = placed.collect();
        let outages: Vec<Vec<Outage<'_>>> = pods.iter().map(|pod| outages(pod, signals, &ready)).collect();
        for spans in joined(rule, common(&pods, &outages)) {
            found.extend(signal(rule, service, &spans));
        }
    }
    // Where the EndpointSlices still show it at the end, that record is the better witness of the same.
    for new in found {
        let same = |old: &&mut Signal| old.name == NAME && old.subject == new.subject && overlap(old, &new);
        match signals.iter_mut().find(same) {
            Some(old) => {
                old.from = if old.from.time <= new.from.time { old.from } else { new.from };
                old.ended_by = old.ended_by.take().or(new.ended_by);
                old.evidence.splice(0..0, new.evidence);
            }
            None => signals.push(new),
        }
    }
}

/// Whether a Service may have had a ready endpoint before: one of its pods was ready, as far as records tell.
fn had_one(evidence: &Evidence, endpoints: &Subject) -> bool {
    let service = Subject::namespaced("Service", endpoints.namespace().unwrap_or_default(), endpoints.name());
    evidence.topology.pods_of_service(&service).any(|pod| !was_never_ready(pod))
}

fn overlap(a: &Signal, b: &Signal) -> bool {
    let before = |x: &Signal, y: &Signal| x.to.is_some_and(|end| end < y.from.time);
    !before(a, b) && !before(b, a)
}

/// When each pod last turned ready, as its condition says.
fn ready_since(evidence: &Evidence) -> BTreeMap<&Subject, &Fact> {
    let is_ready = |fact: &&Fact| matches!(&fact.record, Record::Condition { condition, status, .. } if condition == "Ready" && status == "True");
    let pods = evidence.facts.iter().filter(|fact| fact.subject.is("Pod"));
    pods.filter(is_ready).map(|fact| (&fact.subject, fact)).collect()
}

fn outages<'a>(pod: &Pod, signals: &'a [Signal], ready: &BTreeMap<&Subject, &Fact>) -> Vec<Outage<'a>> {
    let subject = pod.subject();
    let ready = ready.get(&subject).copied();
    let of_pod = signals.iter().filter(|signal| signal.subject == subject && is_not_ready(signal));
    // A StatefulSet's pods share a name: what happened before this one came is another's.
    let own = of_pod.filter(|signal| pod.created.is_none_or(|created| signal.last_seen() >= created));
    // One that was never well has not left anything, and one that is ended on purpose does not fail.
    let own = own.filter(|signal| signal.label(SINCE).is_none());
    let own = own.filter(|signal| ended_on_purpose(pod).is_none_or(|stop| signal.from.time < stop));
    own.map(|signal| {
        let again = ready.filter(|ready| ready.at.time >= signal.last_seen());
        let again = again.map(|ready| End { at: ready.at.time, told_by: Some(ready.citation.clone()) });
        let ended = signal.to.filter(|_| ready.is_some()).map(|at| End { at, told_by: signal.ended_by.clone() });
        let gone = matches!(signal.base_name(), "Evicted" | "TaintManagerEviction");
        let to = if gone { None } else { again.or(ended) };
        Outage { from: signal.from.time, to, signal }
    })
    .collect()
}

fn is_not_ready(signal: &Signal) -> bool {
    NOT_READY.contains(&signal.name.as_str()) || signal.base_name() == "Evicted"
}

/// A span in which all pods of a Service were out.
struct Span<'a> {
    from: Moment,
    to: Option<End>,
    witnesses: Vec<&'a Signal>,
}

fn common<'a>(pods: &[&Pod], outages: &'a [Vec<Outage<'a>>]) -> Vec<Span<'a>> {
    let mut starts: Vec<&Outage<'_>> = outages.iter().flatten().collect();
    starts.sort_by_key(|outage| outage.from);
    let mut spans: Vec<Span<'a>> = Vec::new();
    for start in starts {
        let at = start.from;
        if spans.last().is_some_and(|span| span.to.as_ref().is_none_or(|to| at <= to.at)) {
            continue;
        }
        let Some(witnesses) = all_out(pods, outages, at) else { continue };
        let to = first_back(pods, outages, at);
        // It began when the last of them went, and that one may have gone before it was noticed.
        let last = witnesses.iter().map(|outage| outage.signal.from).max_by_key(|from| from.time);
        let from = last.filter(|last| last.time == at).unwrap_or(Moment::to_the_second(at));
        let witnesses = witnesses.into_iter().map(|outage| outage.signal).collect();
        spans.push(Span { from, to, witnesses });
    }
    spans
}

/// The outages of all pods there were at `at`, if each of them was out.
fn all_out<'a>(pods: &[&Pod], outages: &'a [Vec<Outage<'a>>], at: DateTime<Utc>) -> Option<Vec<&'a Outage<'a>>> {
    let mut found = Vec::new();
    for (pod, outages) in pods.iter().zip(outages) {
        let there = pod.arrived().is_some_and(|arrived| arrived <= at);
        let gone = pod.object.is_none() && pod.last_seen.is_some_and(|last| last < at);
        let gone = gone || ended_on_purpose(pod).is_some_and(|stop| stop <= at);
        if !there || gone {
            continue;
        }
        found.push(outages.iter().find(|one| one.from <= at && one.to.as_ref().is_none_or(|to| to.at >= at))?);
    }
    (!found.is_empty()).then_some(found)
}

/// When the first pod was ready again, as far as anything says so.
fn first_back(pods: &[&Pod], outages: &[Vec<Outage<'_>>], at: DateTime<Utc>) -> Option<End> {
    let back = outages.iter().flatten().filter(|one| one.from <= at).filter_map(|one| one.to.clone());
    let newcomers = pods.iter().filter_map(|pod| {
        Some(End { at: pod.arrived()?, told_by: pod.object.as_ref().map(|object| object.citation.clone()) })
    });
    back.chain(newcomers).filter(|end| end.at > at).min_by_key(|end| end.at)
}

/// Spans that follow each other too closely for anybody to have been served between them.
fn joined<'a>(rule: &Rule, spans: Vec<Span<'a>>) -> Vec<Vec<Span<'a>>> {
    let gap = TimeDelta::from_std(rule.merge).unwrap_or_default();
    let mut groups: Vec<Vec<Span<'a>>> = Vec::new();
    for span in spans {
        let close = |last: &Span<'_>| last.to.as_ref().is_none_or(|to| span.from.time - to.at <= gap);
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(close) => group.push(span),
            _ => groups.push(vec![span]),
        }
    }
    groups
}

fn signal(rule: &Rule, service: &Subject, spans: &[Span<'_>]) -> Option<Signal> {
    let (first, last) = (spans.first()?, spans.last()?);
    let subject = Subject::namespaced("Endpoints", service.namespace().unwrap_or_default(), service.name());
    let witnesses = || spans.iter().flat_map(|span| &span.witnesses);
    let mut evidence: Vec<Citation> = witnesses().filter_map(|one| one.evidence.first().cloned()).collect();
    evidence.sort();
    evidence.dedup();
    evidence.truncate(6);
    let pods: BTreeSet<&str> = witnesses().map(|one| one.subject.name()).collect();
    let pods = pods.into_iter().collect::<Vec<_>>().join(" ");
    Some(Signal {
        name: rule.name.clone(),
        from: first.from,
        to: last.to.as_ref().map(|to| to.at),
        count: spans.len() as u64,
        severity: rule.severity,
        layer: rule.family.clone(),
        title: title(&rule.title, &subject, None, &BTreeMap::new()),
        node: None,
        labels: BTreeMap::from([("pods".to_owned(), pods)]),
        evidence,
        over: if last.to.is_some() { Over::Ended } else { Over::GoesOn },
        ended_by: last.to.as_ref().and_then(|to| to.told_by.clone()),
        subject,
    })
}
