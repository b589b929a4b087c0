//! Relations between pods, their controllers and what configures them.

use super::succession::{has_sets, owners};
use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::{Pod, configuration_of};
use crate::model::Subject;
use crate::signals::Signal;

/// From a pod to its controller, direct or topmost, or from that to the pod.
pub const OWNER: Relation = Relation {
    name: "owner",
    joins: |from, to| (from == "Pod") != (to == "Pod") && [from, to].iter().all(|kind| is_pod_or_controller(kind)),
    as_cause: owned,
    causes: owned,
    ties: owner,
    grades_differ: false,
};

/// From a controller's record that it deleted a pod, by the label `what`, to that pod, and to none that came under its
/// name since, as those of a StatefulSet do.
pub const REMOVES: Relation = Relation {
    name: "removes",
    joins: |from, to| from != "Pod" && is_pod_or_controller(from) && to == "Pod",
    as_cause: |_, cause| {
        let named = cause.label("what").zip(cause.subject.namespace());
        named.map(|(pod, namespace)| Key::made(Subject::pod(namespace, pod))).into_iter().collect()
    },
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |scene, from, to| {
        let [before, after] = [from, to].map(|signal| scene.topology.pod_at(&to.subject, signal.from.time));
        RelationMatch::when(before.zip(after).is_none_or(|(before, after)| before.uid == after.uid))
    },
    grades_differ: false,
};

/// From an object of whatever kind to a pod that it made and controls.
pub const CONTROLS: Relation = Relation {
    name: "controls",
    joins: |from, to| from != "Pod" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: owners,
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From a Job to the CronJob that made it.
pub const RUN_OF: Relation = Relation {
    name: "run-of",
    joins: |from, to| from == "Job" && to == "CronJob",
    as_cause: |scene, cause| vec![Key::subject(scene.topology.top_of(&cause.subject))],
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |_, from, to| RelationMatch::when(from.subject != to.subject),
    grades_differ: false,
};

/// From a pod to another of the same workload.
pub const SIBLING: Relation = Relation {
    name: "sibling",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: workload_of,
    causes: workload_of,
    ties: |_, from, to| RelationMatch::when(from.subject != to.subject),
    grades_differ: false,
};

/// From a ConfigMap or Secret to a workload whose pods read it.
pub const READS: Relation = Relation {
    name: "reads",
    joins: |from, to| matches!(from, "ConfigMap" | "Secret") && to != "Pod" && is_pod_or_controller(to),
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: read_by,
    ties: reads,
    grades_differ: false,
};

/// From a PersistentVolumeClaim to a pod with a volume of it.
pub const MOUNTS: Relation = Relation {
    name: "mounts",
    joins: |from, to| from == "PersistentVolumeClaim" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| scene.topology.claims_of(&effect.subject).map(Key::made).collect(),
    ties: mounts,
    grades_differ: false,
};

/// From a Deployment to the ReplicaSet that its rollout, by the label `replicaset`, made or enlarged.
pub const ROLLED_OUT_AS: Relation = Relation {
    name: "rolled-out-as",
    joins: |from, to| has_sets(from) && to == "ReplicaSet",
    as_cause: |_, cause| {
        let named = cause.label("replicaset").zip(cause.subject.namespace());
        named
            .map(|(name, namespace)| Key::made(Subject::namespaced("ReplicaSet", namespace, name)))
            .into_iter()
            .collect()
    },
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From a Deployment's rollout, by the label `replicaset`, to a pod of an earlier version of it.
pub const ROLLED_AWAY: Relation = Relation {
    name: "rolled-away",
    joins: |from, to| has_sets(from) && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| scene.topology.workload_of(&effect.subject).map(Key::made).into_iter().collect(),
    ties: |scene, from, to| {
        let came_before = |pod: &&Pod| pod.arrived().is_some_and(|at| at < from.from.time);
        let owners = scene.topology.pods_named(&to.subject).filter(came_before).filter_map(|pod| pod.owner.as_ref());
        let another = owners.last().zip(from.label("replicaset")).is_some_and(|(owner, set)| owner.name() != set);
        RelationMatch::when(another)
    },
    grades_differ: false,
};

fn is_pod_or_controller(kind: &str) -> bool {
    matches!(kind, "Pod" | "CronJob" | "DaemonSet" | "Deployment" | "Job" | "ReplicaSet" | "Rollout" | "StatefulSet")
}

/// A pod's name and controllers; a controller, and the pod that its record names.
fn owned<'a>(scene: &Scene<'a>, signal: &'a Signal) -> Vec<Key<'a>> {
    let own = Key::subject(&signal.subject);
    if signal.subject.is("Pod") {
        let direct = scene.topology.pods_named(&signal.subject).filter_map(|pod| pod.owner.as_ref()).map(Key::subject);
        let topmost = scene.topology.workload_of(&signal.subject).map(Key::made);
        return direct.chain(topmost).chain([own]).collect();
    }
    let pod = signal.label("pod").zip(signal.subject.namespace());
    [own].into_iter().chain(pod.map(|(pod, namespace)| Key::made(Subject::pod(namespace, pod)))).collect()
}

fn workload_of<'a>(scene: &Scene<'a>, signal: &'a Signal) -> Vec<Key<'a>> {
    scene.topology.workload_of(&signal.subject).map(Key::made).into_iter().collect()
}

fn owner(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let owns = |pod: &Subject, workload: &Subject| {
        let direct = scene.topology.pods_named(pod).any(|one| one.owner.as_ref() == Some(workload));
        let named = || to.label("pod").or(from.label("pod")) == Some(pod.name());
        let same_namespace = pod.namespace() == workload.namespace();
        direct || scene.topology.workload_of(pod).as_ref() == Some(workload) || (same_namespace && named())
    };
    match (from.subject.is("Pod"), to.subject.is("Pod")) {
        (true, false) => RelationMatch::when(owns(&from.subject, &to.subject)),
        (false, true) => RelationMatch::when(owns(&to.subject, &from.subject)),
        _ => None,
    }
}

fn mounts(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let object = scene.topology.pods_named(&to.subject).filter_map(|pod| pod.object.as_ref()).last();
    let evidence = object.map(|object| object.citation).into_iter().collect();
    scene
        .topology
        .claims_of(&to.subject)
        .any(|claim| claim == from.subject)
        .then_some(RelationMatch { grade: None, evidence })
}

fn read_by<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let workload = scene.topology.workload(&effect.subject).zip(effect.subject.namespace());
    let read = workload.map(|(workload, namespace)| configuration_of(&workload.template, namespace));
    read.into_iter().flatten().map(Key::made).collect()
}

fn reads(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let namespace = to.subject.namespace()?;
    let workload = scene.topology.workload(&to.subject)?;
    let read = configuration_of(&workload.template, namespace).contains(&from.subject);
    read.then(|| RelationMatch { grade: None, evidence: workload.citation.into_iter().collect() })
}
