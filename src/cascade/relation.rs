//! How the subjects of two signals belong together. Links name these; each is one function over the topology.

use super::{Grade, Scene};
use crate::evidence::{Pod, configuration_of, containers};
use crate::model::{Citation, Subject};
use crate::signals::Signal;
use chrono::{DateTime, TimeDelta, Utc};

/// What two signals have in common, and how sure that makes their link.
pub struct Tie {
    /// Better or worse than the link's own grade, if the records say so.
    pub grade: Option<Grade>,
    pub evidence: Vec<Citation>,
}

impl Tie {
    fn plain() -> Option<Self> {
        Some(Self { grade: None, evidence: Vec::new() })
    }

    fn when(holds: bool) -> Option<Self> {
        if holds { Self::plain() } else { None }
    }

    fn graded(grade: Grade, evidence: Vec<Citation>) -> Option<Self> {
        Some(Self { grade: Some(grade), evidence })
    }
}

type Test = fn(&Scene<'_>, &Signal, &Signal) -> Option<Tie>;

/// A relation that links may name.
#[derive(Clone, Copy)]
pub struct Relation {
    pub name: &'static str,
    test: Test,
}

impl std::fmt::Debug for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All relations, in alphabetical order.
const ALL: &[Relation] = &[
    Relation { name: "alert-names", test: alert_names_node },
    Relation { name: "alert-names-pod", test: alert_names_pod },
    Relation { name: "alert-names-target", test: alert_names_target },
    Relation { name: "arrived-on", test: arrived_on },
    Relation { name: "calls", test: calls },
    Relation { name: "cluster", test: |_, _, _| Tie::plain() },
    Relation { name: "freed-by-node", test: freed_by_node },
    Relation { name: "label-names-node", test: |_, from, to| Tie::when(to.label("node") == Some(from.subject.name())) },
    Relation { name: "moved-to", test: moved_to },
    Relation { name: "node-of", test: node_of },
    Relation { name: "of-or-on-node", test: of_or_on_node },
    Relation { name: "owner", test: owner },
    Relation { name: "reads", test: reads },
    Relation { name: "rolled-out-on", test: rolled_out_on },
    Relation { name: "same-container", test: same_container },
    Relation { name: "same-subject", test: |_, from, to| Tie::when(from.subject == to.subject) },
    Relation { name: "selects", test: selects },
    Relation { name: "taint-named", test: taint_named },
    Relation { name: "victim", test: victim },
];

impl Relation {
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|relation| relation.name == name).copied()
    }

    pub(super) fn ties(&self, scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
        (self.test)(scene, from, to)
    }
}

/// Within one container, as far as both say which; the kernel's reports do not always.
fn same_container(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let apart = from.label("container").zip(to.label("container")).is_some_and(|(a, b)| a != b);
    Tie::when(from.subject == to.subject && !apart)
}

/// From a node to a pod that was there.
fn node_of(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    Tie::when(from.subject.is("Node") && to.subject.is("Pod") && to.node.as_deref() == Some(from.subject.name()))
}

/// From a pod to the node it was on.
fn on_node(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    Tie::when(from.subject.is("Pod") && to.subject.is("Node") && from.node.as_deref() == Some(to.subject.name()))
}

/// Between a node's own signals, or from a pod to its node.
fn of_or_on_node(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    if from.subject == to.subject { Tie::plain() } else { on_node(scene, from, to) }
}

/// From the kernel's report to the pod whose UID it names.
fn victim(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    node_of(scene, from, to)?;
    let own_limit = matches!(from.label("scope"), Some("container" | "pod"));
    let named = |citation: &&Citation| {
        let of_pod = |pod: &Pod| {
            let uid = pod.uid.as_str();
            !uid.is_empty() && (citation.text.contains(uid) || citation.text.contains(&uid.replace('-', "_")))
        };
        scene.evidence.topology.pods_named(&to.subject).any(of_pod)
    };
    match from.evidence.iter().find(named) {
        Some(citation) => Tie::graded(Grade::Mechanism, vec![citation.clone()]),
        // A container that reached its own limit lost its own process, and nobody else's.
        None if own_limit && from.label("victim_uid").is_some() => None,
        None => Tie::plain(),
    }
}

