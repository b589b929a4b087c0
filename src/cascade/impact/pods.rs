//! Pods: from when each was out, until it or another in its place was ready.

use super::group::{Group, Groups, gone_at, whose};
use super::node_back::NodesBack;
use super::replaced::{GivenUp, Hurt, Slot, slots_of};
use super::row::{self, Impact, Span};
use super::scope::{Counted, Scope};
use super::state::State;
use crate::evidence::{Pod, Topology, Turn};
use crate::model::{Citation, End, Moment, Subject};
use crate::signals::{Role, Signal, taken_out};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// When a container of a pod was started again, and the record that tells it.
type Restart = (DateTime<Utc>, Option<Citation>);

/// A pod: its name, and which of those that bore it.
type Whom = (Subject, String);

/// 99 of 100 pods are to start within this (Kubernetes scalability SLOs, pod startup latency).
const USUAL_START: TimeDelta = TimeDelta::seconds(5);

/// Times in whole seconds.
const ROUNDING: TimeDelta = TimeDelta::seconds(1);

/// How long after its first failure a probe that fails on has taken its pod out, where a record tells: the tenth failure
/// of a probe with the longest usual period.
const TURNS_WITHIN: TimeDelta = TimeDelta::seconds(120);

/// The places that pods left or could not take, by group.
pub(super) fn slots(topology: &Topology, groups: &Groups<'_>, scope: &Scope<'_>) -> BTreeMap<Group, Vec<Slot>> {
    let restarts = restarts(scope.signals);
    let mut told: BTreeMap<Whom, Vec<Counted<'_>>> = BTreeMap::new();
    for one in scope.counted() {
        let Some(pod) = one.signal.subject.its_pod() else { continue };
        let known = topology.pod_at(&pod, one.signal.from.time);
        if State::of_pod(one.signal).is_none() || known.is_some_and(|known| ended_on_purpose(known, one.signal)) {
            continue;
        }
        let uid = known.map(|known| known.uid.clone()).unwrap_or_default();
        told.entry((pod, uid)).or_default().push(one);
    }
    let nodes = NodesBack::new(scope.signals);
    let mut hurt: BTreeMap<Group, Vec<Hurt>> = BTreeMap::new();
    for ((subject, _), signals) in told {
        let known = signals.first().and_then(|one| topology.pod_at(&subject, one.signal.from.time));
        let restarted = restarts.get(&subject).map(Vec::as_slice).unwrap_or_default();
        let story =
            Story { topology, subject: &subject, pod: known, signals: &signals, restarts: restarted, nodes: &nodes };
        let group = groups.of(&subject, known);
        hurt.entry(group).or_default().extend(story.hurts());
    }
    let deleted = deleted(scope.signals);
    let slots = hurt.into_iter().map(|(group, hurt)| {
        let given_up = if let Group::Of(workload) = &group { deleted.get(workload).copied() } else { None };
        let slots = slots_of(topology, (&group, given_up), hurt);
        (group, slots)
    });
    slots.collect()
}

/// When objects were deleted, the last time, and the record that tells it: nobody waits for pods of such a workload.
fn deleted(signals: &[Signal]) -> BTreeMap<&Subject, GivenUp> {
    let is_deletion = |signal: &&Signal| signal.has(Role::Change) && signal.label("gone").is_some();
    let told = signals.iter().filter(is_deletion);
    told.filter_map(|signal| Some((&signal.subject, (signal.from.time, *signal.evidence.first()?)))).collect()
}

/// One row for each group and kind of state.
pub(super) fn rows(topology: &Topology, groups: &Groups<'_>, slots: BTreeMap<Group, Vec<Slot>>) -> Vec<Impact> {
    let mut found = Vec::new();
    for (group, slots) in slots {
        let mut by_state: BTreeMap<State, Vec<Span>> = BTreeMap::new();
        for slot in &slots {
            let state = if slot.span.state.is_out() { State::NotReady } else { slot.span.state };
            by_state.entry(state).or_default().push(slot.span.clone());
        }
        for spans in by_state.into_values().flat_map(row::together) {
            let of = how_many((topology, groups), (&group, &slots), &spans);
            let whose = whose(&group, spans.len() == 1);
            found.extend(row::row(whose, spans, of));
        }
    }
    found
}

