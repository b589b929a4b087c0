//! Storage, API server, controllers and kubelet are one process, so what ends one of them ends all.
//!
//! k3s and RKE2 documentation, Architecture: a k3s server runs all of them in one process.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check =
    Check { id: "one-process", class: FactorClass::Propagation, roles: &[Role::LeaseLost, Role::ControlPlane], find };

/// The units that run the whole control plane in one process.
const UNITS: [&str; 2] = ["k3s.service", "k0scontroller.service"];

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_one = |signal: &Signal| signal.values("unit").any(|unit| UNITS.contains(&unit));
    let signals = case.those(is_one);
    let told = signals.first().and_then(|index| {
        let signal = case.signal(*index)?;
        let (unit, subject) = (signal.label("unit")?, &signal.subject);
        let statement = format!("{unit} of {subject} is etcd or its like, the API server, the controllers and the kubelet in one process: what ended one ended all");
        let remedy = format!("{subject} keeps its pods running while {unit} starts anew, and another server answers meanwhile, shown by a drill");
        Some(Found::new(statement, signals.clone()).mended(remedy))
    });
    told.into_iter().collect()
}
