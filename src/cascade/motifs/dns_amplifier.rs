//! DNS as amplifier: the cluster's resolver is in trouble, and workloads that have nothing else in common are hurt
//! within a minute of it.
//!
//! Its parts: trouble of the resolver, and within 60 s of its beginning workloads that could not look a name up, or that
//! a link ties to it.
//!
//! Source: kubernetes documentation, Debugging DNS Resolution; CoreDNS, plugin forward.

use super::Motif;
use super::sight::{One, Sight, clock, counted, listed};
use crate::model::{Severity, Subject, length};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeMap;

pub const NAME: &str = "dns-amplifier";

const WITHIN: TimeDelta = TimeDelta::seconds(60);
/// A resolver says that it had no answer after it waited for one, its clients may have given up before.
const NOTICED_LATE: TimeDelta = TimeDelta::seconds(10);
const MOST_STEPS: usize = 3;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let lookups = sight.with(&[Role::LookupFailure]);
    let mut found = Vec::new();
    let mut until = None;
    for (index, trouble) in resolver(sight) {
        if until.is_some_and(|until| trouble.from.time <= until) {
            continue;
        }
        let own = sight.workload(&trouble.subject);
        let is_near = |one: &Signal| {
            let lag = one.from.time - trouble.from.time;
            lag >= -NOTICED_LATE && lag <= WITHIN
        };
        let mut hurt: BTreeMap<Subject, One<'_>> = BTreeMap::new();
        let linked =
            sight.after(index, MOST_STEPS).into_iter().filter(|(_, one)| one.subject.is("Pod") && one.is_harm());
        for one in lookups.iter().copied().chain(linked).filter(|(_, one)| is_near(one) && one.subject.is("Pod")) {
            hurt.entry(sight.workload(&one.1.subject)).or_insert(one);
        }
        hurt.remove(&own);
        if hurt.len() >= 2 {
            until = Some(trouble.from.time + WITHIN);
            found.push(motif(sight, (index, trouble), &hurt));
        }
    }
    found
}

/// Trouble of the resolver: what it says itself, and its Service without an endpoint. The Service of the cluster's
/// resolver is called kube-dns whatever program answers (documentation, DNS for Services and Pods).
fn resolver<'a>(sight: &Sight<'a>) -> Vec<One<'a>> {
    let is_service = |one: &Signal| one.subject.is("Endpoints") && one.subject.name() == "kube-dns";
    let mut all = sight.with(&[Role::ResolverTrouble, Role::ServiceLost]);
    all.retain(|(_, one)| {
        let is_its = one.has(Role::ResolverTrouble) || is_service(one);
        is_its && one.severity >= Severity::Warning
    });
    all
}

fn motif(sight: &Sight<'_>, trouble: One<'_>, hurt: &BTreeMap<Subject, One<'_>>) -> Motif {
    let onsets = || hurt.values().map(|(_, one)| one.from.time);
    let last = onsets().max().unwrap_or(trouble.1.from.time);
    let names: Vec<String> = hurt.keys().map(Subject::to_string).collect();
    let statement = format!(
        "Names carried the trouble on: {} at {}, and within {} {} could not look names up or failed for it ({})",
        trouble.1.title,
        clock(trouble.1.from.time),
        length((last - trouble.1.from.time).max(TimeDelta::seconds(1))),
        counted(hurt.len(), "workload"),
        listed(names.iter().map(String::as_str)),
    );
    let all: Vec<One<'_>> = std::iter::once(trouble).chain(hurt.values().copied()).collect();
    sight.motif(NAME, statement, &all, &[])
}
