//! Address or quota ceiling: a limit on how many there may be was reached, and from then on everything new is refused,
//! whatever it is.
//!
//! Its parts: one limit, by its name or its node, and two workloads or more that it refused.
//!
//! Source: kubernetes documentation, Resource Quotas; pkg/controller/nodeipam (CIDRNotAvailable).

use super::Motif;
use super::sight::{One, Sight, clock, counted, listed};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const NAME: &str = "ceiling";

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut by_limit: BTreeMap<String, Vec<One<'_>>> = BTreeMap::new();
    for one in sight.with(&[Role::Ceiling, Role::Refused]) {
        if let Some(limit) = limit(one.1) {
            by_limit.entry(limit).or_default().push(one);
        }
    }
    by_limit.into_iter().filter_map(|(limit, of)| motif(sight, &limit, &of)).collect()
}

/// The limit that a signal speaks of, in words.
fn limit(signal: &Signal) -> Option<String> {
    if let Some(quota) = signal.label("quota") {
        return Some(format!("quota {quota} of namespace {}", signal.subject.namespace()?));
    }
    let is_node = signal.has(Role::Ceiling) && !signal.subject.is("ResourceQuota");
    is_node.then(|| format!("the addresses for pods of {}", signal.node.as_deref().unwrap_or("the cluster")))
}

fn motif(sight: &Sight<'_>, limit: &str, of: &[One<'_>]) -> Option<Motif> {
    let mut refused: BTreeMap<Subject, One<'_>> = BTreeMap::new();
    for (index, signal) in of {
        let hurt = sight.after(*index, 1).into_iter().filter(|(_, one)| one.subject.is("Pod"));
        for one in hurt.chain([(*index, *signal)]).filter(|(_, one)| !one.subject.is("Node")) {
            refused.entry(sight.workload(&one.1.subject)).or_insert(one);
        }
    }
    let (_, first) = of.first()?;
    if refused.len() < 2 || of.iter().all(|(index, _)| sight.cascade(*index).is_none()) {
        return None;
    }
    let last = of.iter().map(|(_, one)| one.last_seen()).max()?;
    let names: Vec<String> = refused.keys().map(Subject::to_string).collect();
    let statement = format!(
        "A ceiling was reached, {limit}: from {} to {} it refused what {} asked for ({})",
        clock(first.from.time),
        clock(last),
        counted(refused.len(), "workload"),
        listed(names.iter().map(String::as_str)),
    );
    let all: Vec<One<'_>> = of.iter().copied().chain(refused.into_values()).collect();
    Some(sight.motif(NAME, statement, &all, &[]))
}
