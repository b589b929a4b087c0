//! No node was added though one was missing, and why the autoscaler said so.
//!
//! cluster-autoscaler 1.30, FAQ, What are the reasons for not scaling up.

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "no-scale-up", class: FactorClass::Amplifier, roles: &[Role::NoScaleUp], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut by_reason: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::NoScaleUp]) {
        signal.label("why").into_iter().for_each(|why| by_reason.entry(why).or_default().push(index));
    }
    let found = |(why, signals): (&str, Vec<usize>)| {
        let whom = names(case.of(&signals).map(|signal| &signal.subject));
        let statement = format!("No node was added for {whom}: {why}");
        let remedy = format!("A node is added within minutes for a pod such as {whom}, shown by a trial");
        Found::new(statement, signals).mended(remedy)
    };
    by_reason.into_iter().map(found).collect()
}