/// From a pod to a Service that selects it.
fn selects(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let service = Subject::namespaced("Service", to.subject.namespace()?, to.subject.name());
    // A derived signal names the pods it was derived from; others that the Service selects were not there then.
    if to.label("pods").is_some_and(|pods| !pods.split(' ').any(|pod| pod == from.subject.name())) {
        return None;
    }
    Tie::when(scene.evidence.topology.pods_of_service(&service).any(|pod| pod.subject() == from.subject))
}

/// From a Service to a pod that is configured to call it.
fn calls(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let topology = &scene.evidence.topology;
    let service = Subject::namespaced("Service", from.subject.namespace()?, from.subject.name());
    let named = to.label("address").and_then(|address| topology.service_at(address));
    if named == Some(&service) {
        return Tie::graded(Grade::Mechanism, to.evidence.first().cloned().into_iter().collect());
    }
    if !topology.calls(&to.subject).contains(&service) {
        return None;
    }
    let object = topology.pods_named(&to.subject).filter_map(|pod| pod.object.as_ref()).last();
    Some(Tie { grade: None, evidence: object.map(|object| object.citation.clone()).into_iter().collect() })
}

/// From a pod to its controller, direct or topmost, or from that to the pod.
fn owner(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let owns = |pod: &Subject, workload: &Subject| {
        let topology = &scene.evidence.topology;
        let direct = topology.pods_named(pod).any(|one| one.owner.as_ref() == Some(workload));
        let named = || to.label("pod").or(from.label("pod")) == Some(pod.name());
        let same_namespace = pod.namespace() == workload.namespace();
        direct || topology.workload_of(pod).as_ref() == Some(workload) || (same_namespace && named())
    };
    match (from.subject.is("Pod"), to.subject.is("Pod")) {
        (true, false) => Tie::when(owns(&from.subject, &to.subject)),
        (false, true) => Tie::when(owns(&to.subject, &from.subject)),
        _ => None,
    }
}

/// From a ConfigMap or Secret to a workload whose pods read it.
fn reads(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let namespace = to.subject.namespace()?;
    let workload = scene.evidence.topology.workload(&to.subject)?;
    let read = configuration_of(&workload.template, namespace).contains(&from.subject);
    read.then(|| Tie { grade: None, evidence: workload.citation.clone().into_iter().collect() })
}

/// From a rollout to a node that its first pods were put on.
fn rolled_out_on(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let set = Subject::namespaced("ReplicaSet", from.subject.namespace()?, from.label("replicaset")?);
    let topology = &scene.evidence.topology;
    let pods = || topology.pods_of_workload(&from.subject).filter(|pod| pod.owner.as_ref() == Some(&set));
    let first = pods().filter_map(Pod::arrived).min()?;
    let here = pods().any(|pod| {
        let with_the_first = pod.arrived().is_some_and(|at| at - first <= TimeDelta::seconds(10));
        with_the_first && pod.node.as_deref() == to.node.as_deref()
    });
    if !here { None } else { demanded(scene, &from.subject, to) }
}

/// From a pod's arrival to its new node, where it replaces one of its workload that had left another.
fn arrived_on(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    on_node(scene, from, to)?;
    let topology = &scene.evidence.topology;
    let workload = topology.workload_of(&from.subject)?;
    let before = topology.pods_of_workload(&workload).any(|pod| {
        pod.subject() != from.subject
            && pod.arrived().is_some_and(|at| at < from.from.time)
            && pod.node.is_some()
            && pod.node != from.node
            && had_left(pod, from.from.time)
    });
    if !before { None } else { demanded(scene, &workload, to) }
}

/// Whether a pod was on its way out when another came: one that goes on beside it was not replaced.
fn had_left(pod: &Pod, at: DateTime<Utc>) -> bool {
    let soon = at + TimeDelta::seconds(30);
    let finished = pod.object.as_ref().and_then(|object| object.finished);
    let unseen = pod.object.is_none() && pod.last_seen.is_some_and(|last| last <= soon + TimeDelta::minutes(1));
    pod.forced_out || unseen || [pod.stopping, finished].into_iter().flatten().any(|end| end <= soon)
}

