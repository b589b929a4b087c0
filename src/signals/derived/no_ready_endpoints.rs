//! `no-ready-endpoints`: every pod that a Service selects was not ready at the same time.
//!
//! EndpointSlices tell only how it is now. How it was follows from the pods: a pod that failed its readiness probe,
//! ended, was evicted or lost its node leaves the ready endpoints (EndpointSlice controller) until its condition
//! Ready turns true again or another pod takes its place.

use super::super::labels::SINCE;
use super::super::lives::{ended_on_purpose, is_unready_since_it_came, stayed_ready, taken_out, was_never_ready};
use super::super::{Role, Rule, Signal};
use super::all_out::{self, Back, Member, Outage, REPLACING, Span};
use super::made::Made;
use super::never_in::NeverIn;
use crate::evidence::{Evidence, Fact, FactId, Pod, Record, Topology, Turn};
use crate::model::{Citation, Clock, End, Moment, Severity, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Which signals say that a pod does not serve.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// The role of those after which a pod is not among the ready endpoints.
    out: Role,
    /// The role of those after which it never is again.
    for_good: Role,
    /// The names of those that tell that a pod was ended on purpose. That counts where another was to take its place.
    #[serde(default)]
    ended: Vec<String>,
}

impl Parameters {
    /// The signals that it asks for by name.
    pub fn names(&self) -> Vec<&str> {
        self.ended.iter().map(String::as_str).collect()
    }
}