/// How many pods of a group there were when it began; of those that nothing replaces, while it lasted.
pub(super) fn how_many(
    (topology, groups): (&Topology, &Groups<'_>),
    (group, slots): (&Group, &[Slot]),
    spans: &[Span],
) -> Option<usize> {
    let from = spans.iter().map(|span| span.since).min()?;
    // Those that came together with the hurt are others of the same; where it began as they came, within a moment.
    let by = spans.iter().map(|span| span.since).max()?.min(from + USUAL_START);
    let until = spans.iter().map(Span::until).max_by_key(|until| until.map_or(DateTime::<Utc>::MAX_UTC, |at| at))?;
    let hurt: BTreeSet<Subject> = spans.iter().map(|span| span.subject.clone()).collect();
    let in_place = slots.iter().flat_map(|slot| slot.pods.iter().filter(|pod| **pod != slot.span.subject));
    let in_place: BTreeSet<&Subject> = in_place.collect();
    let came = |pod: &&Pod, by: DateTime<Utc>| pod.created.or(pod.arrived()).is_none_or(|at| at <= by);
    let pods: BTreeSet<Subject> = match group {
        Group::Of(_) => {
            let stays = |pod: &&Pod| pod.forced_out || pod.stopping.is_none_or(|at| at > from + ROUNDING);
            let lives = |pod: &&Pod| gone_at(topology, pod).is_none_or(|at| at + ROUNDING >= from);
            let pods = groups.pods(group).into_iter();
            let there = pods.filter(|pod| came(pod, by)).filter(lives).filter(stays);
            there.map(Pod::subject).filter(|pod| !in_place.contains(pod)).collect()
        }
        // Of Jobs that are runs of the same all that were made by the end of it are others, done or not.
        Group::Runs(_) => {
            let pods = groups.pods(group).into_iter();
            pods.filter(|pod| came(pod, until.unwrap_or(DateTime::<Utc>::MAX_UTC))).map(Pod::subject).collect()
        }
        Group::Bare(namespace) => {
            let bare = topology.pods_of_no_controller(namespace).filter(|pod| pod.object.is_some());
            bare.filter(|pod| came(pod, until.unwrap_or(DateTime::<Utc>::MAX_UTC))).map(Pod::subject).collect()
        }
        Group::Alone(_) => hurt.clone(),
        Group::Unknown(_) => return None,
    };
    Some(pods.union(&hurt).count())
}

/// Whether a signal came after the pod was told to end by those who had the right to.
fn ended_on_purpose(pod: &Pod, signal: &Signal) -> bool {
    let stop = pod.stopping.filter(|_| !pod.forced_out && !signal.has(Role::Stuck) && !signal.has(Role::Gone));
    stop.is_some_and(|stop| signal.from.time + ROUNDING >= stop)
}

/// When containers of pods were started again, in order of time.
fn restarts(signals: &[Signal]) -> BTreeMap<Subject, Vec<Restart>> {
    let mut found: BTreeMap<Subject, Vec<_>> = BTreeMap::new();
    for signal in signals.iter().filter(|signal| signal.has(Role::Restart)) {
        if let Some(pod) = signal.subject.its_pod() {
            found.entry(pod).or_default().push((signal.last_seen(), signal.evidence.last().copied()));
        }
    }
    found.values_mut().for_each(|times| times.sort());
    found
}

/// What is told of one pod.
struct Story<'a> {
    topology: &'a Topology,
    subject: &'a Subject,
    pod: Option<&'a Pod>,
    signals: &'a [Counted<'a>],
    restarts: &'a [Restart],
    nodes: &'a NodesBack<'a>,
}

