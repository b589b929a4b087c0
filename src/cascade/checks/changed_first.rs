//! A change stands at the head of the cascade; of a rollout, what it brought.

use super::{Case, Check, FactorClass, Found, stale_endpoints};
use crate::cascade::Edge;
use crate::evidence::{configuration_of, is_of_nothing};
use crate::model::{Citation, Order, Severity, rfc3339};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "changed-first", class: FactorClass::Trigger, roles: &[Role::Change], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    // What made pods come and go only showed that a node had not been told.
    if !stale_endpoints::unheard(case).is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for index in beginnings(case) {
        let Some(signal) = case.signal(index) else { continue };
        let mut evidence: Vec<Citation> = signal.evidence.clone();
        let mut statement = format!("{} at {}", signal.title, rfc3339(signal.from.time));
        if signal.has(Role::Rollout) {
            for (what, citations) in what_changed(case, signal) {
                statement.push_str(&format!(". {what}"));
                evidence.extend(citations);
            }
        }
        found.push(Found { statement, signals: vec![index], evidence, ..Found::default() });
        found.extend(brought(case, index, signal));
    }
    found
}

/// More of what one release wrote is told by the list of changes.
const MOST_BROUGHT: usize = 3;

/// What a change at the head wrote in other objects, as a release does: that is what did it.
fn brought(case: &Case<'_>, index: usize, change: &Signal) -> Vec<Found> {
    let is_written = |signal: &Signal| signal.has(Role::SpecChange) || signal.has(Role::ConfigChange);
    let others = case.edges.iter().filter(|edge| edge.from == index).map(|edge| edge.to);
    let others: BTreeSet<usize> = others.collect();
    let written = others.into_iter().filter_map(|other| Some((other, case.signal(other)?)));
    let written = written.filter(|(_, one)| is_written(one) && one.subject != change.subject);
    let told = |(other, one): (usize, &Signal)| {
        let statement = format!("{} at {}, by that change of {}", one.title, rfc3339(one.from.time), change.subject);
        Found { statement, signals: vec![other], evidence: one.evidence.clone(), ..Found::default() }
    };
    written.take(MOST_BROUGHT).map(told).collect()
}

/// The changes that the cascade may have begun with: neither what was hurt at its head nor anything else in it is known
/// to have been hurt before them. What was changed later is told as response and recovery. Those that led to a harm of
/// the first second come before those that only led to more of it, and of each those that led to most.
pub fn beginnings(case: &Case<'_>) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let heads = case.cascade.first.iter().map(|first| rollout_of(case, *first));
    let heads: Vec<usize> = heads.filter(|head| seen.insert(*head)).collect();
    let is_after = |change: &Signal, harm: &Signal| case.scene.clocks.order(harm.from, change.from) == Order::Before;
    let first_hurt: Vec<&Signal> = case.of(&heads).filter(is_hurt).collect();
    let begins = |index: &usize| {
        let change = case.signal(*index).filter(|signal| signal.has(Role::Change));
        change.is_some_and(|change| !first_hurt.iter().any(|harm| is_after(change, harm)))
    };
    let changes: Vec<usize> = heads.iter().copied().filter(begins).collect();
    let harms = harms(case);
    let harm = harms.first().and_then(|index| case.signal(*index));
    let is_early = |change: &Signal| harm.is_none_or(|harm| !is_after(change, harm));
    let is_early = |index: &usize| case.signal(*index).is_some_and(is_early);
    let mut changes: Vec<usize> = changes.into_iter().filter(is_early).collect();
    let first = joined_to(&of_edges(case, |edge| (edge.to, edge.from)), harms_of_the_first_second(case, &harms));
    let effects = of_edges(case, |edge| (edge.from, edge.to));
    let is_many = changes.len() > MOST_WEIGHED;
    let most = |change: usize| {
        let led = if is_many { BTreeSet::new() } else { joined_to(&effects, [change]) };
        harms.iter().filter(|harm| led.contains(harm)).count()
    };
    changes.sort_by_cached_key(|index| (!first.contains(index), Reverse(most(*index))));
    changes
}

/// Of more changes it is not counted how much each led to, which looks at all edges for each.
const MOST_WEIGHED: usize = 64;

fn is_hurt(signal: &&Signal) -> bool {
    signal.severity >= Severity::Warning
}

/// All of the cascade that were hurt, by when.
fn harms(case: &Case<'_>) -> Vec<usize> {
    let hurt = case.cascade.signals.iter().filter_map(|index| Some((*index, case.signal(*index)?)));
    let mut hurt: Vec<(DateTime<Utc>, usize)> =
        hurt.filter(|(_, signal)| is_hurt(signal)).map(|(index, signal)| (signal.from.time, index)).collect();
    hurt.sort();
    hurt.into_iter().map(|(_, index)| index).collect()
}

