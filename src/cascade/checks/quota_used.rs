//! A quota of the namespace was used up.
//!
//! Kubernetes documentation, Resource Quotas: what would exceed one is refused with 403.

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "quota-used", class: FactorClass::Latent, roles: &[Role::Refused], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_quota: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::Refused]) {
        if let Some((quota, namespace)) = signal.label("quota").zip(signal.subject.namespace()) {
            of_quota.entry(Subject::of_object("ResourceQuota", namespace, quota)).or_default().push(index);
        }
    }
    let found = |(quota, signals): (Subject, Vec<usize>)| {
        let asked = case.of(&signals).find_map(|signal| signal.label("requested"));
        let asked = asked.map(|asked| format!(" ({asked} was asked for)")).unwrap_or_default();
        let statement = format!("{quota} left no room for what was to be made{asked}");
        let remedy =
            format!("{quota} leaves room for one rollout more than what runs, and an alert fires before it is used up");
        Found::new(statement, signals).mended(remedy)
    };
    of_quota.into_iter().map(found).collect()
}
