//! Relations between a workload and the requests that its program makes, or the connections that it keeps.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::{Pod, Topology};
use crate::model::Subject;
use crate::signals::Signal;

/// From a workload to a record of a request whose client says that it is a program of the same name. A client says
/// `PROGRAM/VERSION (…)`, by default with the name of its own file (client-go, rest.DefaultKubernetesUserAgent).
pub const ASKS_AS: Relation = Relation {
    name: "asks-as",
    joins: |from, to| matches!(from, "DaemonSet" | "Deployment" | "StatefulSet") && matches!(to, "Node" | "Pod"),
    as_cause: |_, cause| {
        let is_workload = matches!(cause.subject.kind(), "DaemonSet" | "Deployment" | "StatefulSet");
        Some(cause.subject.name()).filter(|_| is_workload).map(Key::name).into_iter().collect()
    },
    causes: programs,
    ties: |_, _, to| RelationMatch::when(to.label("client").is_some()),
    grades_differ: false,
};

/// From a Job to what was written, while a pod of it was there, by the ServiceAccount that the pod runs as: an audit log
/// names the account and not the pod (documentation, Auditing; Service Accounts).
pub const WRITES_AS: Relation = Relation {
    name: "writes-as",
    joins: |from, _| from == "Job",
    as_cause: |scene, cause| {
        let pods = scene.topology.pods_of_owner(&cause.subject).filter(|_| cause.subject.is("Job"));
        pods.filter_map(|pod| account(scene.topology, pod)).map(Key::made).collect()
    },
    causes: |_, effect| writers(effect).map(Key::made).collect(),
    ties: |scene, from, to| {
        let at = to.from.time;
        let was_there =
            |pod: &&Pod| pod.arrived().is_some_and(|came| came <= at) && pod.last_seen.is_none_or(|last| at <= last);
        let is_it = |pod: &&Pod| account(scene.topology, pod).is_some_and(|own| writers(to).any(|one| one == own));
        let pod = scene.topology.pods_of_owner(&from.subject).find(|pod| was_there(pod) && is_it(pod))?;
        let evidence = pod.object.as_ref().map(|object| object.citation).into_iter().collect();
        Some(RelationMatch { grade: None, evidence })
    },
    grades_differ: false,
};

/// From an agent of the tunnel by which an API server reaches the cluster's network to what that server says of it. Its
/// manifests call the pods so (kubernetes-sigs/apiserver-network-proxy, examples/kubernetes/konnectivity-agent.yaml).
pub const AGENT_OF_TUNNEL: Relation = Relation {
    name: "agent-of-tunnel",
    joins: |from, _| from == "Pod",
    as_cause: |_, cause| {
        let is_agent = cause.subject.is("Pod") && cause.subject.name().starts_with("konnectivity-agent");
        if is_agent { vec![Key::Any] } else { Vec::new() }
    },
    causes: |_, _| vec![Key::Any],
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// The ServiceAccount that a pod runs as.
fn account(topology: &Topology, pod: &Pod) -> Option<Subject> {
    let name = topology.spec_of(pod)?.service_account_name.as_str();
    (!name.is_empty()).then(|| Subject::namespaced("ServiceAccount", &pod.namespace, name))
}

/// The ServiceAccounts that a change was made by, in the words that audit logs are told in.
fn writers(signal: &Signal) -> impl Iterator<Item = Subject> {
    let named = signal.values("what").filter_map(|what| what.rsplit_once(", by ServiceAccount ")?.1.split_once('/'));
    named.map(|(namespace, name)| Subject::namespaced("ServiceAccount", namespace, name))
}

/// The programs that the requests of a record were made by.
fn programs<'a>(_: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let program = |client: &'a str| client.split(['/', ' ']).next().filter(|name| !name.is_empty());
    effect.values("client").filter_map(program).map(Key::name).collect()
}
