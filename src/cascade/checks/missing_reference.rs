//! Something failed because an object that it names was not there, as its own record says.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::relation;
use crate::model::Subject;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "missing-reference", class: FactorClass::Trigger, roles: &[], find };

/// What the cluster itself makes in every namespace, some seconds after it (pkg/controller/serviceaccount and
/// pkg/controller/certificates/rootcacertpublisher): nobody forgot it.
fn is_of_cluster(missing: &Subject) -> bool {
    matches!((missing.kind(), missing.name()), ("ConfigMap", "kube-root-ca.crt") | ("ServiceAccount", "default"))
}

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut wanting: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for index in case.those(|signal| signal.label("missing").is_some()) {
        if let Some(missing) = case.signal(index).and_then(relation::missing).filter(|missing| !is_of_cluster(missing))
        {
            wanting.entry(missing).or_default().push(index);
        }
    }
    let found = |(missing, signals): (Subject, Vec<usize>)| {
        let first = case.of(&signals).next()?;
        let by = case.workload(&first.subject);
        let statement = format!("{missing}, which {} needed, was not there", first.subject);
        let remedy = format!("{missing} is made with {by} or before it, or {by} does not name it");
        Some(Found { statement, signals, remedy: Some(remedy), ..Found::default() })
    };
    wanting.into_iter().filter_map(found).collect()
}
