//! A node whose memory ran out kept none back, or was to evict so late that the kernel killed first.

use super::{Case, Check, FactorClass, Found};
use crate::model::Severity;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "node-reserve", class: FactorClass::Latent, roles: &[Role::Shortage], find, ask: None };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut shortages: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in case.with(&[Role::Shortage]) {
        let Some(signal) = case.signal(index).filter(|signal| is_of_all(signal)) else { continue };
        if let Some(node) = signal.node.as_deref() {
            shortages.entry(node).or_default().push(index);
        }
    }
    shortages.into_iter().flat_map(|(node, signals)| of_node(case, node, &signals)).collect()
}

/// Whether the memory of the whole machine ran out, or all that its pods may have together.
fn is_of_all(signal: &Signal) -> bool {
    let is_whole = signal.severity == Severity::Fatal || signal.label("scope") == Some("node");
    signal.label("shortage") == Some("memory") && signal.has(Role::MemoryKill) && is_whole
}

fn of_node(case: &Case<'_>, node: &str, signals: &[usize]) -> Vec<Found> {
    let Some(config) = case.scene.topology.kubelet(node) else { return Vec::new() };
    let Some(first) = case.of(signals).min_by_key(|signal| signal.from.time) else { return Vec::new() };
    let evidence = || [config.citation].into_iter().chain(first.evidence.first().copied()).collect();
    let mut found = Vec::new();
    if config.reserved_memory.is_empty() {
        let statement = format!(
            "the kubelet of Node/{node} keeps no memory back for the system and itself, so pods may be given all but {} at which it evicts",
            config.evicts_below.as_deref().unwrap_or("what it has left")
        );
        let remedy = format!("systemReserved or kubeReserved of Node/{node} has memory, as its configz shows");
        found.push(Found {
            statement,
            signals: signals.to_vec(),
            evidence: evidence(),
            remedy: Some(remedy),
            ..Found::default()
        });
    }
    let evicted_before = |signal: &Signal| {
        signal.has(Role::Evicted) && signal.node.as_deref() == Some(node) && signal.from.time < first.from.time
    };
    if let Some(threshold) = config.evicts_below.as_ref().filter(|_| case.those(evicted_before).is_empty()) {
        let statement = format!(
            "the kubelet of Node/{node} evicts only when less than {threshold} of memory is available, and the kernel killed before it had evicted anything"
        );
        let remedy =
            format!("Node/{node} evicts pods before the kernel kills while its memory is filled, as a trial shows");
        found.push(Found {
            statement,
            signals: signals.to_vec(),
            evidence: evidence(),
            remedy: Some(remedy),
            ..Found::default()
        });
    }
    found
}
