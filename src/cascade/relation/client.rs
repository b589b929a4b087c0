//! Relations between a workload and the requests that its program makes, or the connections that it keeps.

use super::brought::is_carrier;
use super::succession::made;
use super::{Key, Relation, RelationMatch};
use crate::cascade::{Grade, Scene};
use crate::evidence::{Pod, Topology};
use crate::model::Subject;
use crate::signals::Signal;
use chrono::{DateTime, Utc};
use std::borrow::Cow;

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

/// From a workload to what an audit log says of requests of the account that its pods run as; where its pods are gone, of
/// the account that is called as it is, in its namespace, as charts call them (Helm documentation, Best Practices, RBAC).
pub const ASKS_AS_ACCOUNT: Relation = Relation {
    name: "asks-as-account",
    joins: |from, to| matches!(from, "DaemonSet" | "Deployment" | "StatefulSet") && to == "APIServer",
    as_cause: |scene, cause| {
        let workload = &cause.subject;
        let known = accounts(scene.topology, scene.topology.pods_of_workload(workload));
        let is_known = !known.is_empty();
        let namesake = workload.namespace().filter(|_| !is_known);
        let namesake = namesake.map(|namespace| Subject::namespaced("ServiceAccount", namespace, workload.name()));
        known.into_iter().chain(namesake.map(Key::made)).collect()
    },
    causes: |_, effect| {
        let account = effect.label("client").and_then(|client| client.strip_prefix("ServiceAccount "));
        // Whoever names no account runs as that of its namespace.
        let named = account.and_then(|account| account.split_once('/')).filter(|(_, name)| *name != "default");
        let account = named.map(|(namespace, name)| Subject::namespaced("ServiceAccount", namespace, name));
        account.map(Key::made).into_iter().collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From a Job to what was written, while a pod of it ran, by the ServiceAccount that the pod runs as: an audit log names the
/// account and not the pod (documentation, Auditing; Service Accounts).
pub const WRITES_AS: Relation = Relation {
    name: "writes-as",
    joins: |from, _| from == "Job",
    as_cause: |scene, cause| {
        let pods = scene.topology.pods_of_owner(&cause.subject).filter(|_| cause.subject.is("Job"));
        accounts(scene.topology, pods)
    },
    causes: |_, effect| writers(effect).map(Key::made).collect(),
    ties: |scene, from, to| wrote(scene.topology, (from, to), scene.topology.pods_of_owner(&from.subject)),
    grades_differ: false,
};

/// The same from a CronJob, of the Jobs that it made since.
pub const WRITES_IN_RUNS: Relation = Relation {
    name: "writes-in-runs",
    joins: |from, _| from == "CronJob",
    as_cause: |scene, cause| {
        let pods = scene.topology.pods_of_workload(&cause.subject).filter(|_| cause.subject.is("CronJob"));
        accounts(scene.topology, pods)
    },
    ties: |scene, from, to| {
        let since = |pod: &&Pod| made(pod).is_some_and(|made| made >= from.from.time);
        wrote(scene.topology, (from, to), scene.topology.pods_of_workload(&from.subject).filter(since))
    },
    ..WRITES_AS
};

/// From what a GitOps controller makes objects of to an object that a controller of its namespace wrote: those run as
/// accounts of the namespace that their own objects are in (argo-cd v2.13, documentation, Installation; Flux v2,
/// documentation, Installation).
pub const CARRIED_OUT_BY: Relation = Relation {
    name: "carried-out-by",
    joins: |from, _| is_release(from),
    as_cause: |_, cause| {
        let namespace = cause.subject.namespace().filter(|_| is_release(cause.subject.kind()));
        namespace.map(Key::name).into_iter().collect()
    },
    causes: |_, effect| {
        let namespaces = writers(effect).filter_map(|account| account.namespace().map(str::to_owned));
        namespaces.map(|namespace| Key::Name(Cow::Owned(namespace))).collect()
    },
    ties: |_, from, to| RelationMatch::when(from.subject != to.subject && !is_release(to.subject.kind())),
    grades_differ: false,
};

/// Whether a pod of a Job, or of a CronJob's runs, ran as the account that wrote something when that was. Where a pod of
/// another ran as the same then, only the order in time says which of them it was.
fn wrote<'a>(
    topology: &Topology,
    (from, to): (&Signal, &Signal),
    mut pods: impl Iterator<Item = &'a Pod>,
) -> Option<RelationMatch> {
    let at = to.from.time;
    let is_it =
        |pod: &Pod| ran(pod, at) && account(topology, pod).is_some_and(|own| writers(to).any(|writer| writer == own));
    let pod = pods.find(|pod| is_it(pod))?;
    let evidence = pod.object.as_ref().map(|object| object.citation).into_iter().collect();
    let is_of_cause = |other: &Pod| {
        other.owner.as_ref() == Some(&from.subject) || topology.workload_of_pod(other).as_ref() == Some(&from.subject)
    };
    let is_unclear = topology.pods().iter().any(|other| is_it(other) && !is_of_cause(other));
    Some(RelationMatch { grade: is_unclear.then_some(Grade::Order), evidence })
}

/// The accounts that pods run as.
fn accounts<'a>(topology: &Topology, pods: impl Iterator<Item = &'a Pod>) -> Vec<Key<'a>> {
    pods.filter_map(|pod| account(topology, pod)).map(Key::made).collect()
}

