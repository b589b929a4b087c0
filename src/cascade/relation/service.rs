//! Relations between pods and the Services in front of them.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// From a pod to a Service that selects it.
pub const SELECTS: Relation = Relation {
    name: "selects",
    joins: |from, to| from == "Pod" && matches!(to, "Endpoints" | "Service"),
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: selected,
    ties: selects,
    grades_differ: false,
};

/// From a pod that was never ready to a Service that selects it and was empty with it.
pub const NEVER_SERVED: Relation = Relation {
    name: "never-served",
    ties: |scene, from, to| {
        let never = to.label("never_ready").is_some_and(|pods| pods.split(' ').any(|pod| pod == from.subject.name()));
        if never { selects(scene, from, to) } else { None }
    },
    ..SELECTS
};

/// From a pod without a node or that has not started, or from a controller that may make no pod, to the Service that selects the pods of its
/// workload.
pub const LEAVES_EMPTY: Relation = Relation {
    name: "leaves-empty",
    joins: |from, to| matches!(from, "Pod" | "ReplicaSet" | "StatefulSet") && matches!(to, "Endpoints" | "Service"),
    as_cause: wanting,
    causes: |scene, effect| {
        let service = service(effect);
        service.iter().flat_map(|service| scene.topology.workloads_of_service(service)).map(Key::subject).collect()
    },
    // Who is refused as nobody is behind the Service of a webhook did not empty that Service; nor did what was seen a
    // second after it.
    ties: |_, from, to| {
        let is_asked = service(to).is_some_and(|service| answers_as(from, &service));
        RelationMatch::when(!is_asked && from.from.time - to.from.time < TimeDelta::seconds(1))
    },
    grades_differ: false,
};

/// Whether a refusal names a Service as that of the webhook that was not reached, as `NAME.NAMESPACE`.
fn answers_as(refused: &Signal, service: &Subject) -> bool {
    let parts = refused.label("webhook_service").and_then(|host| host.split_once('.'));
    parts.is_some_and(|(name, namespace)| name == service.name() && service.namespace() == Some(namespace))
}

/// From a Service to a pod that is configured to call it.
pub const CALLS: Relation = Relation {
    name: "calls",
    joins: |from, to| matches!(from, "Endpoints" | "Service") && to == "Pod",
    as_cause: |_, cause| service(cause).map(Key::made).into_iter().collect(),
    causes: called,
    ties: calls,
    grades_differ: false,
};

/// From a pod to one that is configured to call a Service which selects it: of all that answer for the Service, one.
pub const BACKEND_OF: Relation = Relation {
    name: "backend-of",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: backends,
    ties: is_backend,
    grades_differ: false,
};