/// The label that names the pods that were out.
pub const PODS: &str = "pods";
/// The label that names those of them that had never been ready.
pub const NEVER_READY: &str = "never_ready";

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    for signal in signals.iter_mut().filter(|signal| signal.name == rule.name && !had_one(evidence, &signal.subject)) {
        signal.severity = Severity::Info;
    }
    let out = Out::new(parameters, evidence, signals);
    let mut found = Vec::new();
    for (service, _) in evidence.topology.services() {
        found.extend(of_service(rule, service, &out, evidence));
    }
    let mut known: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (place, signal) in signals.iter().enumerate().filter(|(_, signal)| signal.name == rule.name) {
        known.entry(signal.subject.clone()).or_default().push(place);
    }
    // Where the EndpointSlices still show it at the end, that record is the better witness of the same.
    // The later first, as each goes before what is known.
    for new in found.into_iter().rev() {
        let places = known.get(&new.subject).into_iter().flatten();
        let same = places.copied().find(|place| signals.get(*place).is_some_and(|old| overlap(old, &new)));
        match same.and_then(|place| signals.get_mut(place)) {
            Some(old) => {
                old.from = if old.from.time <= new.from.time { old.from } else { new.from };
                old.ended_by = old.ended_by.take().or(new.ended_by);
                old.evidence.splice(0..0, new.evidence);
                old.occurrences.splice(0..0, new.occurrences);
                old.labels = new.labels;
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
    let before = |x: &Signal, y: &Signal| x.until().is_some_and(|end| end < y.from.time);
    !before(a, b) && !before(b, a)
}

fn of_service(rule: &Rule, service: &Subject, out: &Out<'_>, evidence: &Evidence) -> Vec<Signal> {
    // A pod that no node has taken yet can neither serve nor fail to.
    let placed = evidence.topology.pods_of_service(service).filter(|pod| pod.node.is_some());
    let placed: Vec<&Pod> = placed.collect();
    let mut arrivals: Vec<DateTime<Utc>> = placed.iter().filter_map(|pod| came(pod)).collect();
    arrivals.sort();
    // The place of one that was ended on purpose and is missed stays until the next had time to get ready.
    let missed = |pod: &Pod| out.missed_since(pod, evidence);
    let next = |end: DateTime<Utc>| arrivals.get(arrivals.partition_point(|at| *at <= end)).map(|at| *at + REPLACING);
    let there = placed.iter().filter_map(|pod| Some((*pod, member(pod, missed(pod).map(next))?)));
    let there: Vec<(&Pod, Member)> = there.collect();
    let (pods, mut members): (Vec<&Pod>, Vec<Member>) = there.into_iter().unzip();
    let (mut outages, mut witnesses) = (Vec::new(), Vec::new());
    for (place, (pod, member)) in pods.iter().zip(&mut members).enumerate() {
        let of_pod = out.of_pod(pod);
        let first_out = of_pod.iter().map(|(_, from, _)| *from).min();
        member.first_in = first_ready(pod, first_out, &evidence.topology).or_else(|| out.started(pod));
        for (signal, from, to) in of_pod {
            outages.push(Outage { member: place, from, to });
            witnesses.push(signal);
        }
    }
    let on_purpose = |at: &usize| witnesses.get(*at).is_some_and(|signal| out.ended_names.contains(&signal.name));
    let counts = |span: &Span| {
        // A strategy that ends the old pod first waits for that as a matter of course.
        let lasted = span.to.as_ref().is_none_or(|to| to.at - span.from >= REPLACING);
        lasted || !span.witnesses.iter().all(on_purpose)
    };
    let spans: Vec<Span> = all_out::spans(&members, &outages).into_iter().filter(counts).collect();
    let groups = joined(rule, spans);
    groups.iter().filter_map(|spans| signal(rule, service, spans, (&witnesses, out))).collect()
}

/// When a pod was ready for the first time: after the last failure of its start, where no more is known. Its condition tells the last turn only, which is the first where nothing took
/// the pod out before; its kubelet tells each.
fn first_ready(pod: &Pod, first_out: Option<DateTime<Utc>>, topology: &Topology) -> Option<Back> {
    let first = topology.turns_of(pod).find(|turn| turn.ready)?;
    let is_last_only = Some(first.citation) == pod.ready_record;
    let is_first = !is_last_only || first_out.is_none_or(|out| out > first.at);
    is_first.then_some(Back { at: first.at, told_by: Some(first.citation) })
}

/// One of the group; with the time until which its place stays, if that was `kept` for another after its end.
fn member(pod: &Pod, kept: Option<Option<DateTime<Utc>>>) -> Option<Member> {
    let told_by = pod.object.as_ref().map(|object| object.citation);
    if let Some(until) = kept {
        return Some(Member { arrived: came(pod)?, until, told_by, first_in: None });
    }
    let last = pod.last_seen.filter(|_| pod.object.is_none());
    let before_stop = ended_on_purpose(pod).map(|stop| stop - TimeDelta::nanoseconds(1));
    Some(Member { arrived: came(pod)?, until: last.into_iter().chain(before_stop).min(), told_by, first_in: None })
}

/// When a pod came to its node: before anything else, where its own events are all that is known of it and begin later. Its
/// way to its node would be among them, had they reached so far back.
fn came(pod: &Pod) -> Option<DateTime<Utc>> {
    let began = pod.scheduled_at.or(pod.created).or(pod.started.times().min());
    let first = pod.first_seen.map(|first| first + TimeDelta::seconds(2));
    let is_start = pod.restarted.times().min().is_some_and(|at| first.is_none_or(|first| at <= first));
    let is_told = began.is_some() || is_start || pod.object.is_some();
    if is_told { pod.arrived() } else { pod.first_seen.map(|_| DateTime::<Utc>::MIN_UTC) }
}

/// What took pods out of their Services, by pod.
struct Out<'a> {
    evidence: &'a Evidence,
    signals: BTreeMap<&'a Subject, Vec<&'a Signal>>,
    /// When each pod last turned ready, as its condition says, or not ready.
    ready: BTreeMap<&'a Subject, Fact<'a>>,
    unready: BTreeMap<&'a Subject, Fact<'a>>,
    for_good: Role,
    /// What tells that probes of a pod failed while it started.
    starting: BTreeMap<&'a Subject, Vec<&'a Signal>>,
    never_in: NeverIn<'a>,
    /// What tells that pods were ended on purpose, by pod.
    ended: BTreeMap<&'a Subject, Vec<&'a Signal>>,
    ended_names: &'a [String],
    /// When the last pod of each workload came.
    latest: BTreeMap<&'a Subject, DateTime<Utc>>,
}

impl<'a> Out<'a> {
    fn new(parameters: &'a Parameters, evidence: &'a Evidence, signals: &'a [Signal]) -> Self {
        let (signals_of, ready, unready) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (ended, ended_names) = (BTreeMap::new(), parameters.ended.as_slice());
        let came = |pod: &Pod| pod.created.or(pod.first_seen).or(pod.scheduled_at);
        let workloads = evidence.topology.pods_by_workload();
        let latest = workloads.filter_map(|(workload, pods)| Some((workload, pods.filter_map(came).max()?))).collect();
        let for_good = parameters.for_good;
        let (starting, never_in) = (BTreeMap::new(), NeverIn::new(evidence, signals));
        let mut out = Self {
            evidence,
            signals: signals_of,
            ready,
            unready,
            for_good,
            starting,
            never_in,
            ended,
            ended_names,
            latest,
        };
        for signal in signals.iter().filter(|one| one.has(Role::ProbeFailure) && one.variant() == Some("starting")) {
            out.starting.entry(&signal.subject).or_default().push(signal);
        }
        for signal in signals.iter().filter(|signal| ended_names.contains(&signal.name)) {
            out.ended.entry(&signal.subject).or_default().push(signal);
        }
        for signal in signals.iter().filter(|signal| signal.has(parameters.out)) {
            out.signals.entry(&signal.subject).or_default().push(signal);
        }
        for fact in evidence.facts.iter().filter(|fact| fact.subject.is("Pod")) {
            match fact.record {
                Record::Condition { condition: "Ready", status: "True", .. } => out.ready.insert(fact.subject, fact),
                Record::Condition { condition: "Ready", .. } => out.unready.insert(fact.subject, fact),
                _ => None,
            };
        }
        out
    }

    /// The last record of a pod that was ready until a time, and the first of it that was not from then on.
    fn around(&self, pod: &Subject, from: DateTime<Utc>) -> impl Iterator<Item = Citation> {
        let before = self.ready.get(pod).filter(|fact| fact.at.time <= from);
        let after = self.unready.get(pod).filter(|fact| fact.at.time >= from && !fact.is_undated());
        before.into_iter().chain(after).map(|fact| fact.citation)
    }

    /// When a pod whose probe failed was ready no longer, which is once the probe has failed as often as it may: as its
    /// kubelet wrote, or as its condition Ready says.
    fn turn(&self, signal: &Signal) -> Option<Turn> {
        let topology = &self.evidence.topology;
        let goes_on = matches!(signal.end, End::Ongoing);
        let during =
            |at: DateTime<Utc>| signal.from.time <= at && (goes_on || at <= signal.last_seen() + TimeDelta::seconds(2));
        let pods = topology.pods_named(&signal.subject).filter(|_| signal.has(Role::ProbeFailure));
        let turns = pods.flat_map(|pod| topology.turns_of(pod));
        turns.filter(|turn| !turn.ready && during(turn.at)).min_by_key(|turn| (turn.at, turn.citation))
    }

    /// When the probes of a pod failed for the last time before any of them succeeded.
    fn started(&self, pod: &Pod) -> Option<Back> {
        let failed = self.starting.get(&pod.subject()).into_iter().flatten();
        let own = failed.filter(|signal| pod.created.or(pod.arrived()).is_none_or(|came| signal.from.time >= came));
        let last = own.max_by_key(|signal| signal.last_seen())?;
        Some(Back { at: last.last_seen(), told_by: last.evidence.last().copied() })
    }

    /// How a pod's end on purpose was told, if it was.
    fn end_of(&self, pod: &Pod) -> Option<&'a Signal> {
        let stop = ended_on_purpose(pod)?;
        let told = self.ended.get(&pod.subject()).into_iter().flatten().copied();
        told.filter(|signal| signal.from.time >= stop - TimeDelta::seconds(1)).min_by_key(|signal| signal.from.time)
    }

    /// When a pod was ended on purpose whose workload was to have another in its place: one that came later shows it.
    /// Who takes the last pod of a workload away for good means its Service to be empty.
    fn missed_since(&self, pod: &Pod, evidence: &Evidence) -> Option<DateTime<Utc>> {
        let end = self.end_of(pod)?.from.time;
        let latest = self.latest.get(&evidence.topology.workload_of_pod(pod)?)?;
        (*latest + TimeDelta::seconds(1) >= end).then_some(end)
    }

    fn of_pod(&self, pod: &Pod) -> Vec<(&'a Signal, DateTime<Utc>, Option<Back>)> {
        let subject = pod.subject();
        let ready = self.ready.get(&subject).map(|ready| Back { at: ready.at.time, told_by: Some(ready.citation) });
        let of_pod = self.signals.get(&subject).into_iter().flatten().copied();
        // A StatefulSet's pods share a name: what happened before this one came is another's.
        let own = of_pod.filter(|signal| pod.created.is_none_or(|created| signal.last_seen() >= created));
        // One that was never well has not left anything, and one that is ended on purpose does not fail.
        let own = own.filter(|signal| signal.label(SINCE).is_none() && !stayed_ready(pod, signal));
        let own = own.filter(|signal| ended_on_purpose(pod).is_none_or(|stop| signal.from.time < stop));
        let ended = self.end_of(pod).map(|signal| (signal, signal.from.time, None));
        let failed = own.map(|signal| {
            let for_good = signal.has(self.for_good) && !stayed(pod);
            let turned = self.turn(signal).map(|turn| turn.at);
            // One that was never ready never served.
            let never = came(pod).filter(|came| is_unready_since_it_came(pod) && *came <= signal.from.time);
            let left = never.or(turned).or_else(|| taken_out(&self.evidence.topology, signal));
            let left = left.unwrap_or(signal.from.time);
            (signal, left, back(signal, ready.as_ref()).filter(|_| !for_good))
        });
        let never = self.never_in.of(pod).and_then(|signal| Some((signal, came(pod)?, None)));
        failed.chain(ended).chain(never).collect()
    }
}

