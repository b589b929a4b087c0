//! Relations from what configures others to those who meet it elsewhere: a Service's selector, a limit, the login for a
//! registry, the configuration of who answers for a Service, a namespace's standard, a role.

use super::succession::made;
use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::evidence::{Pod, configuration_of};
use crate::model::Subject;
use crate::signals::{Signal, as_uid};
use std::collections::BTreeSet;

/// From a Service to its own endpoints.
pub const ENDPOINTS_OF: Relation = Relation {
    name: "endpoints-of",
    joins: |from, to| from == "Service" && to == "Endpoints",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |_, effect| {
        let namespace = effect.subject.namespace().filter(|_| effect.subject.is("Endpoints"));
        let service = namespace.map(|namespace| Subject::namespaced("Service", namespace, effect.subject.name()));
        service.map(Key::made).into_iter().collect()
    },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From a pod or a ReplicaSet to its Deployment, whose record names in the label `replicaset` the set that got no further;
/// where it names none, from any of its pods and sets.
pub const STALLS: Relation = Relation {
    name: "stalls",
    joins: |from, to| matches!(from, "Pod" | "ReplicaSet") && to == "Deployment",
    as_cause: |scene, cause| {
        if cause.subject.is("Pod") {
            return scene.topology.workload_of(&cause.subject).map(Key::made).into_iter().collect();
        }
        let owner = scene.topology.workload(&cause.subject).and_then(|set| set.owner.clone());
        owner.map(Key::made).into_iter().collect()
    },
    causes: |_, effect| vec![Key::subject(&effect.subject)],
    ties: |scene, from, to| {
        let Some(set) = to.label("replicaset") else { return RelationMatch::plain() };
        let mut pods = scene.topology.pods_named(&from.subject).filter_map(|pod| pod.owner.as_ref());
        RelationMatch::when(from.subject.name() == set || pods.any(|owner| owner.name() == set))
    },
    grades_differ: false,
};

/// From a namespace, whose labels say which pods may be made in it, to what could not be made there.
pub const STANDARD_OF: Relation = Relation {
    name: "standard-of",
    joins: |from, to| from == "Namespace" && to != "Pod",
    as_cause: |_, cause| {
        let own = Some(cause.subject.name()).filter(|_| cause.subject.is("Namespace"));
        own.map(Key::name).into_iter().collect()
    },
    causes: |_, effect| effect.subject.namespace().map(Key::name).into_iter().collect(),
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From a rollout, by its label `replicaset`, to the kernel's report that names the UID of a pod of that set as the one
/// whose process it killed; of a StatefulSet or DaemonSet, which have no such sets, where that pod was made since.
pub const ROLLED_OUT_VICTIM: Relation = Relation {
    name: "rolled-out-victim",
    joins: |from, to| matches!(from, "DaemonSet" | "Deployment" | "StatefulSet") && to == "Node",
    as_cause: |_, cause| {
        if matches!(cause.subject.kind(), "DaemonSet" | "StatefulSet") {
            return vec![Key::subject(&cause.subject)];
        }
        let named = cause.label("replicaset").zip(cause.subject.namespace());
        let set = named.map(|(name, namespace)| Subject::namespaced("ReplicaSet", namespace, name));
        set.map(Key::made).into_iter().collect()
    },
    causes: |scene, effect| {
        let uids = effect.values("victim_uid").map(as_uid);
        let owners = uids.filter_map(|uid| scene.topology.pod_by_uid(&uid)?.owner.clone());
        owners.map(Key::made).collect()
    },
    ties: |scene, from, to| {
        let made_since = |uid: String| {
            let made = scene.topology.pod_by_uid(&uid).and_then(|pod| pod.created.or(pod.arrived()));
            made.is_some_and(|made| made >= from.from.time)
        };
        let is_new = from.subject.is("Deployment") || to.values("victim_uid").map(as_uid).any(made_since);
        if is_new { RelationMatch::named_by(to) } else { None }
    },
    grades_differ: false,
};

/// From a pod to the kernel's report that names its UID as the one whose process it killed.
pub const KILLED_AS: Relation = Relation {
    name: "killed-as",
    joins: |from, to| from == "Pod" && to == "Node",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let uids = effect.values("victim_uid").map(as_uid);
        let pods = uids.filter_map(|uid| scene.topology.pod_by_uid(&uid));
        pods.map(|pod| Key::made(Subject::namespaced("Pod", &pod.namespace, &pod.name))).collect()
    },
    ties: |_, _, to| RelationMatch::named_by(to),
    grades_differ: false,
};

/// From a Secret to a pod whose images are pulled with it.
pub const PULLS_WITH: Relation = Relation {
    name: "pulls-with",
    joins: |from, to| from == "Secret" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        scene.topology.pull_secrets_of(&effect.subject).map(|(secret, _)| Key::made(secret)).collect()
    },
    ties: |scene, from, to| {
        let mut secrets = scene.topology.pull_secrets_of(&to.subject);
        let (_, citation) = secrets.find(|(secret, _)| *secret == from.subject)?;
        Some(RelationMatch { grade: None, evidence: citation.into_iter().collect() })
    },
    grades_differ: false,
};

