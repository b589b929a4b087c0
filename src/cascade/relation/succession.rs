//! Relations between what ended and what came instead: replacements, new revisions, and what the new ones read.

use super::named::configuration;
use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::{Pod, Turnover, configuration_of};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};

/// From a pod to the pods that its controller made afterwards, however long, by name where no record names the
/// controller. `replaced-by` is the one that came at once.
pub const SUCCEEDED_BY: Relation = Relation {
    name: "succeeded-by",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: owners,
    causes: owners,
    ties: |scene, from, to| RelationMatch::when(is_replaced(scene, from, to)),
    grades_differ: false,
};

/// From a rollout to a pod of its new revision: of the ReplicaSet that its label `replicaset` names, or of a StatefulSet
/// or DaemonSet, which have no such sets, one that came after it.
pub const ROLLED_OUT_TO: Relation = Relation {
    name: "rolled-out-to",
    joins: |from, to| (has_sets(from) || matches!(from, "DaemonSet" | "StatefulSet")) && to == "Pod",
    as_cause: rolled_out,
    causes: owners,
    ties: |scene, from, to| RelationMatch::when(came_with(scene, from, to)),
    grades_differ: false,
};

/// From a CronJob to a pod that one of its Jobs made since.
pub const MADE_FROM: Relation = Relation {
    name: "made-from",
    joins: |from, to| from == "CronJob" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let workload = scene.topology.workload_of(&effect.subject).filter(|workload| workload.is("CronJob"));
        workload.map(Key::made).into_iter().collect()
    },
    ties: |scene, from, to| {
        let pod = scene.topology.pod_at(&to.subject, to.from.time);
        RelationMatch::when(pod.and_then(made).is_some_and(|made| made >= from.from.time))
    },
    grades_differ: false,
};

/// Between two ReplicaSets of one Deployment, which its events name in the label `replicaset`.
pub const OTHER_SET: Relation = Relation {
    name: "other-set",
    joins: |from, to| has_sets(from) && from == to,
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |scene, from, to| RelationMatch::when(is_other_set(from, to) && !came_since(scene, from, to)),
    grades_differ: false,
};

/// The same of a Deployment with the strategy Recreate.
pub const RECREATED_AS: Relation = Relation {
    name: "recreated-as",
    joins: |from, to| from == "Deployment" && to == "Deployment",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |scene, from, to| {
        let workload =
            scene.topology.workload(&to.subject).filter(|workload| workload.turnover == Turnover::Recreate)?;
        let evidence = workload.citation.into_iter().collect();
        is_other_set(from, to).then_some(RelationMatch { grade: None, evidence })
    },
    grades_differ: false,
};

/// From a rollout to a pod of its workload that is not of the revision that its label `replicaset` names.
pub const TAKES_OLD_PODS: Relation = Relation {
    name: "takes-old-pods",
    joins: |from, to| from == "Deployment" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| scene.topology.workload_of(&effect.subject).map(Key::made).into_iter().collect(),
    ties: |scene, from, to| {
        let is_old = |pod: &Pod| {
            let set = pod.owner.as_ref().map(Subject::name);
            set.is_some() && !from.values("replicaset").any(|name| set == Some(name)) && was_before(pod, from)
        };
        RelationMatch::when(from.label("replicaset").is_some() && scene.topology.pods_named(&to.subject).any(is_old))
    },
    grades_differ: false,
};

/// From what made a ReplicaSet smaller, by the label `replicaset`, to a pod of that set that was there before and stayed.
pub const LEFT_IN_SET: Relation = Relation {
    name: "left-in-set",
    joins: |from, to| has_sets(from) && to == "Pod",
    as_cause: rolled_out,
    causes: owners,
    ties: |scene, from, to| {
        let stayed = |pod: &Pod| was_before(pod, from) && pod.stopping.is_none_or(|gone| gone > to.from.time);
        RelationMatch::when(scene.topology.pods_named(&to.subject).any(stayed))
    },
    grades_differ: false,
};

/// From a rollout to a ReplicaSet of its Deployment that is not of the revision that its label `replicaset` names.
pub const OWNER_OF_SET: Relation = Relation {
    name: "owner-of-set",
    joins: |from, to| from == "Deployment" && to == "ReplicaSet",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let owner = scene.topology.workload(&effect.subject).and_then(|set| set.owner.clone());
        owner.map(Key::made).into_iter().collect()
    },
    ties: |scene, from, to| {
        let is_other = !from.values("replicaset").any(|name| name == to.subject.name());
        let was_there = || scene.topology.pods_of_owner(&to.subject).any(|pod| was_before(pod, from));
        RelationMatch::when(from.label("replicaset").is_some() && is_other && was_there())
    },
    grades_differ: false,
};