/// From a node to a pod whose record names a Service, or that is configured to call one, which a pod of that node answers
/// for.
pub const BACKEND_ON: Relation = Relation {
    name: "backend-on",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: |_, cause| if cause.subject.is("Node") { vec![Key::name(cause.subject.name())] } else { Vec::new() },
    causes: |scene, effect| {
        let pods = asked(scene, effect).into_iter().flat_map(|service| scene.topology.pods_of_service(service));
        let there = pods.filter(|pod| is_there_at(pod, effect));
        there.filter_map(|pod| pod.node.as_deref()).map(Key::name).collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// The other way: from a pod to one that it is configured to call, as who takes work off it.
pub const CALLER_OF: Relation = Relation {
    name: "caller-of",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: backends,
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |scene, from, to| is_backend(scene, to, from),
    grades_differ: false,
};

/// From a Service that was told to answer at addresses beside its own (`externalIPs`, a balancer) to whatever names one of
/// them, in `cause_whom` or `address`, as who did not answer. kube-proxy takes what is sent there, by whomever
/// (documentation, Service, External IPs; CVE-2020-8554), and in its IPVS mode the node itself has the address from then
/// on.
pub const TAKES_ADDRESS: Relation = Relation {
    name: "takes-address",
    joins: |from, to| from == "Service" && matches!(to, "Node" | "Pod" | "Process"),
    as_cause: |scene, cause| {
        let says = |what: &str| ["externalIPs", "loadBalancer"].iter().any(|word| what.contains(word));
        let is_meant = cause.subject.is("Service") && cause.label("what").is_some_and(says);
        let service = scene.topology.services().find(|(known, _)| is_meant && **known == cause.subject);
        service.into_iter().flat_map(|(_, service)| &service.taken).map(|address| Key::name(address)).collect()
    },
    causes: |_, effect| {
        let named = effect.values("cause_whom").chain(effect.values("address"));
        named.map(|whom| Key::name(whom.rsplit_once(':').map_or(whom, |(host, _)| host))).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// The same, where another pod that answers for the Service was there meanwhile, so that nobody had to ask this one.
pub const FORMER_BACKEND_OF: Relation = Relation {
    name: "former-backend-of",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: backends,
    ties: was_backend,
    grades_differ: false,
};

/// From a pod of the API server to one whose record names the Service through which pods reach it (documentation,
/// Accessing the Kubernetes API from a Pod).
pub const ASKS_API_SERVER: Relation = Relation {
    name: "asks-api-server",
    joins: |from, to| from == "Pod" && to == "Pod",
    as_cause: |_, cause| {
        let is_one = cause.subject.is("Pod") && cause.subject.name().starts_with("kube-apiserver-");
        if is_one { vec![Key::Any] } else { Vec::new() }
    },
    causes: |scene, effect| {
        let is_asked = |service: &Subject| service.namespace() == Some("default") && service.name() == "kubernetes";
        if named(scene, effect).into_iter().any(is_asked) { vec![Key::Any] } else { Vec::new() }
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From the Service of cluster DNS, by the names that distributions give it, to whoever looks something up.
pub const SERVES_NAMES: Relation = Relation {
    name: "serves-names",
    joins: |from, to| from == "Endpoints" && to == "Pod",
    as_cause: |_, cause| {
        let is_dns = RESOLVERS.contains(&cause.subject.name()) && cause.subject.is("Endpoints");
        if is_dns { vec![Key::Any] } else { Vec::new() }
    },
    causes: |_, effect| if effect.subject.is("Pod") { vec![Key::Any] } else { Vec::new() },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// kubeadm, k3s and most clouds; CoreDNS' own chart; RKE2; OpenShift.
const RESOLVERS: [&str; 4] = ["kube-dns", "coredns", "rke2-coredns-rke2-coredns", "dns-default"];

/// The Service that a signal about it or its endpoints means.
fn service(signal: &Signal) -> Option<Subject> {
    Some(Subject::namespaced("Service", signal.subject.namespace()?, signal.subject.name()))
}

/// The Services whose addresses or names a signal's record gives, or those of a pod behind them, or from which it has an
/// image.
pub(super) fn named<'a>(scene: &Scene<'a>, signal: &Signal) -> BTreeSet<&'a Subject> {
    let topology = scene.topology;
    let namespace = signal.subject.namespace().unwrap_or_default();
    let asked = signal.values("address").chain(registry(signal));
    let services = asked.filter_map(|host| topology.service_named(host, namespace));
    let of_pods =
        pods_named(scene, signal).flat_map(|pod| topology.services_of_pod(&pod.subject()).collect::<Vec<_>>());
    services.chain(of_pods).collect()
}

/// The pods whose own addresses a signal's record gives, as of whom something in front of them asks past their Service.
fn pods_named<'a>(scene: &Scene<'a>, signal: &Signal) -> impl Iterator<Item = &'a Pod> {
    let topology = scene.topology;
    let at = signal.from.time;
    // What has ended keeps its address in its status, and another has it by then.
    let lives = |pod: &&Pod| {
        let ended = pod.object.as_ref().and_then(|object| object.finished);
        pod.created.is_none_or(|created| created <= at) && ended.is_none_or(|ended| ended >= at)
    };
    let pods: Vec<&Pod> = signal.values("address").flat_map(|host| topology.pods_at(host)).filter(lives).collect();
    pods.into_iter().filter(|pod| pod.subject() != signal.subject)
}

/// Where an image that could not be pulled comes from: what stands before the first slash is a host where it has a dot or
/// a port (distribution, reference/normalize.go, splitDockerDomain).
fn registry(signal: &Signal) -> Option<&str> {
    let (host, _) = signal.label("image").filter(|_| signal.has(Role::ImagePull))?.split_once('/')?;
    Some(host).filter(|host| host.contains(['.', ':']))
}

fn selected<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let Some(service) = service(effect) else { return Vec::new() };
    match effect.label("pods") {
        // A derived signal names the pods it was derived from; others that the Service selects were not there then.
        Some(pods) => {
            let namespace = service.namespace().unwrap_or_default();
            pods.split(' ').map(|pod| Key::made(Subject::pod(namespace, pod))).collect()
        }
        None => scene.topology.pods_of_service(&service).map(|pod| Key::made(pod.subject())).collect(),
    }
}

/// The workload that wants a pod.
fn wanting<'a>(scene: &Scene<'a>, cause: &'a Signal) -> Vec<Key<'a>> {
    if cause.subject.is("Pod") {
        return scene.topology.workload_of(&cause.subject).map(Key::made).into_iter().collect();
    }
    let owner = scene.topology.workload(&cause.subject).and_then(|workload| workload.owner.clone());
    owner.into_iter().map(Key::made).chain([Key::subject(&cause.subject)]).collect()
}

fn selects(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    RelationMatch::when(scene.topology.is_selected(&from.subject, &service(to)?))
}

fn called<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let named = named(scene, effect);
    let configured = scene.topology.calls(&effect.subject);
    named.into_iter().chain(configured).map(Key::subject).collect()
}

fn calls(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let topology = scene.topology;
    let service = service(from)?;
    // Whoever emptied a Service did not fail for that, though its own name may stand in its configuration.
    let emptied = || from.label("pods").is_some_and(|pods| pods.split(' ').any(|pod| pod == to.subject.name()));
    if to.subject.namespace() == service.namespace() && to.from.time <= from.from.time && emptied() {
        return None;
    }
    if named(scene, to).contains(&service) {
        return RelationMatch::named_by(to);
    }
    if !topology.calls(&to.subject).contains(&service) {
        return None;
    }
    let object = topology.pods_named(&to.subject).filter_map(|pod| pod.object.as_ref()).last();
    Some(RelationMatch { grade: None, evidence: object.map(|object| object.citation).into_iter().collect() })
}

/// The Services that a record names, or else those that its pod is configured to call.
pub(super) fn asked<'a>(scene: &Scene<'a>, effect: &Signal) -> Vec<&'a Subject> {
    let named = named(scene, effect);
    let asked = if named.is_empty() { scene.topology.calls(&effect.subject) } else { named };
    asked.into_iter().collect()
}

