//! Jobs, workloads whose pods could not be made, and what else others rely on.

use super::super::family;
use super::row::{self, Impact, Span};
use super::scope::{Counted, Scope};
use super::state::State;
use crate::evidence::Topology;
use crate::model::{Citation, End, Moment, Subject};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of which rows of their own tell, or whose pods do; and the whole cluster, which is nobody.
const TOLD_OTHERWISE: [&str; 10] = [
    "Alert",
    "Cluster",
    "Container",
    "DaemonSet",
    "Deployment",
    "Endpoints",
    "Node",
    "Pod",
    "ReplicaSet",
    "StatefulSet",
];

pub(super) fn rows(topology: &Topology, scope: &Scope<'_>) -> Vec<Impact> {
    let mut told: BTreeMap<(String, State, &Subject), Vec<Counted<'_>>> = BTreeMap::new();
    for one in scope.counted().filter(|one| !one.signal.has(Role::ServiceLost)) {
        let subject = &one.signal.subject;
        let (whose, state) = match subject.kind() {
            "Job" if one.signal.has(Role::Refused) => (family::of_job(topology, subject), State::NotMade),
            "Job" => (family::of_job(topology, subject), State::Failed),
            "ReplicaSet" | "StatefulSet" | "DaemonSet" if one.signal.has(Role::Refused) => {
                (topology.top_of(subject).to_string(), State::NotMade)
            }
            _ if one.signal.has(Role::RolloutStuck) => (subject.to_string(), State::RolloutStuck),
            _ if one.signal.has(Role::Stuck) && !subject.is("Pod") => (subject.to_string(), State::Stuck),
            kind if !TOLD_OTHERWISE.contains(&kind) => (subject.to_string(), State::Other),
            // What no rule knows hurts a workload where links tie it to the rest.
            kind if one.signal.has(Role::Unrecognised) && one.tie.linked && !matches!(kind, "Node" | "Pod") => {
                (subject.to_string(), State::Other)
            }
            _ => continue,
        };
        told.entry((whose, state, subject)).or_default().push(one);
    }
    let mut groups: BTreeMap<(String, State), Vec<Span>> = BTreeMap::new();
    let mut words: BTreeMap<String, String> = BTreeMap::new();
    for ((whose, state, subject), signals) in told {
        if state == State::Other {
            words.entry(whose.clone()).or_insert(signals.first().map(|one| said(one.signal)).unwrap_or_default());
        }
        let span = span(state, &signals)
            .map(|span| if state == State::NotMade { until_made(topology, subject, span) } else { span });
        groups.entry((whose, state)).or_default().extend(span);
    }
    let mut found = Vec::new();
    for ((whose, state), spans) in groups {
        for spans in row::together(spans) {
            let of = of(topology, state, &spans);
            let row = row::row(whose.clone(), spans, of);
            let told = words.get(&whose).filter(|_| state == State::Other).cloned();
            found.extend(row.map(|row| Impact { words: told, ..row }));
        }
    }
    found
}

/// What is said of one in no state that is known: what its signal says; where no rule knows it, or where that is long,
/// without the message, which stands on the timeline.
fn said(signal: &Signal) -> String {
    let (title, subject) = (signal.title.as_str(), signal.subject.to_string());
    let own = title.split_once(": ").map(|(own, _)| own).filter(|own| *own != subject);
    match own {
        _ if signal.has(Role::Unrecognised) => format!("{subject} reported {}", signal.name),
        Some(own) if title.len() > LONG => own.to_owned(),
        _ => title.to_owned(),
    }
}

/// What is said in more characters than this is hard to read in a table.
const LONG: usize = 120;

/// One subject in one state: from the first sign to the end of the last.
pub(super) fn span(state: State, signals: &[Counted<'_>]) -> Option<Span> {
    let first = signals.iter().min_by_key(|one| onset(one.signal).time)?;
    let last = signals.iter().map(|one| one.signal.last.max(one.signal.from.time)).max()?;
    let ended = signals.iter().max_by_key(|one| one.signal.last_seen())?;
    let (end, record) = match ended.signal.end {
        _ if signals.iter().any(|one| one.signal.end == End::Ongoing) => (End::Ongoing, None),
        // Where it ended at its last sign, its end is not recorded.
        End::At(end) if end > ended.signal.last => (End::At(end), ended.signal.ended_by),
        _ => (End::Unknown, None),
    };
    Some(Span {
        subject: first.signal.subject.clone(),
        state,
        state_from: first.signal.from.time,
        since: onset(first.signal).time,
        from: onset(first.signal),
        out: None,
        end,
        is_given_up: false,
        last,
        ended_with: first.signal.subject.clone(),
        in_place: 0,
        tie: signals.iter().map(|one| one.tie).min_by_key(|tie| (!tie.linked, tie.cascade))?,
        signals: signals.iter().map(|one| one.index).collect(),
        began_by: signals.iter().flat_map(|one| told_by(one.signal)).collect(),
        ended_by: record.into_iter().collect(),
    })
}

/// The records of a beginning: of one that fell silent both that bound it.
fn told_by(signal: &Signal) -> impl Iterator<Item = Citation> {
    signal.evidence.iter().copied().take(if signal.has(Role::Silent) { usize::MAX } else { 1 })
}

/// When it began: of one that fell silent, when it was heard of for the last time.
fn onset(signal: &Signal) -> Moment {
    let from = signal.from;
    let heard = from.time - TimeDelta::milliseconds(from.earlier_ms.into());
    if signal.has(Role::Silent) {
        Moment { time: heard, earlier_ms: 0, later_ms: from.earlier_ms, ..from }
    } else {
        from
    }
}

/// What could not make its pods could once the first of them came.
fn until_made(topology: &Topology, controller: &Subject, span: Span) -> Span {
    let came = topology.pods_of_owner(controller).filter_map(|pod| {
        let at = pod.created.filter(|at| *at >= span.from.time)?;
        Some((at, pod.object.as_ref().map(|object| object.citation)))
    });
    match came.min() {
        Some((at, record)) => Span { end: End::At(at), ended_by: record.into_iter().collect(), ..span },
        None => span,
    }
}

/// How many Jobs there were of a family; of an object that is told of alone, itself.
fn of(topology: &Topology, state: State, spans: &[Span]) -> Option<usize> {
    if matches!(state, State::Other | State::Stuck | State::RolloutStuck) {
        return Some(1);
    }
    let job = spans.iter().map(|span| &span.subject).find(|subject| subject.is("Job"))?;
    let hurt = spans.iter().map(|span| &span.subject);
    let whose = family::of_job(topology, job);
    let jobs = topology.jobs().filter(|other| other.namespace() == job.namespace());
    Some(jobs.filter(|other| family::of_job(topology, other) == whose).chain(hurt).collect::<BTreeSet<_>>().len())
}