impl Story<'_> {
    /// Its states: what put it out, and each other kind apart.
    fn hurts(&self) -> Vec<Hurt> {
        let turns: Vec<Turn> = self.pod.map(|pod| self.topology.turns_of(pod).collect()).unwrap_or_default();
        let mut kinds: BTreeMap<State, Vec<&Counted<'_>>> = BTreeMap::new();
        for one in self.signals {
            let Some(state) = State::of_pod(one.signal) else { continue };
            kinds.entry(if state.is_out() { State::NotReady } else { state }).or_default().push(one);
        }
        // One that could not start has no more to be out of.
        if kinds.contains_key(&State::NotStarted) || kinds.contains_key(&State::Refused) {
            kinds.retain(|state, _| !matches!(state, State::NotReady | State::NotScheduled));
        }
        let hurts = kinds.into_values().filter_map(|signals| self.hurt(&signals, &turns));
        let mut hurts: Vec<Hurt> = hurts.collect();
        if hurts.iter().any(|one| one.span.state.is_out()) {
            hurts.iter_mut().for_each(|one| self.end_of_wait(&mut one.span));
        }
        hurts
    }

    /// One that a node took and that was out there waited for a node no longer than until then.
    fn end_of_wait(&self, span: &mut Span) {
        let taken = self.pod.and_then(|pod| pod.scheduled_at.filter(|at| *at > span.from.time));
        if let Some(taken) = taken.filter(|_| span.state == State::NotScheduled) {
            span.end = End::At(taken);
            span.ended_by =
                self.pod.and_then(|pod| pod.object.as_ref()).map(|object| object.citation).into_iter().collect();
        }
    }

    fn hurt(&self, signals: &[&Counted<'_>], turns: &[Turn]) -> Option<Hurt> {
        let first = signals.iter().min_by_key(|one| one.signal.from.time)?;
        let last = signals.iter().map(|one| one.signal.last.max(one.signal.from.time)).max()?;
        let state = signals.iter().filter_map(|one| State::of_pod(one.signal)).min()?;
        let of_state = signals.iter().filter(|one| State::of_pod(one.signal) == Some(state));
        let state_from = of_state.map(|one| one.signal.from.time).min()?;
        let is_probe = signals.iter().all(|one| one.signal.has(Role::ProbeFailure));
        let (from, turned) = began(first.signal, turns, is_probe, self.pod)?;
        let out = match &turned {
            Some(turn) => Some(turn.at).filter(|_| is_probe),
            None => taken_out(self.topology, first.signal),
        };
        let (from, came) = self.since_it_came(state, from, turned.is_some());
        let left = turned.as_ref().map(|turn| turn.at).or(out).filter(|at| *at > from.time);
        let shown = left.or_else(|| self.first_sign(from.time, signals, turns)).filter(|at| *at > from.time);
        let gone = self.gone(signals);
        let node_back = || self.nodes.pod_back(self.pod?.node.as_deref()?, signals, gone);
        let own = match gone {
            Some(_) => (End::Unknown, None),
            None => self.back((from.time, last), signals, turns),
        };
        let (gone, (end, ended_by)) = match (own, node_back()) {
            ((End::Unknown | End::Ongoing, _), Some((back, record))) => (None, (End::At(back), Some(record))),
            (own, _) => (gone, own),
        };
        let waits = matches!(state, State::NotStarted | State::NotScheduled);
        if waits && matches!(end, End::At(end) if end - from.time <= USUAL_START) {
            return None;
        }
        let began_by = turned
            .iter()
            .map(|turn| turn.citation)
            .chain(came)
            .chain(signals.iter().filter_map(|one| one.signal.evidence.first().copied()));
        let span = Span {
            subject: self.subject.clone(),
            state,
            state_from,
            since: from.time,
            from: shown.map_or(from, |at| late(from, at)),
            out,
            end,
            is_given_up: false,
            last,
            ended_with: self.subject.clone(),
            in_place: 0,
            tie: signals.iter().map(|one| one.tie).min_by_key(|tie| (!tie.linked, tie.cascade))?,
            signals: signals.iter().map(|one| one.index).collect(),
            began_by: began_by.collect(),
            ended_by: ended_by.into_iter().collect(),
        };
        let uid = self.pod.map(|pod| pod.uid.clone()).unwrap_or_default();
        Some(Hurt {
            span,
            uid,
            came: self.pod.and_then(|pod| pod.created.or(pod.arrived())),
            gone,
            is_there: self.is_there(),
        })
    }

    /// What could not start, or was refused, was so since it came to its node, where that is known.
    fn since_it_came(&self, state: State, from: Moment, is_told: bool) -> (Moment, Option<Citation>) {
        let came = self.pod.and_then(|pod| {
            Some((pod.scheduled_at.or(pod.created)?, pod.object.as_ref().map(|object| object.citation)))
        });
        let applies = matches!(state, State::NotStarted | State::Refused) && !is_told;
        match came.filter(|(came, _)| applies && *came <= from.time) {
            Some((came, record)) => (Moment::to_the_second(came), record),
            None => (from, None),
        }
    }

    /// When the first sign of trouble came of one that had never been ready: until then it was new, and no worse.
    fn first_sign(&self, from: DateTime<Utc>, signals: &[&Counted<'_>], turns: &[Turn]) -> Option<DateTime<Utc>> {
        let came = self.pod.and_then(|pod| pod.created.or(pod.arrived()))?;
        if from > came + USUAL_START {
            return None;
        }
        // That none of its containers had started for long is told from when its node took it, and is no sign of then.
        let is_sign = |signal: &Signal| !(signal.has(Role::NotStarted) && signal.label("seconds").is_some());
        let sign = signals
            .iter()
            .map(|one| one.signal)
            .filter(|signal| is_sign(signal))
            .map(|signal| signal.from.time)
            .min()?;
        let was_ready = turns.iter().any(|turn| turn.ready && turn.at < sign);
        (!was_ready).then_some(sign)
    }

    /// When it was gone for good, or to be.
    fn gone(&self, signals: &[&Counted<'_>]) -> Option<DateTime<Utc>> {
        let told = signals.iter().filter(|one| one.signal.has(Role::Gone)).map(|one| one.signal.from.time).min();
        let finished = self.pod.and_then(|pod| gone_at(self.topology, pod));
        // The taint manager takes an eviction back where the node answers in time; a pod that was refused stays as it is.
        let refused = signals.iter().any(|one| one.signal.has(Role::PodRefused));
        let lives = |pod: &Pod| pod.stopping.is_none() && pod.object.as_ref().is_some_and(|one| one.finished.is_none());
        let stayed = !refused && self.pod.is_some_and(lives);
        told.filter(|_| !stayed).into_iter().chain(finished).min()
    }

    /// Whether its object was there at the end.
    fn is_there(&self) -> bool {
        self.pod.is_some_and(|pod| pod.object.is_some())
    }

    /// When it was ready again after the last sign of its state, or a container of it ran again.
    fn back(
        &self,
        (from, last): (DateTime<Utc>, DateTime<Utc>),
        signals: &[&Counted<'_>],
        turns: &[Turn],
    ) -> (End, Option<Citation>) {
        let after = |turn: &&Turn| turn.at >= from - ROUNDING;
        let mut ready = turns.iter().filter(after).filter(|turn| turn.ready);
        let at_last = turns.iter().rfind(after);
        let found = ready.clone().find(|turn| turn.at + ROUNDING >= last).or_else(|| {
            let lasts = at_last.is_some_and(|turn| turn.ready);
            if lasts { ready.next_back() } else { None }
        });
        if let Some(turn) = found {
            return (End::At(turn.at.max(from)), Some(turn.citation));
        }
        if let Some((_, record)) =
            self.pod.and_then(|pod| Some((pod.ready.filter(|(ready, _)| !ready)?, pod.ready_record)))
        {
            return (End::Ongoing, record);
        }
        // Its object says that it is ready; since when again, it does not. A kubelet that finds its node's pods marked not
        // ready sends their status as it was, with the old time (pkg/kubelet/status, `syncPod`).
        if self.pod.and_then(|pod| pod.ready).is_some_and(|(ready, _)| ready) {
            return (End::Unknown, None);
        }
        if signals.iter().any(|one| one.signal.end == End::Ongoing) {
            return (End::Ongoing, None);
        }
        let runs = self.restarts.iter().find(|(at, _)| *at + ROUNDING >= last);
        if let Some((at, record)) = runs {
            return (End::At((*at).max(from)), *record);
        }
        let latest = signals.iter().max_by_key(|one| one.signal.last_seen());
        match latest.map(|one| (one.signal.end, one.signal.ended_by)) {
            // An end at the last sign is none that a record tells.
            Some((End::At(end), record)) if latest.is_some_and(|one| end > one.signal.last) => (End::At(end), record),
            _ => (End::Unknown, None),
        }
    }
}

/// A beginning that is sure at a time, and may have been as early as another.
fn late(from: Moment, sure: DateTime<Utc>) -> Moment {
    let earlier = (sure - from.time).num_milliseconds().try_into().unwrap_or(u32::MAX);
    Moment { time: sure, earlier_ms: from.earlier_ms.saturating_add(earlier), ..from }
}

/// When a pod's state began, and the turn that tells of it: since the first failure of a probe that took it out, or since
/// it was not ready, where it had not been before. None for a pod whose probe failed and that stayed ready all the while.
fn began(signal: &Signal, turns: &[Turn], is_probe: bool, pod: Option<&Pod>) -> Option<(Moment, Option<Turn>)> {
    let from = signal.from;
    let before = turns.iter().take_while(|turn| turn.at <= from.time).last();
    if let Some(turn) = before.filter(|turn| !turn.ready && !signal.has(Role::Gone)) {
        return Some((Moment::to_the_second(turn.at), Some(turn.clone())));
    }
    let within = |turn: &&Turn| turn.at + ROUNDING >= from.time && turn.at <= from.time + TURNS_WITHIN;
    let turned = turns.iter().filter(within).find(|turn| !turn.ready).cloned();
    let stayed = pod.and_then(|pod| pod.ready).is_some_and(|(ready, since)| ready && since <= from.time);
    (!is_probe || turned.is_some() || !stayed).then_some((from, turned))
}