/// Events have whole seconds, so of those within one second any may have been the first.
fn harms_of_the_first_second(case: &Case<'_>, harms: &[usize]) -> impl Iterator<Item = usize> {
    let times = harms.iter().filter_map(|index| Some((*index, case.signal(*index)?.from.time)));
    let times: Vec<(usize, DateTime<Utc>)> = times.collect();
    let until = times.first().map(|(_, first)| *first + TimeDelta::seconds(1));
    times.into_iter().filter(move |(_, at)| until.is_some_and(|until| *at < until)).map(|(index, _)| index)
}

/// The signals that edges join each with, in one direction.
fn of_edges(case: &Case<'_>, ends: impl Fn(&Edge) -> (usize, usize)) -> BTreeMap<usize, Vec<usize>> {
    let mut joined: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (one, other) in case.edges.iter().map(|edge| ends(edge)) {
        joined.entry(one).or_default().push(other);
    }
    joined
}

/// All that some are joined with, near and far, and they themselves.
fn joined_to(edges: &BTreeMap<usize, Vec<usize>>, some: impl IntoIterator<Item = usize>) -> BTreeSet<usize> {
    let mut next: Vec<usize> = some.into_iter().collect();
    let mut found: BTreeSet<usize> = next.iter().copied().collect();
    while let Some(one) = next.pop() {
        let others = edges.get(&one).into_iter().flatten();
        next.extend(others.copied().filter(|other| found.insert(*other)));
    }
    found
}

/// With the strategy Recreate old pods go before a rollout is told of, and that is its first step: the rollout that came
/// of a step of the same object; anything else itself.
fn rollout_of(case: &Case<'_>, first: usize) -> usize {
    let is_step = |signal: &&Signal| signal.subject.is("Deployment") && !signal.has(Role::Change);
    let Some(step) = case.signal(first).filter(is_step) else { return first };
    let next = case.edges.iter().filter(|edge| edge.from == first).map(|edge| edge.to);
    let is_its = |signal: &Signal| signal.has(Role::Rollout) && signal.subject == step.subject;
    next.filter(|index| case.signal(*index).is_some_and(is_its)).min().unwrap_or(first)
}

/// The record of a specification and the event of its rollout are no further apart.
const NEAR: TimeDelta = TimeDelta::seconds(5);

/// The difference of the templates, and when the configuration that its pods read was written.
fn what_changed(case: &Case<'_>, rollout: &Signal) -> Vec<(String, Vec<Citation>)> {
    let (index, at) = (&case.scene.index, rollout.from.time);
    let mut found: Vec<(String, Vec<Citation>)> = Vec::new();
    // Compared by whole seconds.
    let slack = NEAR + TimeDelta::milliseconds(999);
    let specs = index.of(Role::SpecChange, &rollout.subject).into_iter();
    let specs: Vec<usize> = specs.flat_map(|known| known.between(at - slack, at + slack)).collect();
    // What an earlier rollout brought is not what this one did.
    let rollouts = index.of(Role::Rollout, &rollout.subject);
    let was_brought = |spec: &Signal| {
        let between = rollouts.into_iter().flat_map(|known| known.between(spec.last, at));
        case.of(&between.collect::<Vec<_>>()).any(|other| other.from.time < at)
    };
    for signal in case.of(&specs).filter(|spec| !was_brought(spec)) {
        let said = |what: &str| match what.strip_prefix("rolled out anew: ") {
            Some(difference) => format!("In its template: {difference}"),
            None => capitalised(what),
        };
        // Several writes within seconds are one signal, and each may be what the rollout brought.
        found.extend(signal.values("what").map(|what| (said(what), signal.evidence.clone())));
    }
    let read: Vec<(String, Vec<Citation>)> =
        configuration_written(case, rollout).filter_map(|written| told_of(written, at)).collect();
    let brought_nothing = case.of(&specs).any(|signal| signal.label("what").is_some_and(is_of_nothing));
    // Pods of an old template differ by what they read when they start.
    found.splice(if brought_nothing { 0..0 } else { found.len()..found.len() }, read);
    found
}

/// What was written of the configuration that pods read which a rollout at `at` made.
fn told_of(written: &Signal, at: DateTime<Utc>) -> Option<(String, Vec<Citation>)> {
    let (last, subject) = (written.from.time, &written.subject);
    let what = written.label("what").unwrap_or("written");
    // Of several writes by one manager only the last has a time.
    let later = if last > at { ", after this (earlier writes are not kept)" } else { "" };
    let said = format!("Its pods read {subject}: {what}, last at {}{later}", rfc3339(last));
    Some((said, vec![*written.evidence.first()?]))
}

