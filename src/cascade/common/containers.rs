//! Failing containers beside the others of the same pods: which of them it is, of what image, with which limits.

use super::attributes;
use super::question::{Kind, Member, Question, Table};
use crate::cascade::Cascade;
use crate::evidence::{Topology, containers};
use crate::model::{Severity, Subject};
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

/// A question for each cascade in which containers of several pods failed, that have others which did not.
pub fn ask(topology: &Topology, signals: &[Signal], cascades: &[Cascade], table: &mut Table) -> Vec<Question> {
    let numbered = (0..).zip(cascades);
    numbered.filter_map(|(cascade, of)| of_cascade((topology, signals), (cascade, of), table)).collect()
}

/// The container that a signal is about, if it says which.
fn container_of(signal: &Signal) -> Option<&str> {
    let of_subject = signal.subject.is("Container").then(|| signal.subject.name().split_once('/')).flatten();
    of_subject.map(|(_, container)| container).or_else(|| signal.label("container"))
}

fn of_cascade(
    (topology, signals): (&Topology, &[Signal]),
    (cascade, of): (usize, &Cascade),
    table: &mut Table,
) -> Option<Question> {
    let mut ill: BTreeMap<Subject, BTreeSet<&str>> = BTreeMap::new();
    let mut told = Vec::new();
    let mut began = BTreeMap::new();
    for (index, signal) in of.signals.iter().filter_map(|index| Some((*index, signals.get(*index)?))) {
        let is_bad = signal.severity >= Severity::Warning && !signal.has(Role::Detection);
        let (Some(pod), Some(container)) = (signal.subject.its_pod().filter(|_| is_bad), container_of(signal)) else {
            continue;
        };
        let at = began.entry(pod.clone()).or_insert(signal.from.time);
        *at = signal.from.time.min(*at);
        ill.entry(pod).or_default().insert(container);
        told.push(index);
    }
    let (mut failing, mut healthy) = (Vec::new(), Vec::new());
    for (pod, bad) in &ill {
        let known = topology.pod_at(pod, *began.get(pod)?)?;
        // Init containers have ended: to be well is no merit of theirs.
        let spec = topology.spec_of(known)?;
        let init: BTreeSet<&str> = spec.init_containers.iter().map(|one| one.name.as_str()).collect();
        for one in containers(spec).filter(|one| bad.contains(one.name.as_str()) || !init.contains(one.name.as_str())) {
            let record = known.object.as_ref().map(|object| object.citation).or(known.last_record);
            let member = Member { has: table.numbers(attributes::of_container(one)), record };
            if bad.contains(one.name.as_str()) { failing.push(member) } else { healthy.push(member) }
        }
    }
    (failing.len() > 1 && !healthy.is_empty()).then_some(Question {
        cascade: Some(cascade),
        kind: Kind::Containers,
        failing,
        healthy,
        others: "other containers of the same pods",
        is_workload: false,
        has_run: true,
        since: None,
        signals: told,
    })
}
