//! The node of what was lost was taken out of the cluster.
//!
//! cluster-autoscaler 1.30, FAQ, How does scale-down work; Kubernetes documentation, Safely Drain a Node.

use super::{Case, Check, FactorClass, Found};
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "node-taken",
    class: FactorClass::Trigger,
    roles: &[Role::SchedulingFailure, Role::Drained, Role::Unready, Role::Gone],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let harm = case.first_harm();
    let nodes: BTreeSet<Subject> = case.pods().filter_map(|(_, pod)| pod.node.as_deref()).map(Subject::node).collect();
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for (index, signal) in case.recorded(Role::NodeTaken, nodes.iter()) {
        // What stands at the head of the cascade is told as what it began with.
        if signal.from.earliest() <= harm && !case.cascade.first.contains(&index) && said.insert(&signal.subject) {
            let statement = format!(
                "{} at {}, before the first harm; pods of what was hurt stood there",
                signal.title,
                rfc3339(signal.from.time)
            );
            found.push(Found { order: (index, 0), ..Found::new(statement, vec![index]) });
        }
    }
    found
}