/// Whether a shortage on a node may be `workload`'s: nobody else is named as the one that asked.
fn demanded(scene: &Scene<'_>, workload: &Subject, to: &Signal) -> Option<Tie> {
    match scene.demand.on(to.node.as_deref()?, to.from.time) {
        Some(demander) if demander.workload == *workload => {
            Tie::graded(Grade::Mechanism, vec![demander.citation.clone()])
        }
        Some(_) => None,
        None => Tie::plain(),
    }
}

/// From trouble of a node, or of a pod on it, to a pod of the same workload that was put elsewhere afterwards.
fn moved_to(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let topology = &scene.evidence.topology;
    let (left, arrived) = (from.node.as_deref()?, to.node.as_deref()?);
    if left == arrived || !to.subject.is("Pod") {
        return None;
    }
    let workload = topology.workload_of(&to.subject)?;
    if from.subject.is("Pod") {
        let same = from.subject != to.subject && topology.workload_of(&from.subject).as_ref() == Some(&workload);
        return Tie::when(same);
    }
    let came_from_there = topology.pods_of_workload(&workload).any(|pod| {
        pod.subject() != to.subject
            && pod.node.as_deref() == Some(left)
            && pod.arrived().is_some_and(|at| at < to.from.time)
            && recently(pod.last_seen, to.from.time)
    });
    Tie::when(came_from_there)
}

fn recently(last: Option<DateTime<Utc>>, at: DateTime<Utc>) -> bool {
    last.is_none_or(|last| at - last < TimeDelta::minutes(2))
}

/// From a node to an alert whose labels name it, or name a target on it.
fn alert_names_node(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let node = from.subject.name();
    let host = to.label("instance").and_then(|address| address.split(':').next());
    let named = from.subject.is("Node") && (to.label("node") == Some(node) || host == Some(node));
    if !named || !to.subject.is("Alert") || to.label("pod").is_some() {
        return None;
    }
    Tie::graded(Grade::Mechanism, to.evidence.first().cloned().into_iter().collect())
}

/// From a pod to an alert whose labels name it.
fn alert_names_pod(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let subject = &from.subject;
    let named = to.label("pod") == Some(subject.name()) && to.label("namespace") == subject.namespace();
    if !named || !subject.is("Pod") || !to.subject.is("Alert") {
        return None;
    }
    Tie::graded(Grade::Mechanism, to.evidence.first().cloned().into_iter().collect())
}

/// From a scrape target to an alert about it.
fn alert_names_target(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let same = |label| to.label(label).is_some() && to.label(label) == from.label(label);
    if !same("instance") || !same("job") {
        return None;
    }
    Tie::graded(Grade::Mechanism, to.evidence.first().cloned().into_iter().collect())
}

/// From a node that is back to the StatefulSet that could then replace its pod there.
fn freed_by_node(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let pod = Subject::pod(to.subject.namespace()?, to.label("pod")?);
    let marked = scene.signals.iter().any(|signal| {
        signal.name == "TaintManagerEviction" && signal.subject == pod && signal.from.time <= to.from.time
    });
    let there = scene.evidence.topology.pods_named(&pod).any(|one| one.node.as_deref() == Some(from.subject.name()));
    Tie::when(marked && there)
}

/// From a pod scheduling found no node for to a node whose state the scheduler's note names.
fn taint_named(_: &Scene<'_>, from: &Signal, to: &Signal) -> Option<Tie> {
    let obstacle = to.label("obstacle")?;
    let words: &[&str] = match from.base_name() {
        "MemoryPressure" => &["memory-pressure"],
        "DiskPressure" => &["disk-pressure"],
        "NodeNotSchedulable" => &["unschedulable"],
        "NodeNotReady" => &["unreachable", "not-ready"],
        _ => &[],
    };
    // Since 1.34 the note may count "untolerated taint(s)" without naming them.
    let unnamed = obstacle.contains("untolerated taint(s)") && from.base_name() != "NodeNotSchedulable";
    Tie::when(from.subject.is("Node") && (unnamed || words.iter().any(|word| obstacle.contains(word))))
}

/// Whether any container of a pod is without a memory limit.
pub fn lacks_memory_limit(scene: &Scene<'_>, pod: &Pod) -> bool {
    let spec = scene.evidence.topology.spec_of(pod);
    spec.is_some_and(|spec| containers(spec).any(|container| !container.resources.limits.contains_key("memory")))
}
