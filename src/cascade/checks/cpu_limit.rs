//! A container was kept from the processor by its own limit while its probes got no answer.
//!
//! A limit of CPU is enforced by throttling (Kubernetes documentation, Resource Management for Pods and Containers); a
//! probe has one second by default.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "cpu-limit", class: FactorClass::Latent, roles: &[Role::ProbeFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let throttled = case.around(Role::CpuThrottled);
    let mut said = BTreeSet::new();
    let told = |(index, signal): (usize, &Signal)| {
        let workload = case.workload(&signal.subject);
        let of_it = |(_, throttled): &&(usize, &Signal)| {
            case.workload(&throttled.subject) == workload && throttled.from.time <= signal.last_seen()
        };
        let (throttle, _) = throttled.iter().find(of_it)?;
        if !said.insert(workload.clone()) {
            return None;
        }
        let statement = format!(
            "{workload} was held back by its own limit of CPU while its {} probe failed",
            signal.variant().unwrap_or("own")
        );
        let remedy = format!(
            "{workload} answers its probes under the highest load that it is planned for, and is not throttled then"
        );
        Some(Found::new(statement, vec![*throttle, index]).mended(remedy))
    };
    case.each(&[Role::ProbeFailure]).into_iter().filter_map(told).collect()
}
