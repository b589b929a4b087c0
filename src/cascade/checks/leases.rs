//! Kubelets and controllers renew leases through the API server, so its silence reached all of them.
//!
//! A node's lease is renewed every 10 s and lasts 40 s; a leader gives up after 10 s without renewal (Kubernetes
//! documentation, Leases; component-base, LeaderElectionConfiguration).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check =
    Check { id: "leases", class: FactorClass::Propagation, roles: &[Role::LeaseLost, Role::ControlPlane], find };

/// Those who waited for the same silence noticed it within this of each other.
const NEAR: TimeDelta = TimeDelta::minutes(2);
const MOST: usize = 64;

fn find(case: &Case<'_>) -> Vec<Found> {
    let (from, to) = (case.cascade.from - NEAR, case.cascade.to + NEAR);
    let waiting = [Role::LeaseLost, Role::ControlPlane].into_iter().flat_map(|role| case.scene.index.all(role));
    let all: BTreeSet<usize> = waiting.flat_map(|onsets| onsets.between(from, to)).take(MOST).collect();
    let of_lease = |index: &usize| case.signal(*index).is_some_and(|signal| signal.has(Role::LeaseLost));
    let signals: Vec<usize> = all.into_iter().filter(of_lease).collect();
    let holders: BTreeSet<&Subject> = case.of(&signals).map(|signal| &signal.subject).collect();
    // One alone may have had a reason of its own.
    if holders.len() < 2 {
        return Vec::new();
    }
    let statement = format!(
        "{} could not renew their leases: all of them wait for the same API server and its storage",
        names(&holders)
    );
    vec![Found::new(statement, signals)]
}
