//! Eviction avalanche: pods that one node could not hold come to another, which then cannot hold what it has.
//!
//! Its parts: a pod was put out of one node, one of the same workload came to another soon after, a record ties that
//! arrival to the trouble there, and pods were hurt there in turn.
//!
//! Source: kubernetes documentation, Node-pressure Eviction ("if the pods are managed by a workload resource, the
//! control plane creates new pods in place of the evicted ones").

use super::Motif;
use super::sight::{One, Sight, clock, counted};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "eviction-avalanche";

/// A replacement comes to another node within this of the end that it replaces; it waits that long for room.
const REPLACED_WITHIN: TimeDelta = TimeDelta::minutes(10);
/// Events bear whole seconds.
const ROUNDING: TimeDelta = TimeDelta::seconds(2);

/// One node's trouble that came from another.
struct Fall<'a> {
    put_out: One<'a>,
    arrival: One<'a>,
    trouble: One<'a>,
    hurt: Vec<One<'a>>,
}

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let ended = put_out(sight);
    let mut falls: BTreeMap<(&str, &str), Fall<'_>> = BTreeMap::new();
    for edge in sight.edges() {
        let (Some(arrival), Some(trouble)) = (sight.signal(edge.from), sight.signal(edge.to)) else { continue };
        if !arrival.has(Role::Arrival) || !is_trouble(trouble) {
            continue;
        }
        let onto = trouble.subject.name();
        let workload = sight.workload(&arrival.subject);
        let before = |one: &&One<'_>| {
            let lag = arrival.from.time - one.1.from.time;
            one.1.node.as_deref() != Some(onto) && lag >= -ROUNDING && lag <= REPLACED_WITHIN
        };
        let Some(put_out) = ended.get(&workload).into_iter().flatten().rev().find(before) else { continue };
        let Some(from) = put_out.1.node.as_deref() else { continue };
        let hurt = sight.after(edge.to, 2).into_iter().filter(|(_, one)| one.subject.is("Pod") && is_put_out(one));
        let hurt: Vec<One<'_>> = hurt.collect();
        if !hurt.is_empty() && sight.cascade(put_out.0) == sight.cascade(edge.to) {
            let new = || Fall { put_out: *put_out, arrival: (edge.from, arrival), trouble: (edge.to, trouble), hurt };
            falls.entry((from, onto)).or_insert_with(new);
        }
    }
    falls.into_iter().map(|((from, onto), fall)| motif(sight, (from, onto), &fall)).collect()
}

fn is_put_out(signal: &Signal) -> bool {
    [Role::Evicted, Role::TaintEviction, Role::MemoryKill].iter().any(|role| signal.has(*role))
}

fn is_trouble(signal: &Signal) -> bool {
    let roles = [Role::Shortage, Role::Pressure, Role::NodeDistress];
    signal.subject.is("Node") && roles.iter().any(|role| signal.has(*role))
}

/// The pods that their nodes put out, by workload, in order of time.
fn put_out<'a>(sight: &Sight<'a>) -> BTreeMap<Subject, Vec<One<'a>>> {
    let mut found: BTreeMap<Subject, Vec<One<'a>>> = BTreeMap::new();
    for one in sight.with(&[Role::Evicted, Role::TaintEviction]) {
        if one.1.subject.is("Pod") && sight.cascade(one.0).is_some() {
            found.entry(sight.workload(&one.1.subject)).or_default().push(one);
        }
    }
    found
}

fn motif(sight: &Sight<'_>, (from, onto): (&str, &str), fall: &Fall<'_>) -> Motif {
    let (put_out, arrival, trouble) = (fall.put_out.1, fall.arrival.1, fall.trouble.1);
    let pods: BTreeSet<&str> = fall.hurt.iter().map(|(_, one)| one.subject.name()).collect();
    let statement = format!(
        "The trouble of {from} moved on with a pod that it put out: {} was evicted there at {}, {} of the same workload came to \
         {onto} at {}, {onto} ran short at {} ({}), and {} there, too, evicted or killed",
        put_out.subject.name(),
        clock(put_out.from.time),
        arrival.subject.name(),
        clock(arrival.from.time),
        clock(trouble.from.time),
        trouble.name,
        if pods.len() == 1 { "1 pod was".to_owned() } else { format!("{} were", counted(pods.len(), "pod")) },
    );
    let signals: Vec<One<'_>> =
        [fall.put_out, fall.arrival, fall.trouble].into_iter().chain(fall.hurt.iter().copied()).collect();
    sight.motif(NAME, statement, &signals, &[])
}
