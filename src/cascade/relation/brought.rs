//! Relations between what brings objects to a cluster and the pods that came of it.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::model::Subject;
use crate::signals::Signal;

/// From a pod or its controllers to the Release, Application, HelmRelease or Kustomization that brings them, or from that
/// to them.
pub const BROUGHT_BY: Relation = Relation {
    name: "brought-by",
    joins: |from, to| is_carrier(from) && is_brought(to) || is_brought(from) && is_carrier(to),
    as_cause: carriers,
    causes: carriers,
    ties: |scene, from, to| {
        let brings = |carrier: &Subject, object: &Subject| all_carriers(scene, object).contains(carrier);
        RelationMatch::when(brings(&from.subject, &to.subject) || brings(&to.subject, &from.subject))
    },
    grades_differ: false,
};

pub(super) fn is_carrier(kind: &str) -> bool {
    matches!(kind, "Application" | "HelmRelease" | "Kustomization" | "Release")
}

fn is_brought(kind: &str) -> bool {
    matches!(kind, "Pod" | "CronJob" | "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "StatefulSet")
}

/// A carrier's own name; of what was brought those of its carriers.
fn carriers<'a>(scene: &Scene<'a>, signal: &'a Signal) -> Vec<Key<'a>> {
    if is_carrier(signal.subject.kind()) {
        return vec![Key::subject(&signal.subject)];
    }
    all_carriers(scene, &signal.subject).into_iter().map(Key::made).collect()
}

fn all_carriers(scene: &Scene<'_>, object: &Subject) -> Vec<Subject> {
    let topmost = scene.topology.workload_of(object);
    let of = |one: &Subject| scene.topology.carriers_of(one).into_iter().cloned().collect::<Vec<_>>();
    of(object).into_iter().chain(topmost.iter().flat_map(of)).collect()
}