/// From the ConfigMap in which kubeadm and those after it keep what kubelets are told to each node (documentation,
/// Configuring each kubelet in your cluster using kubeadm).
pub const CONFIGURES_KUBELETS: Relation = Relation {
    name: "configures-kubelets",
    joins: |from, to| from == "ConfigMap" && to == "Node",
    as_cause: |_, cause| {
        let (namespace, name) = (cause.subject.namespace(), cause.subject.name());
        let version = name.strip_prefix("kubelet-config").filter(|_| namespace == Some("kube-system"));
        let is_one = version.is_some_and(|rest| rest.is_empty() || rest.starts_with("-1."));
        if is_one && cause.subject.is("ConfigMap") { vec![Key::Any] } else { Vec::new() }
    },
    causes: |_, effect| if effect.subject.is("Node") { vec![Key::Any] } else { Vec::new() },
    ties: |_, _, _| RelationMatch::plain(),
    grades_differ: false,
};

/// From the ConfigMap that says which of the cloud's roles are which users of the cluster, without which a node's kubelet is
/// nobody, to a node (Amazon EKS User Guide, aws-auth ConfigMap; aws-iam-authenticator v0.6, pkg/mapper/configmap).
pub const MAPS_ROLES: Relation = Relation {
    name: "maps-roles",
    as_cause: |_, cause| {
        let subject = &cause.subject;
        let is_one =
            subject.is("ConfigMap") && subject.namespace() == Some("kube-system") && subject.name() == "aws-auth";
        if is_one { vec![Key::Any] } else { Vec::new() }
    },
    ..CONFIGURES_KUBELETS
};

/// From a ConfigMap or Secret to a pod whose record names, in the label `address`, a Service behind which stand pods that
/// read it.
pub const CONFIGURES_SERVER: Relation = Relation {
    name: "configures-server",
    joins: |from, to| matches!(from, "ConfigMap" | "Secret") && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| servers(scene, effect).flat_map(|(_, read)| read).map(Key::made).collect(),
    ties: |scene, from, to| {
        let (pod, _) = servers(scene, to).find(|(_, read)| read.contains(&from.subject))?;
        let evidence = pod.object.as_ref().map(|object| object.citation).into_iter().collect();
        Some(RelationMatch { grade: None, evidence })
    },
    grades_differ: false,
};

/// From a node, by the names of its labels in the label `labels`, to a pod that asks for one of them in its nodeSelector
/// and found no node that has it (documentation, Assigning Pods to Nodes).
pub const CHOSEN_BY: Relation = Relation {
    name: "chosen-by",
    joins: |from, to| from == "Node" && to == "Pod",
    as_cause: |_, cause| {
        let labels = cause.label("labels").filter(|_| cause.subject.is("Node"));
        labels.into_iter().flat_map(|labels| labels.split(", ")).map(Key::name).collect()
    },
    causes: |scene, effect| {
        // `node(s) didn't match Pod's node affinity/selector`, before 1.20 `node selector`.
        let obstacles = effect.values("obstacle");
        let is_for_labels = obstacles.into_iter().any(|said| said.contains("selector") && said.contains("node"));
        let pods = scene.topology.pods_named(&effect.subject).filter(|_| is_for_labels);
        let specs = pods.filter_map(|pod| scene.topology.spec_of(pod));
        specs.flat_map(|spec| spec.node_selector.keys()).map(|label| Key::name(label)).collect()
    },
    ties: |scene, _, to| {
        let objects = scene.topology.pods_named(&to.subject).filter_map(|pod| pod.object.as_ref());
        Some(RelationMatch { grade: None, evidence: objects.map(|object| object.citation).take(1).collect() })
    },
    grades_differ: false,
};

