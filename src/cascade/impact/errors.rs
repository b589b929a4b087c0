//! Pods of which no worse is told, and whose programs logged errors for what failed elsewhere: callers of what was hurt.

use super::group::{Group, Groups, whose};
use super::others::span;
use super::pods::how_many;
use super::row::{self, Impact, Span};
use super::scope::Scope;
use super::state::State;
use crate::evidence::Topology;
use crate::model::Subject;
use std::collections::{BTreeMap, BTreeSet};

/// One row for each group; pods of which a worse state is told are left to the row of that.
pub(super) fn rows(
    topology: &Topology,
    groups: &Groups<'_>,
    scope: &Scope<'_>,
    told: &BTreeSet<Subject>,
) -> Vec<Impact> {
    let mut signals: BTreeMap<Subject, Vec<_>> = BTreeMap::new();
    for one in scope.errors() {
        if let Some(pod) = one.signal.subject.its_pod().filter(|pod| !told.contains(pod)) {
            signals.entry(pod).or_default().push(one);
        }
    }
    let mut spans: BTreeMap<Group, Vec<Span>> = BTreeMap::new();
    for (pod, signals) in signals {
        let known = signals.first().and_then(|one| topology.pod_at(&pod, one.signal.from.time));
        // What a run logs is told by how it ended.
        if known.and_then(|known| topology.workload_of_pod(known)).is_some_and(|workload| workload.is("Job")) {
            continue;
        }
        let span = span(State::LoggedErrors, &signals).map(|span| Span {
            subject: pod.clone(),
            ended_with: pod.clone(),
            ..span
        });
        spans.entry(groups.of(&pod, known)).or_default().extend(span);
    }
    let mut found = Vec::new();
    for (group, spans) in spans {
        for spans in row::together(spans) {
            let of = how_many((topology, groups), (&group, &[]), &spans);
            found.extend(row::row(whose(&group, spans.len() == 1), spans, of));
        }
    }
    found
}
