//! A node whose memory ran out kept none back, or was to evict so late that the kernel killed first.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Order, Severity};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "node-reserve", class: FactorClass::Latent, roles: &[Role::Shortage], find };

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
    let found = |statement: String, remedy: String| Found {
        statement,
        signals: signals.to_vec(),
        evidence: evidence(),
        remedy: Some(remedy),
        ..Found::default()
    };
    let no_reserve = config.reserved_memory.is_empty().then(|| {
        let kept = config.evicts_below.as_ref().map(|threshold| format!(" but the {threshold} below which it evicts"));
        let statement = format!(
            "the kubelet of Node/{node} keeps no memory back for the system and itself, so pods may be given all of it{}",
            kept.unwrap_or_default()
        );
        found(statement, format!("systemReserved or kubeReserved of Node/{node} has memory, as its configz shows"))
    });
    let evicted_before = |signal: &Signal| {
        let is_one = signal.has(Role::Evicted) && signal.node.as_deref() == Some(node);
        is_one && case.scene.clocks.order(signal.from, first.from) != Order::After
    };
    let has_evicted = case.scene.signals.iter().any(evicted_before);
    let late = config.evicts_below.as_ref().filter(|_| !has_evicted).map(|threshold| {
        let statement = format!(
            "the kubelet of Node/{node} evicts only when less than {threshold} of memory is available, and the kernel killed before any eviction from it that is recorded"
        );
        let remedy =
            format!("Node/{node} evicts pods before the kernel kills while its memory is filled, as a trial shows");
        found(statement, remedy)
    });
    no_reserve.into_iter().chain(late).collect()
}
