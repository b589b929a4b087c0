//! No change stands at the head: the first failure, and what was changed before it of the things that it uses.
//!
//! That nothing was changed is never said: not every kind of change is read.

use super::changed_first::beginnings;
use super::{Case, Check, FactorClass, Found, new_node};
use crate::evidence::Pod;
use crate::model::{Citation, Order, Severity, Subject, length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// The check that finds nothing before the first failure.
pub const ID: &str = "first-record";
pub const CHECK: Check = Check { id: ID, class: FactorClass::Trigger, roles: &[], find };

/// More changes than this before a failure are named in the report's list of changes only.
const MOST_CHANGES: usize = 3;

fn find(case: &Case<'_>) -> Vec<Found> {
    let firsts = &case.cascade.first;
    if !beginnings(case).is_empty() || !new_node::heads(case).is_empty() {
        return Vec::new();
    }
    let first = firsts.first().and_then(|index| Some((*index, case.signal(*index)?)));
    first.map(|(index, signal)| of_first(case, index, signal)).into_iter().collect()
}

fn of_first(case: &Case<'_>, index: usize, signal: &Signal) -> Found {
    let late = TimeDelta::milliseconds(i64::from(signal.from.earlier_ms));
    let late = if signal.from.earlier_ms == u32::MAX {
        " (or at any time before)".to_owned()
    } else if late.num_seconds() > 5 {
        format!(" (it may have begun {} earlier)", length(late))
    } else {
        String::new()
    };
    let at = rfc3339(signal.from.time);
    let what = match signal.severity {
        _ if signal.has(Role::Alert) => "an alert: ",
        Severity::Info => "this: ",
        _ => "a failure: ",
    };
    let mut statement = format!("The first record of it that was recognised is {what}{}, at {at}{late}", signal.title);
    let mut evidence: Vec<Citation> = signal.evidence.iter().take(1).cloned().collect();
    let changes = changes_before(case, signal);
    for change in &changes {
        statement.push_str(&format!(". Before it: {}, at {}", change.title, rfc3339(change.from.time)));
        evidence.extend(change.evidence.first().cloned());
    }
    evidence.extend(signal.evidence.iter().skip(1).cloned());
    if !changes.is_empty() {
        statement.push_str(". Whether that led to it, the records do not tell");
    }
    Found { statement, signals: vec![index], evidence, ..Found::default() }
}

/// Changes and rollouts of what a signal is about, and of what that uses, up to its onset; the nearest first.
fn changes_before<'a>(case: &Case<'a>, signal: &Signal) -> Vec<&'a Signal> {
    let topology = case.scene.topology;
    let of: BTreeSet<Subject> = match signal.subject.is("Endpoints") {
        true => {
            let (namespace, name) = (signal.subject.namespace().unwrap_or_default(), signal.subject.name());
            let service = Subject::namespaced("Service", namespace, name);
            topology.pods_of_service(&service).map(Pod::subject).collect()
        }
        false => BTreeSet::from([signal.subject.clone()]),
    };
    let mut uses: BTreeSet<Subject> = of.iter().flat_map(|subject| topology.used_by(subject)).collect();
    uses.extend(beside(case, signal));
    let before = |index: &usize| {
        let change = case.signal(*index);
        change.is_some_and(|change| change.from.time >= case.window.from && was_before(case, change, signal))
    };
    let changes = uses.iter().filter_map(|subject| case.scene.index.of(Role::Change, subject));
    let nearest = changes.flat_map(|changes| changes.all().rev().filter(before).take(MOST_CHANGES));
    let nearest: BTreeSet<usize> = nearest.collect();
    nearest.into_iter().rev().take(MOST_CHANGES).filter_map(|index| case.signal(index)).collect()
}

/// What may bear on a signal without being used by what it is about: of a node, the workloads that stand on it; of anything
/// in a namespace, what rules that namespace, and that of a webhook which could not be asked.
fn beside(case: &Case<'_>, signal: &Signal) -> BTreeSet<Subject> {
    let node = Some(&signal.subject).filter(|one| one.is("Node"));
    let on_node = node.into_iter().flat_map(|node| case.scene.topology.workloads_on(node.name())).cloned();
    let asked = signal.label("webhook_service").and_then(|service| service.split('.').nth(1));
    let namespaces: BTreeSet<&str> = signal.subject.namespace().into_iter().chain(asked).collect();
    let changes = case.scene.index.all(Role::Change).into_iter();
    let changes = changes.flat_map(|all| all.between(signal.from.time - RECENT, signal.from.time));
    let subjects = changes.filter_map(|index| case.signal(index)).map(|change| &change.subject);
    let rules = subjects.filter(|subject| {
        RULES.contains(&subject.kind()) && subject.namespace().is_some_and(|one| namespaces.contains(one))
    });
    on_node.chain(rules.cloned()).collect()
}

/// What was written longer before had time to show.
const RECENT: TimeDelta = TimeDelta::hours(1);

/// Kinds of objects that rule all of a namespace (Kubernetes API reference; Istio 1.24, security.istio.io; Cilium 1.16).
const RULES: [&str; 6] = [
    "AuthorizationPolicy",
    "CiliumNetworkPolicy",
    "LimitRange",
    "NetworkPolicy",
    "PeerAuthentication",
    "ResourceQuota",
];

/// Whether a change came before a signal; where neither is known to have, as far as what is printed of the two tells.
fn was_before(case: &Case<'_>, change: &Signal, signal: &Signal) -> bool {
    match case.scene.clocks.order(change.from, signal.from) {
        Order::Before => true,
        Order::After => false,
        Order::Unknown => change.from.earliest() <= signal.from.time,
    }
}
