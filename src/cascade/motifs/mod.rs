//! Patterns over several signals, which no single link can state. One file each; the table lists them.
//!
//! A pattern is said only where all its parts are there, and what it says names objects, counts and times.

mod blind;
mod ceiling;
mod control_plane_saturation;
mod critical_addon_displaced;
mod delayed_execution;
mod dns_amplifier;
mod eviction_avalanche;
mod failure_follows_pod;
mod measured_late;
mod node_network_wiped;
mod notready_storm;
mod per_node_agent_hog;
mod phase_locked;
mod recovery_second_failure;
mod retry_amplification;
mod sight;
mod silent_stall;
mod storage_identity_stuck;
mod webhook_deadlock;

use super::{Cascade, Edge, FactorClass, Scene};
use crate::model::Citation;
use sight::Sight;

/// A pattern that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Motif {
    /// Its name, as `failure-follows-the-pod`.
    pub motif: String,
    /// One or two sentences.
    pub statement: String,
    /// Indexes of the signals it is seen in, in order of time.
    pub signals: Vec<usize>,
    /// The records of the times that the statement names, then those of the signals.
    pub evidence: Vec<Citation>,
}

/// A kind of pattern: its name, what part it plays in a cascade, and how it is found.
struct Kind {
    name: &'static str,
    class: FactorClass,
    find: Find,
}

#[derive(Clone, Copy)]
enum Find {
    /// By what led to what.
    BySight(fn(&Sight<'_>) -> Vec<Motif>),
    /// By where pods came to.
    ByScene(fn(&Scene<'_>, &[Cascade]) -> Vec<Motif>),
}

const fn kind(name: &'static str, class: FactorClass, find: fn(&Sight<'_>) -> Vec<Motif>) -> Kind {
    Kind { name, class, find: Find::BySight(find) }
}

/// Every kind, those that say most of a whole cascade first: the draft tells the first that there is.
const ALL: &[Kind] = &[
    Kind {
        name: failure_follows_pod::NAME,
        class: FactorClass::Amplifier,
        find: Find::ByScene(failure_follows_pod::find),
    },
    kind(notready_storm::NAME, FactorClass::Amplifier, notready_storm::find),
    kind(node_network_wiped::NAME, FactorClass::Amplifier, node_network_wiped::find),
    kind(webhook_deadlock::NAME, FactorClass::Amplifier, webhook_deadlock::find),
    kind(control_plane_saturation::NAME, FactorClass::Amplifier, control_plane_saturation::find),
    kind(dns_amplifier::NAME, FactorClass::Amplifier, dns_amplifier::find),
    kind(eviction_avalanche::NAME, FactorClass::Amplifier, eviction_avalanche::find),
    kind(per_node_agent_hog::NAME, FactorClass::Latent, per_node_agent_hog::find),
    kind(phase_locked::NAME, FactorClass::Trigger, phase_locked::find),
    kind(delayed_execution::NAME, FactorClass::Trigger, delayed_execution::find),
    kind(retry_amplification::NAME, FactorClass::Amplifier, retry_amplification::find),
    kind(ceiling::NAME, FactorClass::Latent, ceiling::find),
    kind(storage_identity_stuck::NAME, FactorClass::Recovery, storage_identity_stuck::find),
    kind(recovery_second_failure::NAME, FactorClass::Response, recovery_second_failure::find),
    kind(critical_addon_displaced::NAME, FactorClass::Propagation, critical_addon_displaced::find),
    kind(silent_stall::NAME, FactorClass::Detection, silent_stall::find),
    kind(blind::NAME, FactorClass::Detection, blind::find),
    kind(measured_late::NAME, FactorClass::Detection, measured_late::find),
];

/// What part a motif plays in its cascade.
pub fn class(motif: &Motif) -> FactorClass {
    let known = ALL.iter().find(|kind| kind.name == motif.motif);
    known.map_or(FactorClass::Amplifier, |kind| kind.class)
}

/// All motifs in the scene.
pub(super) fn find(scene: &Scene<'_>, cascades: &[Cascade], edges: &[Edge]) -> Vec<Motif> {
    let sight = Sight::new(scene, cascades, edges);
    let of = |kind: &Kind| match kind.find {
        Find::BySight(find) => find(&sight),
        Find::ByScene(find) => find(scene, cascades),
    };
    ALL.iter().flat_map(of).collect()
}