/// From a ConfigMap or Secret to a pod that reads it and came, started anew, or was to start, after it was written. What
/// its record names as lacking is the only one.
pub const READ_AT_START: Relation = Relation {
    name: "read-at-start",
    joins: |from, to| matches!(from, "ConfigMap" | "Secret") && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: read,
    ties: read_at_start,
    grades_differ: false,
};

/// From a pod without a node to the pod that the scheduler took its place from, whose event names the former's UID.
pub const PREEMPTED_FOR: Relation = Relation {
    name: "preempted-for",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |scene, cause| {
        let uids = scene.topology.pods_named(&cause.subject).map(|pod| pod.uid.as_str());
        uids.filter(|uid| !uid.is_empty()).map(Key::name).collect()
    },
    causes: |_, effect| effect.values("for").map(Key::name).collect(),
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a PriorityClass to a pod that was ended for one that has its priority from there, by the UID in the label `for`.
pub const PRIORITY_OF_PREEMPTOR: Relation = Relation {
    name: "priority-of-preemptor",
    joins: |from, to| from == "PriorityClass" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let pods = effect.values("for").filter_map(|uid| scene.topology.pod_by_uid(uid));
        let classes = pods.filter_map(|pod| Some(scene.topology.spec_of(pod)?.priority_class_name.as_str()));
        let named = classes.filter(|name| !name.is_empty());
        named.map(|name| Key::made(Subject::cluster("PriorityClass", name))).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a rollout of the cluster autoscaler, known by the name or the command of its container, to what that then does.
pub const RUNS_AUTOSCALER: Relation = Relation {
    name: "runs-autoscaler",
    joins: |from, to| from == "Deployment" && to == "Node",
    as_cause: |scene, cause| if is_autoscaler(scene, cause) { vec![Key::Any] } else { Vec::new() },
    causes: |_, effect| if effect.subject.is("Node") { vec![Key::Any] } else { Vec::new() },
    ties: |scene, from, _| {
        let workload = scene.topology.workload(&from.subject)?;
        Some(RelationMatch { grade: None, evidence: workload.citation.into_iter().collect() })
    },
    grades_differ: false,
};

fn is_autoscaler(scene: &Scene<'_>, cause: &Signal) -> bool {
    const PROGRAM: &str = "cluster-autoscaler";
    let runs = |word: &str| word.rsplit('/').next() == Some(PROGRAM);
    let Some(workload) = scene.topology.workload(&cause.subject) else { return false };
    let mut containers = workload.template.containers.iter();
    containers.any(|one| runs(&one.name) || one.command.first().is_some_and(|word| runs(word)))
}

/// Whether a kind of workload keeps its pods in ReplicaSets, one for each revision: a Deployment, and a Rollout of Argo
/// (argo-rollouts v1.7, docs/concepts.md).
pub(super) fn has_sets(kind: &str) -> bool {
    matches!(kind, "Deployment" | "Rollout")
}

fn is_other_set(from: &Signal, to: &Signal) -> bool {
    let sets = from.label("replicaset").zip(to.label("replicaset"));
    from.subject == to.subject && sets.is_some_and(|(one, other)| one != other)
}

/// Whether the set that an event is about was rolled out only after another event: it was not there to be meant by that.
fn came_since(scene: &Scene<'_>, from: &Signal, to: &Signal) -> bool {
    let rollouts = scene.index.of(Role::Rollout, &to.subject).into_iter();
    let since = rollouts.flat_map(|all| all.between(from.from.time, to.from.time));
    let since = since.filter_map(|index| scene.signals.get(index)).filter(|one| one.from.time > from.from.time);
    let set = to.label("replicaset");
    since.into_iter().any(|one| set.is_some() && one.label("replicaset") == set)
}

/// Events carry whole seconds, and a controller makes the next pod as soon as it hears that one is to go.
pub(super) const ROUNDING: TimeDelta = TimeDelta::seconds(1);

/// The letters and digits of generated names, of which a pod's ends with five (kubernetes v1.34.0,
/// staging/src/k8s.io/apiserver/pkg/storage/names/generate.go; apimachinery, pkg/util/rand).
const GENERATED: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The direct controllers of a pod.
pub(super) fn owners<'a>(scene: &Scene<'a>, signal: &'a Signal) -> Vec<Key<'a>> {
    let pods = scene.topology.pods_named(&signal.subject);
    let known: Vec<Key<'a>> = pods.filter_map(|pod| pod.owner.as_ref()).map(Key::subject).collect();
    if known.is_empty() { set_by_name(&signal.subject).map(Key::made).into_iter().collect() } else { known }
}

/// The ReplicaSet that a pod's name says it is of.
fn set_by_name(pod: &Subject) -> Option<Subject> {
    let (set, generated) = pod.name().rsplit_once('-').filter(|_| pod.is("Pod"))?;
    let is_generated = generated.len() == 5 && generated.chars().all(|one| GENERATED.contains(one));
    is_generated.then(|| Some(Subject::namespaced("ReplicaSet", pod.namespace()?, set))).flatten()
}

/// Whether a ReplicaSet or other controller is that of a pod.
fn is_owned(scene: &Scene<'_>, pod: &Subject, owner: &Subject) -> bool {
    let mut known = scene.topology.pods_named(pod).filter_map(|pod| pod.owner.as_ref()).peekable();
    match known.peek() {
        Some(_) => known.any(|one| one == owner),
        None => set_by_name(pod).as_ref() == Some(owner),
    }
}

/// When a pod was made, which may be long before a node was found for it.
pub(super) fn made(pod: &Pod) -> Option<DateTime<Utc>> {
    let times = [pod.created, pod.first_seen, pod.scheduled_at];
    times.into_iter().flatten().min()
}

pub(super) fn is_replaced(scene: &Scene<'_>, from: &Signal, to: &Signal) -> bool {
    if from.subject == to.subject {
        return false;
    }
    let Some(new) = scene.topology.pod_at(&to.subject, to.from.time) else { return false };
    // What was there already when the other ended was not made for it.
    let came_then = made(new).is_some_and(|made| made + ROUNDING >= from.from.earliest());
    let owner = new.owner.clone().or_else(|| set_by_name(&to.subject));
    came_then && owner.is_some_and(|owner| is_owned(scene, &from.subject, &owner))
}

/// A rollout asks for a pod, and its controller makes it at once. One that came much later was made in place of another.
const MAKING: TimeDelta = TimeDelta::seconds(30);

/// A StatefulSet or DaemonSet replaces its pods one after the other, each once the one before is ready: as long as a
/// Deployment waits for progress (documentation, Deployments, progressDeadlineSeconds).
const IN_TURN: TimeDelta = TimeDelta::minutes(10);

/// What ran for longer than this in its first life was not kept from running by the revision that it came with.
const FIRST_LIFE: TimeDelta = TimeDelta::minutes(1);

/// Whether the container that a signal is about, or any where it names none, had run for a while.
fn had_run(pod: &Pod, effect: &Signal) -> bool {
    let at = effect.from.time;
    let is_meant = |container: &str| effect.label("container").is_none_or(|one| one == container);
    let mut lives = pod.started.iter().filter(|(container, _)| is_meant(container));
    lives.any(|(container, began)| pod.restarted.of(container).map_or(at, |over| over.min(at)) - began > FIRST_LIFE)
}

/// Whether a rollout made this pod; of one of a ReplicaSet that nobody saw come, its revision alone tells.
fn came_with(scene: &Scene<'_>, from: &Signal, to: &Signal) -> bool {
    let pod = scene.topology.pod_at(&to.subject, to.from.time);
    match pod.and_then(made) {
        Some(_) if pod.is_some_and(|pod| had_run(pod, to)) => false,
        Some(made) => {
            let making = if has_sets(from.subject.kind()) { MAKING } else { IN_TURN };
            made + ROUNDING >= from.from.time && made <= from.last_seen() + making
        }
        None => has_sets(from.subject.kind()),
    }
}

/// Whether a pod was there before a rollout, as far as is known.
fn was_before(pod: &Pod, rollout: &Signal) -> bool {
    made(pod).is_some_and(|made| made < rollout.from.time)
}

pub(super) fn rolled_out<'a>(_: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    let Some(namespace) = cause.subject.namespace() else { return Vec::new() };
    if !has_sets(cause.subject.kind()) {
        return vec![Key::subject(&cause.subject)];
    }
    cause.values("replicaset").map(|name| Key::made(Subject::namespaced("ReplicaSet", namespace, name))).collect()
}

fn read<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let Some(namespace) = effect.subject.namespace().filter(|_| effect.subject.is("Pod")) else { return Vec::new() };
    let pod = scene.topology.pod_at(&effect.subject, effect.from.time);
    let spec = pod.and_then(|pod| scene.topology.spec_of(pod));
    let read = spec.map(|spec| configuration_of(spec, namespace));
    read.into_iter().flatten().chain(configuration(effect)).map(Key::made).collect()
}

fn read_at_start(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    if let Some(named) = configuration(to) {
        return if named == from.subject { RelationMatch::named_by(to) } else { None };
    }
    let pod = scene.topology.pod_at(&to.subject, to.from.time)?;
    let written = from.from.time;
    let came_later = made(pod).is_some_and(|made| made >= written);
    // An older one reads it when its container starts anew: this is an end of a later life then.
    let again = |over: DateTime<Utc>| over >= written && over < to.from.time;
    // What cannot be started was about to read it.
    if !came_later && !to.has(Role::NotStarted) && !pod.restarted.times().any(again) {
        return None;
    }
    let workload = pod.owner.as_ref().and_then(|owner| scene.topology.workload(owner));
    let evidence = match &pod.object {
        Some(object) => Some(object.citation),
        None => workload.and_then(|workload| workload.citation),
    };
    Some(RelationMatch { grade: None, evidence: evidence.into_iter().collect() })
}
