//! `held-up`: an update of a StatefulSet that was not through when it was looked at, and a pod of it that holds it up.
//!
//! A StatefulSet replaces its pods one by one, and goes on only once the one it replaced is gone and the new one is ready
//! (documentation, StatefulSets, Rolling Updates). That some are not replaced yet its status tells; that it does not get
//! on, only a pod that is in trouble to the end.

use super::super::{Labels, Rule, Signal};
use super::made::{Made, Which};
use crate::evidence::{Evidence, Fact, FactId, Record};
use crate::model::{End, Subject};
use chrono::TimeDelta;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// The state of what is not through.
    state: String,
    /// What a pod is in that holds it up.
    by: Which,
}

/// The labels of how far it came and of the pod that it waits for.
pub const LABELS: [&str; 2] = ["updated", "pod"];

/// The kind of subject that it is about.
pub const KIND: &str = "StatefulSet";

/// What was seen so shortly before the end is there still: kubelets write the events of what comes back this often.
const STILL: TimeDelta = TimeDelta::minutes(10);

impl Parameters {
    /// The rules that it names.
    pub fn names(&self) -> Vec<&str> {
        self.by.names().collect()
    }
}

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let is_one = |fact: &Fact<'_>| {
        matches!(fact.record, Record::State { state, .. } if state == parameters.state) && fact.subject.is(KIND)
    };
    let unfinished = evidence.facts.numbered_from(0).filter(|(_, fact)| is_one(fact));
    let made: Vec<Made> =
        unfinished.filter_map(|(id, fact)| held_up(parameters, (id, &fact), evidence, signals)).collect();
    signals.extend(made.into_iter().map(|made| made.signal(rule)));
}

fn held_up(
    parameters: &Parameters,
    (id, fact): (FactId, &Fact<'_>),
    evidence: &Evidence,
    signals: &[Signal],
) -> Option<Made> {
    let Record::State { message, .. } = fact.record else { return None };
    let is_of = |pod: &Subject| evidence.topology.workload_of(pod).as_ref() == Some(fact.subject);
    let holds = |one: &&Signal| parameters.by.has(one) && one.subject.is("Pod") && is_of(&one.subject);
    let lasts = |one: &&Signal| one.end == End::Ongoing || fact.last.time - one.last <= STILL;
    let held = signals.iter().filter(holds).filter(lasts).min_by_key(|one| one.from.time)?;
    let labels = [("updated", message.to_owned()), ("pod", held.subject.name().to_owned())];
    Some(Made {
        subject: fact.subject.clone(),
        node: None,
        from: held.from,
        last: fact.last.time,
        end: End::Ongoing,
        count: 1,
        labels: labels.into_iter().collect::<Labels>(),
        evidence: [fact.citation].into_iter().chain(held.evidence.first().copied()).collect(),
        occurrences: vec![id],
        ended_by: None,
    })
}
