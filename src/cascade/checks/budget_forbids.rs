//! A disruption budget allowed no eviction at all from before the first was asked for, as one that wants as many pods as
//! there are: whoever drains a node then waits for ever.
//!
//! Kubernetes documentation, Specifying a Disruption Budget for your Application; API-initiated Eviction (429).

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "budget-forbids", class: FactorClass::Latent, roles: &[Role::EvictionBlocked], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let forbidding = case.scene.index.with(Role::ForbidsEviction);
    let mut of_budget: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (index, blocked) in case.each(&[Role::EvictionBlocked]) {
        if let Some(budget) = only(case, &forbidding, blocked) {
            of_budget.entry(budget).or_default().push(index);
        }
    }
    let found = |(index, blocked): (usize, Vec<usize>)| {
        let budget = case.signal(index)?;
        let pods: Vec<String> = case.of(&blocked).map(|signal| signal.subject.to_string()).collect();
        let statement = format!(
            "{} allowed no pod to be evicted, and had not before the eviction of {} was asked for",
            budget.subject,
            pods.join(", ")
        );
        let remedy =
            format!("{} allows one disruption while all of its pods are ready, as its status shows", budget.subject);
        Some(Found::new(statement, [vec![index], blocked].concat()).mended(remedy))
    };
    of_budget.into_iter().filter_map(found).collect()
}

/// The one budget that may have forbidden an eviction: that selects the pod, or, where the labels of the pod are not
/// recorded, the only one of its namespace that forbade any.
fn only(case: &Case<'_>, forbidding: &[usize], blocked: &Signal) -> Option<usize> {
    let topology = case.scene.topology;
    let pod = topology.pods_named(&blocked.subject).last();
    let labels = pod.and_then(|pod| topology.labels_of(pod));
    let mut budgets = forbidding.iter().copied().filter(|index| {
        case.signal(*index).is_some_and(|budget| {
            let is_of_namespace = budget.subject.namespace() == blocked.subject.namespace();
            let selects = labels.is_none_or(|labels| topology.budget_selects(&budget.subject, labels));
            is_of_namespace && selects && budget.from.time <= blocked.from.time
        })
    });
    budgets.next().filter(|_| budgets.next().is_none())
}
