//! A node that had joined stands at the head: what failed there did not fail on older nodes.
//!
//! A new node brings whatever its image, its size and its place are (documentation, Nodes, Management), and no record of the
//! cluster says that these were chosen otherwise than before.

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "new-node", class: FactorClass::Trigger, roles: &[Role::NodeJoined], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    heads(case).into_iter().filter_map(|index| told(case, index)).collect()
}

/// The joins that the cascade begins with.
pub fn heads(case: &Case<'_>) -> Vec<usize> {
    let is_join = |index: &usize| case.signal(*index).is_some_and(|one| one.has(Role::NodeJoined));
    case.cascade.first.iter().copied().filter(is_join).collect()
}

fn told(case: &Case<'_>, index: usize) -> Option<Found> {
    let joined = case.signal(index)?;
    let led = case.led_to.get(&index)?;
    let pods: BTreeSet<&Subject> = case.of(led).map(|one| &one.subject).filter(|one| one.is("Pod")).collect();
    if pods.is_empty() {
        return None;
    }
    let statement = format!(
        "{} joined at {}; {} failed there, and pods of the same workload on older nodes did not",
        joined.subject,
        rfc3339(joined.from.time),
        names(&pods)
    );
    Some(Found::new(statement, vec![index]))
}
