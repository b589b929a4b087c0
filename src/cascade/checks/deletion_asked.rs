//! What stays was told to go, and nothing else stands at the head: the deletion began it. Of a namespace and what is in it
//! the namespace was deleted (Kubernetes documentation, Namespaces).
//!
//! The record is the object's own deletionTimestamp, or a condition of the namespace that tells of its deletion.

use super::{Case, Check, FactorClass, Found};
use crate::model::rfc3339;
use crate::signals::Role;

pub const CHECK: Check =
    Check { id: "deletion-asked", class: FactorClass::Trigger, roles: &[Role::StuckDeletion], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    if !case.of(&case.cascade.first).all(|signal| signal.has(Role::StuckDeletion)) {
        return Vec::new();
    }
    let stuck = || case.each(&[Role::StuckDeletion]).into_iter();
    let namespace = stuck().filter(|(_, signal)| signal.subject.is("Namespace")).min_by_key(|(_, one)| one.from.time);
    let first = namespace.or_else(|| stuck().min_by_key(|(_, one)| one.from.time));
    let told = |(index, signal): (usize, &crate::signals::Signal)| {
        let statement = format!("{} was told to go by {}", signal.subject, rfc3339(signal.from.time));
        Found::new(statement, vec![index])
    };
    first.map(told).into_iter().collect()
}
