//! The kernel ended every process of a container for the memory of one.
//!
//! memory.oom.group, which the kubelet sets on cgroup v2 from 1.28 on (Linux v6.8, Documentation/admin-guide/cgroup-v2;
//! kubernetes v1.28, singleProcessOOMKill).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "group-kill", class: FactorClass::Amplifier, roles: &[Role::MemoryKill], find };

/// The kernel writes both lines at once.
const NEAR: TimeDelta = TimeDelta::seconds(5);

fn find(case: &Case<'_>) -> Vec<Found> {
    let kills = case.each(&[Role::MemoryKill]);
    let nodes: BTreeSet<Subject> =
        kills.iter().filter_map(|(_, kill)| kill.node.as_deref()).map(Subject::node).collect();
    let groups = case.recorded(Role::GroupKill, nodes.iter());
    let told = |(index, group): (usize, &Signal)| {
        let is_near = |kill: &Signal| kill.node == group.node && (kill.from.time - group.from.time).abs() <= NEAR;
        let (kill, one) = kills.iter().find(|(_, kill)| is_near(kill) && kill.subject.is("Node"))?;
        let pods = one.label("victim_uid").and_then(|uid| case.scene.topology.pod_by_uid(&crate::signals::as_uid(uid)));
        let of = pods.map(|pod| format!(" of {}", pod.subject())).unwrap_or_default();
        let statement = format!(
            "The kernel of {} ended every process of the container{of} for one that asked for memory (memory.oom.group)",
            group.subject
        );
        Some(Found::new(statement, vec![*kill, index]))
    };
    groups.into_iter().filter_map(told).take(1).collect()
}
