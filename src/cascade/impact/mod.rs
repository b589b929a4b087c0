//! Who was hurt: groups of subjects in one state, how many of how many, from when to when, and how that is known.
//!
//! A row is about the pods of one workload, the Services of one namespace, nodes, or the Jobs of one family. It counts
//! whom a cascade hurt, and whoever was hurt at the same time without a link to it, which it says; what had ended before
//! the cascade began is left out. An end is always the end of that state of those subjects: the pod ready again, or
//! another in its place; nothing else that went well counts for it.

mod errors;
mod group;
mod node_back;
mod nodes;
mod others;
mod pods;
mod replaced;
mod row;
mod scope;
mod services;
mod state;

pub use row::Impact;
pub use state::State;

use super::{Cascade, Edge};
use crate::evidence::Topology;
use crate::signals::Signal;
use group::Groups;
use scope::Scope;

/// Everybody that the signals tell to have been hurt: those of the largest cascade first, the worst state first.
pub fn impacts(topology: &Topology, signals: &[Signal], (cascades, edges): (&[Cascade], &[Edge])) -> Vec<Impact> {
    let scope = Scope::new(signals, cascades, edges);
    let groups = Groups::new(topology);
    let slots = pods::slots(topology, &groups, &scope);
    let mut found = services::rows(topology, &scope, &slots);
    let all = slots.values().flatten();
    let told = all.flat_map(|slot| slot.pods.iter().chain([&slot.span.subject])).cloned().collect();
    found.extend(pods::rows(topology, &groups, slots));
    found.extend(errors::rows(topology, &groups, &scope, &told));
    found.extend(nodes::rows(topology, &scope));
    found.extend(others::rows(topology, &scope));
    found.sort_by(|a, b| a.rank().cmp(&b.rank()));
    found
}
