//! No alert fired for what happened, though the history of alerts came whole.
//!
//! Prometheus keeps the state of each alert as the series ALERTS (Prometheus documentation, Alerting rules).

use super::case::is_harm;
use super::{Case, Check, FactorClass, Found};
use crate::model::length;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;

pub const CHECK: Check = Check {
    id: "no-alert",
    class: FactorClass::Detection,
    roles: &[
        Role::Unready,
        Role::ServiceLost,
        Role::Gone,
        Role::NodeDistress,
        Role::Refused,
        Role::ControlPlane,
        Role::NodeUnready,
    ],
    find,
};

/// What is over sooner need not fire.
const LONG: TimeDelta = TimeDelta::seconds(60);

fn find(case: &Case<'_>) -> Vec<Found> {
    let lasted = case.cascade.to - case.first_harm();
    if !case.scene.knows_alerts || case.cascade.affected.is_empty() || lasted < LONG {
        return Vec::new();
    }
    let fires = |signal: &Signal| signal.variant() == Some("firing");
    let own = case.with(&[Role::Alert]);
    let about = |signal: &Signal| is_about(case, signal);
    let all = case.scene.index.all(Role::Alert).into_iter();
    let mut near = all.flat_map(|onsets| onsets.between(case.first_harm(), case.cascade.to + LONG * 5));
    let has_fired =
        case.of(&own).any(fires) || near.any(|index| case.signal(index).is_some_and(|one| fires(one) && about(one)));
    let worst = case
        .those(is_harm)
        .into_iter()
        .max_by_key(|index| case.signal(*index).map(|one| (one.severity, std::cmp::Reverse(one.from.time))));
    let told = worst.filter(|_| !has_fired).and_then(|index| {
        let signal = case.signal(index)?;
        let statement = format!(
            "No alert fired that tells of it, while it lasted {} and the history of alerts came whole: {}",
            length(lasted),
            signal.title
        );
        let remedy = format!(
            "An alert fires within minutes for what happened to {}, shown by a test that causes it",
            case.workload(&signal.subject)
        );
        Some(Found::new(statement, vec![index]).mended(remedy))
    });
    told.into_iter().collect()
}

/// Whether a label of an alert names what the cascade touches, or its namespace alone.
fn is_about(case: &Case<'_>, alert: &Signal) -> bool {
    let is_named = |value: &str| {
        let node = case.scene.topology.node_named(value);
        case.touched.iter().any(|subject| subject.name() == value || Some(subject.name()) == node)
    };
    let of_pod = alert.label("pod").is_some();
    let of_namespace = |value: &str| !of_pod && case.touched.iter().any(|one| one.namespace() == Some(value));
    alert.labels.firsts().any(|(name, value)| is_named(value) || (name == "namespace" && of_namespace(value)))
}
