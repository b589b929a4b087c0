//! An alert was pending and did not fire: what it waited for was over sooner than it waits.
//!
//! `for:` in a rule (Prometheus documentation, Alerting rules).

use super::{Case, Check, FactorClass, Found};
use crate::model::{length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "never-fired",
    class: FactorClass::Detection,
    roles: &[
        Role::ControlPlane,
        Role::Unready,
        Role::NodeDistress,
        Role::ServiceLost,
        Role::LeaseLost,
        Role::NodeUnready,
    ],
    find,
};

const NEAR: TimeDelta = TimeDelta::seconds(60);

fn find(case: &Case<'_>) -> Vec<Found> {
    let (from, to) = (case.first_harm(), case.cascade.to + NEAR);
    let alerts = case.scene.index.all(Role::Alert).into_iter().flat_map(|all| all.between(from, to));
    let pending = alerts
        .filter_map(|index| Some((index, case.signal(index)?)))
        .filter(|(_, one)| one.variant() == Some("pending"));
    let mut said = BTreeSet::new();
    let told = |(index, signal): (usize, &Signal)| {
        let until = signal.until().filter(|until| *until < case.window.to)?;
        let fired = case
            .scene
            .index
            .of(Role::Alert, &signal.subject)
            .into_iter()
            .flat_map(|all| all.between(signal.from.time, case.window.to));
        let same = |one: &Signal| {
            one.variant() == Some("firing")
                && ["instance", "pod", "node"].iter().all(|name| one.label(name) == signal.label(name))
        };
        if !is_about(case, signal)
            || case.of(&fired.collect::<Vec<_>>()).any(same)
            || !said.insert(signal.subject.clone())
        {
            return None;
        }
        let (alert, lasted) = (&signal.subject, length(until - signal.from.time));
        let statement =
            format!("{alert} was pending from {} for {lasted}, and did not fire", rfc3339(signal.from.time));
        let remedy = format!("{alert}, or another alert, fires for such a time, if anybody is to hear of it");
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    pending.filter_map(told).collect()
}

/// Whether an alert names what the cascade touches, or the API server where that is in it.
fn is_about(case: &Case<'_>, signal: &Signal) -> bool {
    let named = || ["pod", "node"].into_iter().filter_map(|label| signal.label(label));
    let is_touched = case.touched.iter().any(|subject| named().any(|name| name == subject.name()));
    let of_api = || signal.label("job").is_some_and(|job| job.contains("apiserver") || job.contains("etcd"));
    is_touched || (case.has(&[Role::ControlPlane]) && of_api())
}