/// The last writes of what the pods of a rollout read.
pub fn configuration_written<'a>(case: &Case<'a>, rollout: &Signal) -> impl Iterator<Item = &'a Signal> {
    let whose = case.scene.topology.workload(&rollout.subject).zip(rollout.subject.namespace());
    let read = whose.map(|(workload, namespace)| configuration_of(&workload.template, namespace)).unwrap_or_default();
    let written = read.iter().filter_map(|subject| case.scene.index.of(Role::ConfigChange, subject));
    let written: BTreeSet<usize> = written.flat_map(|known| known.all()).collect();
    written.into_iter().filter_map(|index| case.signal(index))
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::Story;

    #[test]
    fn the_change_that_led_to_the_first_harm_comes_first() {
        let text = "{given: {pods: [{pod: Pod/s/a-1, labels: {app: a}, owner: ReplicaSet/s/a-2}, {pod: Pod/s/a-0, labels: {app: a}, owner: ReplicaSet/s/a-1}, {pod: Pod/s/b-1, uid: u-1, owner: ReplicaSet/s/b-2}], workloads: [
             {workload: ReplicaSet/s/a-1, owner: Deployment/s/a}, {workload: ReplicaSet/s/a-2, owner: Deployment/s/a}, {workload: Deployment/s/a}, {workload: ReplicaSet/s/b-2, owner: Deployment/s/b}, {workload: Deployment/s/b}],
             services: [{service: Service/s/a, selects: {app: a}}]}, signals: [
             {at: 0s, signal: ScalingReplicaSet, subject: Deployment/s/a, labels: {replicaset: a-2}},
             {at: 10s, signal: ScalingReplicaSet, subject: Deployment/s/b, labels: {replicaset: b-2}},
             {at: 11s, signal: FailedScheduling, subject: Pod/s/b-1, until: 20s},
             {at: 12s, signal: Preempted, subject: Pod/s/a-0, labels: {for: u-1}},
             {at: 12s, signal: Killing(stopping), subject: Pod/s/a-0},
             {at: 13s, signal: FailedScheduling, subject: Pod/s/a-1, until: 9m},
             {at: 14s, signal: NoReadyEndpoints, subject: Endpoints/s/a, until: 9m}]}";
        let factors = Story::new(text).analysis().factors;
        let told: Vec<String> =
            factors.into_iter().filter(|one| one.id == "changed-first").map(|one| one.statement).collect();
        assert_eq!(told, ["ScalingReplicaSet at 1970-01-02T00:00:10Z", "ScalingReplicaSet at 1970-01-02T00:00:00Z"]);
    }

    #[test]
    fn of_changes_that_led_to_harm_of_the_first_second_that_which_led_to_most_comes_first() {
        let text = "{given: {pods: [{pod: Pod/s/a-1, owner: ReplicaSet/s/a-2, labels: {app: a}}, {pod: Pod/s/b-1, uid: u-1, owner: ReplicaSet/s/b-2, labels: {app: b}}], workloads: [
             {workload: ReplicaSet/s/a-2, owner: Deployment/s/a}, {workload: Deployment/s/a}, {workload: ReplicaSet/s/b-2, owner: Deployment/s/b}, {workload: Deployment/s/b}],
             services: [{service: Service/s/b, selects: {app: b}}]}, signals: [
             {at: 0s, signal: ScalingReplicaSet, subject: Deployment/s/a, labels: {replicaset: a-2}},
             {at: 1s, signal: ScalingReplicaSet, subject: Deployment/s/b, labels: {replicaset: b-2}},
             {at: 10s, signal: FailedScheduling, subject: Pod/s/a-1, until: 20s},
             {at: 10500ms, signal: FailedScheduling, subject: Pod/s/b-1, until: 9m},
             {at: 12s, signal: Preempted, subject: Pod/s/a-1, labels: {for: u-1}},
             {at: 14s, signal: NoReadyEndpoints, subject: Endpoints/s/b, until: 9m}]}";
        let analysis = Story::new(text).analysis();
        let told = analysis.factors.into_iter().filter(|one| one.id == "changed-first").map(|one| one.statement);
        assert_eq!(
            told.collect::<Vec<_>>(),
            ["ScalingReplicaSet at 1970-01-02T00:00:01Z", "ScalingReplicaSet at 1970-01-02T00:00:00Z"]
        );
    }

    #[test]
    fn a_rollout_with_the_strategy_recreate_begins_with_its_first_step() {
        let told = |more: &str| -> Vec<String> {
            let text = format!(
                "{{given: {{pods: [{{pod: Pod/s/a-1, owner: ReplicaSet/s/a-new}}], workloads: [{{workload: ReplicaSet/s/a-new, owner: Deployment/s/a}}, {{workload: Deployment/s/a, recreated: true}}]}}, signals: [
                   {{at: 50s, signal: ScalingReplicaSet(fewer), subject: Deployment/s/a, labels: {{replicaset: a-old}}}},
                   {more}
                   {{at: 53s, signal: ErrImagePull, subject: Pod/s/a-1}}]}}"
            );
            let factors = Story::new(&text).analysis().factors;
            factors.into_iter().filter(|one| one.id == "changed-first").map(|one| one.statement).collect()
        };
        let rollout = "{at: 51s, signal: ScalingReplicaSet, subject: Deployment/s/a, labels: {replicaset: a-new}},";
        assert_eq!(told(rollout), ["ScalingReplicaSet at 1970-01-02T00:00:51Z"]);
        assert_eq!(told(""), [""; 0]);
    }
}
