//! Nodes in trouble, beside those that were not: of which pool, version, kernel, zone or age they are.

use super::attributes;
use super::question::{Kind, Member, Question, Table};
use crate::cascade::Cascade;
use crate::evidence::Topology;
use crate::model::Severity;
use crate::signals::{Role, Signal};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A question for each cascade in which several nodes were in trouble and others not.
pub fn ask(topology: &Topology, signals: &[Signal], cascades: &[Cascade], table: &mut Table) -> Vec<Question> {
    let troubles = troubles(signals);
    let numbered = (0..).zip(cascades);
    numbered.filter_map(|(cascade, of)| of_cascade((topology, signals), (cascade, of), &troubles, table)).collect()
}

/// From when to when each node was in any trouble at all.
type Troubles<'a> = BTreeMap<&'a str, Vec<(DateTime<Utc>, Option<DateTime<Utc>>)>>;

fn troubles(signals: &[Signal]) -> Troubles<'_> {
    let mut found = Troubles::new();
    for signal in signals.iter().filter(|signal| is_trouble(signal)) {
        found
            .entry(signal.subject.name())
            .or_default()
            .push((signal.from.time, signal.until().map(|_| signal.last_seen())));
    }
    found
}

fn is_trouble(signal: &Signal) -> bool {
    let is_bad = signal.severity >= Severity::Error || signal.has(Role::NodeUnready) || signal.has(Role::Pressure);
    signal.subject.is("Node") && is_bad && !signal.has(Role::Detection)
}

fn of_cascade(
    (topology, signals): (&Topology, &[Signal]),
    (cascade, of): (usize, &Cascade),
    troubles: &Troubles<'_>,
    table: &mut Table,
) -> Option<Question> {
    let members = of.signals.iter().filter_map(|index| Some((*index, signals.get(*index)?)));
    let bad: Vec<(usize, &Signal)> = members.filter(|(_, signal)| is_trouble(signal)).collect();
    let names: BTreeSet<&str> = bad.iter().map(|(_, signal)| signal.subject.name()).collect();
    if names.len() < 2 {
        return None;
    }
    let from = bad.iter().map(|(_, signal)| signal.from.time).min()?;
    let to = bad.iter().map(|(_, signal)| signal.last_seen().max(signal.from.time)).max()?;
    let is_ill = |node: &str| {
        let mut own = troubles.get(node).into_iter().flatten();
        own.any(|(began, last)| *began <= to && last.is_none_or(|last| last >= from))
    };
    let mut member = |traits: &crate::evidence::NodeTraits| Member {
        has: table.numbers(attributes::of_node(traits)),
        record: Some(traits.citation),
    };
    let known = || topology.all_node_traits().filter(|(_, traits)| traits.created.is_none_or(|at| at <= to));
    let failing: Vec<Member> = known().filter(|(node, _)| names.contains(node)).map(|(_, one)| member(one)).collect();
    let others = known().filter(|(node, _)| !names.contains(node) && !is_ill(node));
    let healthy: Vec<Member> = others.map(|(_, one)| member(one)).collect();
    // Of one whose object did not come nobody knows what it has.
    (failing.len() == names.len()).then(|| Question {
        cascade: Some(cascade),
        kind: Kind::Nodes,
        failing,
        healthy,
        others: "others that were well",
        is_workload: false,
        has_run: true,
        since: None,
        signals: bad.into_iter().map(|(index, _)| index).collect(),
    })
}
