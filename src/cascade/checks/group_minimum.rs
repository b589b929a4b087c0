//! The autoscaler may empty a group of nodes altogether.
//!
//! cluster-autoscaler 1.30, `--nodes=MIN:MAX:GROUP`: with a minimum of zero the last node of a group goes as well.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::containers;
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "group-minimum",
    class: FactorClass::Latent,
    roles: &[Role::SchedulingFailure, Role::Drained, Role::NodeTaken],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let nodes = case.pods().filter_map(|(_, pod)| pod.node.as_deref()).map(Subject::node);
    let nodes: BTreeSet<Subject> = nodes.collect();
    let taken = case.recorded(Role::NodeTaken, nodes.iter());
    let signals: Vec<usize> = taken.into_iter().map(|(index, _)| index).collect();
    if signals.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (workload, known) in topology.workloads().filter(|(subject, _)| !subject.is("ReplicaSet")) {
        let words = || containers(&known.template).flat_map(|one| one.args.iter().chain(&one.command));
        let groups = words().filter_map(|word| word.strip_prefix("--nodes=0:"));
        for group in groups.filter_map(|group| group.split_once(':')).map(|(_, group)| group) {
            let statement =
                format!("{workload} may empty the node group {group} altogether: its minimum is 0 (--nodes)");
            let remedy = format!("{workload} keeps at least one node of {group}, as its --nodes shows");
            found.push(Found::new(statement, signals.clone()).by(case, known.citation).mended(remedy));
        }
    }
    found
}
