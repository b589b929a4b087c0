//! A pod had taken much of what ran out, and had requested little or none of it.
//!
//! The kubelet's message of an eviction names usage and request (pkg/kubelet/eviction/helpers.go).

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "took-most", class: FactorClass::Trigger, roles: &[Role::Evicted], find };

/// Less than this is no reason for a shortage, in KiB.
const MUCH: u64 = 1024 * 1024;

fn find(case: &Case<'_>) -> Vec<Found> {
    let of = |(index, signal): (usize, &Signal)| {
        let usage = kib(signal.label("usage")?)?;
        let request = signal.label("request").and_then(kib).unwrap_or(0);
        (usage >= MUCH && request < usage / 4).then_some((usage, index))
    };
    let largest = case.each(&[Role::Evicted]).into_iter().filter_map(of).max();
    let told = largest.and_then(|(_, index)| {
        let signal = case.signal(index)?;
        let ((usage, request), resource) =
            signal.label("usage").zip(signal.label("request")).zip(signal.label("resource"))?;
        let (pod, workload) = (&signal.subject, case.workload(&signal.subject));
        let statement = format!(
            "{pod} had taken {usage} of {resource}, of which it had requested {request}, when it was evicted for that"
        );
        let remedy = format!("{workload} has a request and a limit of {resource}, as its template shows");
        Some(Found::new(statement, vec![index]).mended(remedy))
    });
    told.into_iter().collect()
}

/// A quantity of bytes in KiB, as the kubelet writes it.
fn kib(amount: &str) -> Option<u64> {
    const UNITS: [(&str, u64); 4] = [("Ki", 1), ("Mi", 1 << 10), ("Gi", 1 << 20), ("Ti", 1 << 30)];
    let unit = UNITS.iter().find_map(|(unit, times)| Some((amount.strip_suffix(unit)?, *times)));
    match unit {
        Some((number, times)) => number.parse::<u64>().ok()?.checked_mul(times),
        None => Some(amount.parse::<u64>().ok()? / 1024),
    }
}