/// Nothing in the cluster acts for a release of Helm's own.
fn is_release(kind: &str) -> bool {
    is_carrier(kind) && kind != "Release"
}

/// From an agent of the tunnel by which an API server reaches the cluster's network, which did not reach the host that its
/// arguments name, to what that server says of it (kubernetes-sigs/apiserver-network-proxy, cmd/agent/app/options). What it
/// asks of others on behalf of the server counts for nothing.
pub const AGENT_OF_TUNNEL: Relation = Relation {
    name: "agent-of-tunnel",
    joins: |from, _| from == "Pod",
    as_cause: |scene, cause| if asks_its_server(scene.topology, cause) { vec![Key::Any] } else { Vec::new() },
    causes: |_, _| vec![Key::Any],
    ties: |scene, from, _| {
        let mut pods = scene.topology.pods_named(&from.subject);
        let evidence = pods.find_map(|pod| Some(pod.object.as_ref()?.citation)).into_iter().collect();
        Some(RelationMatch { grade: None, evidence })
    },
    grades_differ: false,
};

/// Whether an agent did not reach the host that it is given as that of the tunnel's server.
fn asks_its_server(topology: &Topology, signal: &Signal) -> bool {
    const HOST: &str = "--proxy-server-host";
    let Some(asked) = signal.label("looked_up").or_else(|| signal.label("address")) else { return false };
    let asked = asked.rsplit_once(':').map_or(asked, |(host, _)| host);
    let specs = topology.pods_named(&signal.subject).filter_map(|pod| topology.spec_of(pod));
    let mut containers = specs.flat_map(|spec| &spec.containers);
    containers.any(|container| {
        let mut words = container.command.iter().chain(&container.args).map(String::as_str);
        let mut given = std::iter::from_fn(|| {
            let word = words.by_ref().find(|word| word.starts_with(HOST))?;
            word.split_once('=').map(|(_, host)| host).or_else(|| words.next())
        });
        given.any(|host| host == asked)
    })
}

/// The ServiceAccount that a pod runs as.
fn account(topology: &Topology, pod: &Pod) -> Option<Subject> {
    let name = topology.spec_of(pod)?.service_account_name.as_str();
    (!name.is_empty()).then(|| Subject::namespaced("ServiceAccount", &pod.namespace, name))
}

/// Whether a pod was there then, and had not ended.
fn ran(pod: &Pod, at: DateTime<Utc>) -> bool {
    let ended = pod.object.as_ref().map_or(pod.last_seen, |object| object.finished);
    pod.arrived().is_some_and(|came| came <= at) && ended.is_none_or(|ended| at <= ended)
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
