//! Pods were taken off a node that was in trouble, or that the cloud takes back. Whoever decides that a node goes, as an
//! autoscaler that wants fewer or others, empties it: that is no response to anything.
//!
//! Kubernetes documentation, Safely Drain a Node; karpenter and cluster-autoscaler drain before they remove.

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, length};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "drained", class: FactorClass::Response, roles: &[Role::NodeDistress], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_node: BTreeMap<&str, (usize, &Signal)> = BTreeMap::new();
    let troubled = case.each(&[Role::NodeDistress]);
    for (index, signal) in troubled.into_iter().filter(|(_, signal)| !signal.has(Role::Change)) {
        signal.node.as_deref().into_iter().for_each(|node| _ = of_node.entry(node).or_insert((index, signal)));
    }
    let drains = case.each(&[Role::Drained]);
    let told = |(node, (index, begun)): (&str, (usize, &Signal))| {
        let here = |(_, one): &&(usize, &Signal)| one.node.as_deref() == Some(node) && one.from.time >= begun.from.time;
        let these: Vec<&(usize, &Signal)> = drains.iter().filter(here).collect();
        let (_, first) = these.first()?;
        let mut pods: Vec<&Subject> = these.iter().map(|(_, one)| &one.subject).collect();
        pods.sort();
        pods.dedup();
        let after = length(first.from.time - begun.from.time);
        let statement =
            format!("Node/{node} was emptied from {after} after it was known to be in trouble: {}", names(pods));
        let signals = [index].into_iter().chain(these.iter().map(|(index, _)| *index)).collect();
        Some(Found::new(statement, signals))
    };
    of_node.into_iter().filter_map(told).collect()
}
