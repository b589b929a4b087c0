//! The kubelet waits longer and longer between tries to mount, so a pod starts later than its volume is there.
//!
//! 500 ms, and twice as long each time, up to 2 min 2 s (kubernetes v1.34, pkg/util/goroutinemap/exponentialbackoff).

use super::{Case, Check, FactorClass, Found};
use crate::model::{length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;

pub const CHECK: Check =
    Check { id: "mount-backoff", class: FactorClass::Amplifier, roles: &[Role::MountFailure], find };

/// A pod starts within this of its volume being mounted.
const SOON: TimeDelta = TimeDelta::seconds(30);

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let pod = case.scene.topology.pod_at(&signal.subject, signal.from.time)?;
        let started = pod.started.iter().map(|(_, at)| at).filter(|at| *at > signal.last).min()?;
        let waited = started - signal.last;
        if waited <= SOON || signal.count < 3 {
            return None;
        }
        let (subject, last, at) = (&signal.subject, rfc3339(signal.last), rfc3339(started));
        let statement = format!(
            "{subject} failed to mount last at {last}, after {} tries, and started at {at}: the kubelet had waited {} before it tried again",
            signal.count,
            length(waited)
        );
        Some(Found::new(statement, vec![index]))
    };
    case.each(&[Role::MountFailure]).into_iter().filter_map(told).collect()
}
