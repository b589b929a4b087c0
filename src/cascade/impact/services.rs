//! Services without a ready endpoint: from when the last of their pods was out, until the first was ready.

use super::group::Group;
use super::replaced::Slot;
use super::row::{self, Impact, Span};
use super::scope::{Counted, Scope};
use super::state::State;
use crate::evidence::{Pod, Topology};
use crate::model::{Citation, End, Moment, Subject};
use crate::signals::Role;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// How much later than it was derived an outage may have begun: pods leave when their probes have failed often enough.
const LATER: TimeDelta = TimeDelta::seconds(120);

pub(super) fn rows(topology: &Topology, scope: &Scope<'_>, slots: &BTreeMap<Group, Vec<Slot>>) -> Vec<Impact> {
    let mut of_pod: BTreeMap<&Subject, Vec<&Slot>> = BTreeMap::new();
    for slot in slots.values().flatten().filter(|slot| slot.span.state.is_out()) {
        slot.pods.iter().for_each(|pod| of_pod.entry(pod).or_default().push(slot));
    }
    let mut services: BTreeMap<&str, usize> = BTreeMap::new();
    for (service, _) in topology.services().filter(|(_, service)| !service.selector.is_empty()) {
        *services.entry(service.namespace().unwrap_or_default()).or_default() += 1;
    }
    let mut by_service: BTreeMap<&Subject, Vec<Span>> = BTreeMap::new();
    for one in scope.counted().filter(|one| one.signal.has(Role::ServiceLost)) {
        by_service.entry(&one.signal.subject).or_default().push(span(topology, &of_pod, one));
    }
    let mut found = Vec::new();
    for (endpoints, spans) in by_service {
        let namespace = endpoints.namespace().unwrap_or_default();
        let of =
            services.get(namespace).copied().filter(|_| topology.services().any(|(known, _)| is_of(known, endpoints)));
        let name = endpoints.name();
        for spans in outages(spans) {
            found.extend(row::row(format!("Service {namespace}/{name}"), spans, of));
        }
    }
    found
}

/// Outages of one Service, each with those that follow it too closely for anybody to have been served well between them.
fn outages(mut spans: Vec<Span>) -> Vec<Vec<Span>> {
    spans.sort_by_key(|span| (span.from.time, span.until()));
    let mut found: Vec<Vec<Span>> = Vec::new();
    // Until when the last of them lasts; none while it goes on.
    let mut lasts: Option<DateTime<Utc>> = None;
    for span in spans {
        let goes_on = lasts.is_none_or(|until| span.from.time - until < SERVED);
        let until = span.until();
        match found.last_mut().filter(|_| goes_on) {
            Some(group) => {
                lasts = lasts.zip(until).map(|(known, own)| known.max(own));
                group.push(span);
            }
            None => {
                lasts = until;
                found.push(vec![span]);
            }
        }
    }
    found
}

/// A Service that had a ready endpoint for so long was served between two outages.
const SERVED: TimeDelta = TimeDelta::seconds(60);

fn is_of(service: &Subject, endpoints: &Subject) -> bool {
    (service.namespace(), service.name()) == (endpoints.namespace(), endpoints.name())
}

fn span(topology: &Topology, of_pod: &BTreeMap<&Subject, Vec<&Slot>>, one: Counted<'_>) -> Span {
    let signal = one.signal;
    let service = Subject::namespaced("Service", signal.subject.namespace().unwrap_or_default(), signal.subject.name());
    let began = signal.from.time;
    let around =
        |slot: &&&Slot| slot.span.from.time <= began + LATER && slot.span.until().is_none_or(|until| until >= began);
    let pods = topology.pods_of_service(&service).map(|pod| pod.subject());
    let slots: Vec<&Slot> =
        pods.filter_map(|pod| of_pod.get(&pod)).flatten().filter(|slot| around(slot)).copied().collect();
    let left = |slot: &&Slot| Moment::to_the_second(slot.span.out.unwrap_or(slot.span.since));
    let latest = slots.iter().map(left).max_by_key(|from| from.time);
    let from = latest.filter(|from| from.time > began).unwrap_or(signal.from);
    // A snapshot in which it still had none is later than the last sign of each of its pods.
    let is_seen_later = slots.iter().all(|slot| slot.span.last < signal.last);
    let is_ready = |pod: &Pod| pod.ready.is_some_and(|(ready, _)| ready);
    let goes_on = signal.end == End::Ongoing && is_seen_later && !topology.pods_of_service(&service).any(is_ready);
    let of_signal = (signal.end, signal.ended_by);
    let (end, ended_by) = match end(&slots, from, of_signal) {
        (End::Unknown, _) if goes_on => of_signal,
        known => known,
    };
    let told = slots.iter().flat_map(|slot| slot.span.began_by.first().copied());
    Span {
        subject: signal.subject.clone(),
        state: State::NoEndpoint,
        state_from: from.time,
        since: from.time,
        from: Moment { earlier_ms: if from.time > began { 0 } else { from.earlier_ms }, ..from },
        out: None,
        end,
        is_given_up: false,
        last: signal.last.max(from.time),
        ended_with: signal.subject.clone(),
        in_place: 0,
        tie: one.tie,
        signals: vec![one.index],
        began_by: signal.evidence.first().copied().into_iter().chain(told).collect(),
        ended_by: ended_by.into_iter().collect(),
    }
}

/// The first of its pods that was ready again ends it; where that is not known of any, what the signal says.
fn end(slots: &[&Slot], from: Moment, of_signal: (End, Option<Citation>)) -> (End, Option<Citation>) {
    let ends = slots.iter().filter_map(|slot| match slot.span.end {
        End::At(end) if end > from.time => Some((end, slot.span.ended_by.first().copied())),
        _ => None,
    });
    let first: Option<(DateTime<Utc>, Option<Citation>)> = ends.min();
    match first {
        Some((end, record)) => (End::At(end), record),
        None if !slots.is_empty() && slots.iter().all(|slot| slot.span.end == End::Ongoing) => (End::Ongoing, None),
        // Some were ready again, and no record says when.
        None if slots.iter().any(|slot| slot.span.end == End::Unknown) && of_signal.0 == End::Ongoing => {
            (End::Unknown, None)
        }
        None => of_signal,
    }
}
