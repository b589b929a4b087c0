//! What had been missing was made, as its own record says.
//!
//! metadata.creationTimestamp (Kubernetes API reference, ObjectMeta).

use super::{Case, Check, FactorClass, Found};
use crate::cascade::relation;
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "made-later", class: FactorClass::Response, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut wanting: BTreeMap<Subject, usize> = BTreeMap::new();
    for index in case.those(|signal| signal.label("missing").is_some()) {
        if let Some(missing) = case.signal(index).and_then(relation::missing) {
            wanting.entry(missing).or_insert(index);
        }
    }
    let found = |(missing, index): (Subject, usize)| {
        let signal = case.signal(index)?;
        let made = case.scene.index.of(Role::Change, &missing).into_iter().flat_map(|all| all.all());
        let mut made = made.filter_map(|index| Some((index, case.signal(index)?)));
        let (change, one) = made.find(|(_, one)| one.from.time > signal.from.time)?;
        let statement = format!("{missing}, which had been missing, was written at {}", rfc3339(one.from.time));
        Some(Found::new(statement, vec![change, index]))
    };
    wanting.into_iter().filter_map(found).collect()
}
