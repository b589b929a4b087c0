//! Nodes: how many of all were in each state.

use super::others::span;
use super::row::{self, Impact, Span};
use super::scope::Scope;
use super::state::State;
use crate::evidence::Topology;
use crate::model::Subject;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn rows(topology: &Topology, scope: &Scope<'_>) -> Vec<Impact> {
    let mut told: BTreeMap<(State, &Subject), Vec<_>> = BTreeMap::new();
    for one in scope.counted().filter(|one| one.signal.subject.is("Node")) {
        if let Some(state) = State::of_node(one.signal) {
            told.entry((state, &one.signal.subject)).or_default().push(one);
        }
    }
    let known: BTreeSet<&str> = topology.nodes().collect();
    let mut by_state: BTreeMap<State, Vec<Span>> = BTreeMap::new();
    for ((state, _), signals) in told {
        by_state.entry(state).or_default().extend(span(state, &signals));
    }
    let mut found = Vec::new();
    for spans in by_state.into_values().flat_map(row::together) {
        let hurt: BTreeSet<&str> = spans.iter().map(|span| span.subject.name()).collect();
        // Where no objects of nodes came, how many there were is not known.
        let of = (!known.is_empty()).then(|| known.union(&hurt).count());
        let whose = if hurt.len() == 1 { "node" } else { "nodes" };
        found.extend(row::row(whose.to_owned(), spans, of));
    }
    found
}
