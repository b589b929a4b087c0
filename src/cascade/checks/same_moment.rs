//! Several nodes were lost for the same reason at the same moment, so none could stand in for another.
//!
//! What is made together ends together: certificates, leases, batches of machines; analysis of published incidents.

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check =
    Check { id: "same-moment", class: FactorClass::Amplifier, roles: &[Role::NodeDistress, Role::NodeUnready], find };

/// No two nodes come to the same end by chance within this.
const TOGETHER: TimeDelta = TimeDelta::seconds(2);

/// Enough to say that it was several.
const MOST: usize = 64;

fn find(case: &Case<'_>) -> Vec<Found> {
    // What controllers set in one round is of one moment by their making, so only what nodes say of themselves counts.
    let own = |signal: &Signal| {
        signal.has(Role::NodeDistress) && !signal.has(Role::NodeUnready) && signal.from.earlier_ms < 1000
    };
    let mut of_kind: BTreeMap<&str, Vec<(usize, &Signal)>> = BTreeMap::new();
    for index in case.those(|signal| signal.subject.is("Node") && own(signal)) {
        let Some(signal) = case.signal(index).filter(|signal| !of_kind.contains_key(signal.name.as_str())) else {
            continue;
        };
        let (from, to) = (signal.from.time - TOGETHER, signal.from.time + TOGETHER);
        let near =
            case.scene.index.all(Role::NodeDistress).into_iter().flat_map(|all| all.between(from, to)).take(MOST);
        let near = near.filter_map(|index| Some((index, case.signal(index)?)));
        let alike = near.filter(|(_, one)| one.name == signal.name && one.subject.is("Node") && own(one));
        of_kind.insert(&signal.name, alike.collect());
    }
    let told = |(_, all): (&str, Vec<(usize, &Signal)>)| {
        let (_, first) = all.iter().min_by_key(|(_, signal)| signal.from.time)?;
        let near = all.iter().filter(|(_, one)| one.from.time - first.from.time <= TOGETHER);
        let (signals, nodes): (Vec<usize>, BTreeSet<&Subject>) =
            near.map(|(index, one)| (*index, &one.subject)).unzip();
        if nodes.len() < 2 {
            return None;
        }
        let at = rfc3339(first.from.time);
        let statement = format!(
            "{} came to it in the same moment ({at}), so neither could stand in for the other: {}",
            names(&nodes),
            first.title
        );
        let remedy = format!("{} come to such an end at different times, as their dates show", names(&nodes));
        Some(Found::new(statement, signals).mended(remedy))
    };
    of_kind.into_iter().filter_map(told).collect()
}