fn backends<'a>(scene: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let direct: Vec<Key<'_>> = pods_named(scene, effect).map(|pod| Key::made(pod.subject())).collect();
    if !direct.is_empty() {
        return direct;
    }
    let services = asked(scene, effect).into_iter();
    let pods = services.flat_map(|service| scene.topology.pods_of_service(service));
    pods.map(|pod| Key::made(pod.subject())).collect()
}

fn is_backend(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    if pods_named(scene, to).any(|pod| pod.subject() == from.subject) {
        return RelationMatch::named_by(to);
    }
    let selects = |service: &&Subject| scene.topology.is_selected(&from.subject, service);
    let is_one = from.subject != to.subject && asked(scene, to).iter().any(selects);
    let object = scene.topology.pods_named(&to.subject).filter_map(|pod| pod.object.as_ref()).last();
    let evidence = object.map(|object| object.citation).into_iter().collect();
    is_one.then_some(RelationMatch { grade: None, evidence })
}

/// Whether a pod was on its node when something happened.
fn is_there_at(pod: &Pod, signal: &Signal) -> bool {
    let at = signal.from.time;
    pod.arrived().is_some_and(|came| came <= at) && pod.stopping.is_none_or(|gone| gone > at)
}

fn was_backend(scene: &Scene<'_>, from: &Signal, to: &Signal) -> Option<RelationMatch> {
    let is_other = |pod: &&Pod| pod.name != from.subject.name() && pod.node.is_some();
    let selects = |service: &&Subject| scene.topology.is_selected(&from.subject, service);
    let mut others =
        asked(scene, to).into_iter().filter(selects).map(|service| scene.topology.pods_of_service(service));
    others
        .any(|mut pods| pods.any(|pod| is_other(&pod) && is_there_at(pod, to)))
        .then(|| is_backend(scene, from, to))?
}
