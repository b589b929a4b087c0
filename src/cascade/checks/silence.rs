//! A node's trouble was noticed long after it may have begun: by design nothing tells of it meanwhile.
//!
//! The node controller waits 40 s or 50 s for a lease (node-monitor-grace-period), the kubelet two minutes for its runtime
//! and three for its containers (Kubernetes documentation, Nodes; pkg/kubelet/pleg/generic.go).

use super::{Case, Check, FactorClass, Found};
use crate::model::{length, rfc3339};
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "silence",
    class: FactorClass::Detection,
    roles: &[Role::NodeDistress, Role::RuntimeHung, Role::NodeUnready],
    find,
};

/// Shorter silences are those of any probe.
const LONG_MS: u32 = 30_000;

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    let roles = [Role::NodeDistress, Role::RuntimeHung, Role::NodeUnready];
    for (index, signal) in case.each(&roles).into_iter().filter(|(_, signal)| signal.subject.is("Node")) {
        let silent = signal.from.earlier_ms;
        let is_known = (LONG_MS..u32::MAX).contains(&silent) && silent < 3_600_000;
        if is_known && said.insert(&signal.subject) {
            let node = &signal.subject;
            let (at, before) = (rfc3339(signal.from.time), length(TimeDelta::milliseconds(i64::from(silent))));
            let statement = format!(
                "{} (noticed at {at}): it may have begun {before} earlier, and {node} counted as well until then",
                signal.title
            );
            let remedy =
                format!("An alert on {node} fires less than {before} after such trouble begins, shown by a trial");
            found.push(Found { order: (index, 0), ..Found::new(statement, vec![index]).mended(remedy) });
        }
    }
    found
}