/// From a role or a binding of it to what names a ServiceAccount that has it in the label `user` as who may not do
/// something.
pub const GRANTED_TO: Relation = Relation {
    name: "granted-to",
    joins: |from, _| matches!(from, "ClusterRole" | "ClusterRoleBinding" | "Role" | "RoleBinding"),
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let grants = effect.label("user").into_iter().flat_map(|user| scene.topology.grants_to(user));
        grants.flat_map(|(binding, grant)| [Some(binding), grant.role.as_ref()]).flatten().map(Key::subject).collect()
    },
    ties: |scene, from, to| {
        let is_one =
            |binding: &Subject, role: Option<&Subject>| *binding == from.subject || role == Some(&from.subject);
        let mut grants = scene.topology.grants_to(to.label("user")?);
        let (_, grant) = grants.find(|(binding, grant)| is_one(binding, grant.role.as_ref()))?;
        Some(RelationMatch { grade: None, evidence: vec![grant.citation] })
    },
    grades_differ: false,
};

/// From a ServiceAccount to a pod that runs as it, and came or started anew since (documentation, Service Accounts).
pub const RUNS_AS: Relation = Relation {
    name: "runs-as",
    joins: |from, to| from == "ServiceAccount" && to == "Pod",
    as_cause: |_, cause| vec![Key::subject(&cause.subject)],
    causes: |scene, effect| {
        let namespace = effect.subject.namespace().unwrap_or_default();
        let specs = scene.topology.pods_named(&effect.subject).filter_map(|pod| scene.topology.spec_of(pod));
        let accounts = specs.map(|spec| spec.service_account_name.as_str()).filter(|name| !name.is_empty());
        accounts.map(|name| Key::made(Subject::namespaced("ServiceAccount", namespace, name))).collect()
    },
    ties: |scene, from, to| {
        let began = |pod: &Pod| made(pod).into_iter().chain(pod.started.times()).max();
        let mut pods = scene.topology.pods_named(&to.subject);
        let pod = pods.find(|pod| began(pod).is_some_and(|at| at >= from.from.time))?;
        let evidence = pod.object.as_ref().map(|object| object.citation).into_iter().collect();
        Some(RelationMatch { grade: None, evidence })
    },
    grades_differ: false,
};

/// From a namespace, whose labels say what admission puts into pods that are made in it, to a pod that was made since
/// (documentation, Dynamic Admission Control, namespaceSelector).
pub const PUTS_INTO: Relation = Relation {
    name: "puts-into",
    joins: |from, to| from == "Namespace" && to == "Pod",
    as_cause: |_, cause| {
        let own = Some(cause.subject.name()).filter(|_| cause.subject.is("Namespace"));
        own.map(Key::name).into_iter().collect()
    },
    causes: |_, effect| effect.subject.namespace().map(Key::name).into_iter().collect(),
    ties: |scene, from, to| {
        let mut pods = scene.topology.pods_named(&to.subject).filter_map(made);
        RelationMatch::when(pods.any(|made| made >= from.from.time))
    },
    grades_differ: false,
};

/// The pods behind the Service that a record names, with the ConfigMaps and Secrets that each reads.
fn servers<'a>(scene: &Scene<'a>, effect: &Signal) -> impl Iterator<Item = (&'a Pod, BTreeSet<Subject>)> {
    let topology = scene.topology;
    let namespace = effect.subject.namespace().unwrap_or_default();
    let service = effect.label("address").and_then(|address| topology.service_named(address, namespace));
    let pods = service.into_iter().flat_map(|service| topology.pods_of_service(service));
    pods.filter_map(|pod| Some((pod, configuration_of(topology.spec_of(pod)?, &pod.namespace))))
}