/// Whether a pod is there in spite of all that was to end it: its object says neither that it ended nor that it will.
fn stayed(pod: &Pod) -> bool {
    pod.stopping.is_none() && pod.object.as_ref().is_some_and(|object| object.finished.is_none())
}

/// When a pod was among the ready endpoints again.
fn back(signal: &Signal, ready: Option<&Back>) -> Option<Back> {
    let again = ready.filter(|ready| ready.at >= signal.last_seen()).cloned();
    let ended = || signal.until().filter(|_| ready.is_some()).map(|at| Back { at, told_by: signal.ended_by });
    again.or_else(ended)
}

/// Spans that follow each other too closely for anybody to have been served between them.
fn joined(rule: &Rule, spans: Vec<Span>) -> Vec<Vec<Span>> {
    let gap = TimeDelta::from_std(rule.merge).unwrap_or_default();
    let mut groups: Vec<Vec<Span>> = Vec::new();
    for span in spans {
        let close = |last: &Span| last.to.as_ref().is_none_or(|to| span.from - to.at <= gap);
        match groups.last_mut() {
            Some(group) if group.last().is_some_and(close) => group.push(span),
            _ => groups.push(vec![span]),
        }
    }
    groups
}

fn signal(rule: &Rule, service: &Subject, spans: &[Span], (signals, out): (&[&Signal], &Out<'_>)) -> Option<Signal> {
    let (first, last) = (spans.first()?, spans.last()?);
    let subject = Subject::namespaced("Endpoints", service.namespace().unwrap_or_default(), service.name());
    let of =
        |span: &Span| -> Vec<&Signal> { span.witnesses.iter().filter_map(|at| signals.get(*at).copied()).collect() };
    // It began when the last of them went, and that one may have gone before it was noticed; but one whose node does not
    // answer is among the endpoints until it is marked (the node lifecycle controller).
    let left = |one: &Signal| if one.has(Role::NodeUnready) { one.from.recorded() } else { one.from };
    let went = of(first).into_iter().map(left).max_by_key(|from| from.time);
    let from = went.filter(|last| last.time == first.from).unwrap_or(Moment::to_the_second(first.from));
    // The record is of the pod: when it left the ready endpoints, nobody wrote down.
    let from = from.by(Clock::Unknown);
    let witnesses: Vec<&Signal> = spans.iter().flat_map(of).collect();
    let mut evidence: Vec<Citation> = witnesses.iter().filter_map(|one| one.evidence.first().cloned()).collect();
    // It was served until the last of them turned: by what is known of that one, until and from when.
    let last_gone = of(first).into_iter().max_by_key(|one| (one.from.time, &one.subject));
    evidence.extend(last_gone.iter().flat_map(|one| out.around(&one.subject, one.from.time)));
    evidence.extend(witnesses.iter().filter_map(|one| Some(out.turn(one)?.citation)));
    evidence.sort();
    let occurrences: Vec<FactId> = witnesses.iter().filter_map(|one| one.occurrences.first().copied()).collect();
    let topology = &out.evidence.topology;
    let named = |is_named: &dyn Fn(&Signal) -> bool| {
        let named = witnesses.iter().filter(|one| is_named(one)).map(|one| one.subject.name());
        named.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(" ")
    };
    let was_never = |pod: &Pod| is_unready_since_it_came(pod) && ended_on_purpose(pod).is_none();
    let never = |one: &Signal| topology.pod_at(&one.subject, one.from.time).is_some_and(was_never);
    let labels = [(PODS, named(&|_| true)), (NEVER_READY, named(&never))];
    let made = Made {
        from,
        last: last.to.as_ref().map_or(last.from, |to| to.at),
        end: last.to.as_ref().map_or(End::Ongoing, |to| End::At(to.at)),
        count: spans.len() as u64,
        node: None,
        labels: labels.into_iter().filter(|(_, names)| !names.is_empty()).collect(),
        occurrences,
        evidence,
        ended_by: last.to.as_ref().and_then(|to| to.told_by),
        subject,
    };
    Some(made.signal(rule))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::PodObject;

    /// The taint manager takes an eviction back ("Cancelling deletion") where the node answers again in time.
    #[test]
    fn a_pod_whose_eviction_was_taken_back_stayed() {
        let object = |finished| PodObject {
            labels: BTreeMap::new(),
            marks: Vec::new(),
            spec: Default::default(),
            digests: Vec::new(),
            address: None,
            is_well: Some(true),
            finished,
            citation: Citation::default(),
        };
        let at = Some(DateTime::UNIX_EPOCH);
        let pod = Pod { object: Some(object(None)), ..Pod::default() };
        assert!(stayed(&pod));
        assert!(!stayed(&Pod { stopping: at, ..pod.clone() }), "it is marked for deletion");
        assert!(!stayed(&Pod { object: Some(object(at)), ..pod.clone() }), "it has ended");
        assert!(!stayed(&Pod { object: None, ..pod }), "it is not there any more");
    }

    #[test]
    fn a_pod_of_whose_coming_nothing_tells_was_there_before() {
        let at = |seconds| Some(DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds));
        let pod = Pod { first_seen: at(10), ..Pod::default() };
        assert_eq!(came(&pod), Some(DateTime::<Utc>::MIN_UTC));
        assert_eq!(came(&Pod { scheduled_at: at(5), ..pod.clone() }), at(5));
        let started = |at| {
            let mut pod = pod.clone();
            pod.container_restarted("app", at);
            came(&pod)
        };
        assert_eq!(
            started(DateTime::UNIX_EPOCH + TimeDelta::seconds(11)),
            at(10),
            "the first that is known is a start"
        );
        assert_eq!(started(DateTime::UNIX_EPOCH + TimeDelta::seconds(90)), Some(DateTime::<Utc>::MIN_UTC));
    }

    #[test]
    fn the_place_of_one_that_is_missed_stays_until_the_next_takes_it() {
        let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
        let pod = Pod { created: Some(at(0)), stopping: Some(at(10)), ..Pod::default() };
        let until = |kept| member(&pod, kept).and_then(|member| member.until);
        assert_eq!(until(Some(Some(at(50)))), Some(at(50)));
        assert_eq!(until(Some(None)), None, "none came");
        assert_eq!(until(None), Some(at(10) - TimeDelta::nanoseconds(1)), "it is not missed");
    }
}
