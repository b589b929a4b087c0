//! A warning about the node stood in the records well before anybody was hurt on it.
//!
//! Published incidents: the earliest record seldom pages anybody.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Severity, length};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "early-sign",
    class: FactorClass::Detection,
    roles: &[Role::NodeDistress, Role::ReclaimFailed, Role::Shortage, Role::ControlPlane],
    find,
};

/// A lead that somebody could have used.
const USEFUL: TimeDelta = TimeDelta::seconds(60);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for index in case.those(|signal| signal.subject.is("Node") && signal.severity >= Severity::Warning) {
        let Some(signal) = case.signal(index) else { continue };
        // The first of each node.
        let Some(node) = signal.node.as_deref().filter(|node| said.insert(node.to_string())) else { continue };
        let is_hurt = |one: &Signal| {
            one.subject.is("Pod") && one.severity >= Severity::Error && one.node.as_deref() == Some(node)
        };
        let hurt = case.those(is_hurt);
        let Some(hurt) = case.of(&hurt).min_by_key(|one| one.from.earliest()) else { continue };
        let lead = hurt.from.earliest() - signal.from.time;
        if lead >= USEFUL {
            let statement = format!("{}, {} before {} was hurt", signal.title, length(lead), hurt.subject);
            let remedy = format!(
                "Whoever is on call hears of this on Node/{node} before a pod is hurt, as an alert on it shows"
            );
            found.push(Found::new(statement, vec![index]).mended(remedy));
        }
    }
    found
}
