//! What a pod or a node may share with others: where it stands, what it was made from, what it reads.
//!
//! Of pods that are gone too, as far as events say where they stood and the templates of their owners what they were.
//! Their own name is none of it.

use crate::evidence::{Pod, Topology, configuration_of, containers, quality_of_service};
use crate::model::Subject;
use std::collections::{BTreeMap, BTreeSet};

/// An attribute and its value.
pub type Attribute = (String, String);

/// Labels that only repeat what another attribute says, or are of one pod or node alone (Kubernetes documentation,
/// Well-Known Labels, Annotations and Taints).
const OF_ONE: &[&str] = &[
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "controller-revision-hash",
    "controller-uid",
    "kubernetes.io/hostname",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// Every namespace has this ConfigMap, and admission makes every pod read it (documentation, Managing Service Accounts).
const OF_ALL: &str = "kube-root-ca.crt";

const ZONES: &[&str] = &["topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"];

/// All that is known of a pod. Of one that waited for a node, that is without the node that took it later.
pub fn of_pod(pod: &Pod, is_waiting: bool, topology: &Topology) -> BTreeSet<Attribute> {
    let mut found = BTreeSet::new();
    let mut add = |attribute: &str, value: String| {
        found.insert((attribute.to_owned(), value));
    };
    add("namespace", pod.namespace.clone());
    if let Some(node) = pod.node.as_ref().filter(|_| !is_waiting) {
        add("node", node.clone());
        of_node_labels(topology, node).into_iter().for_each(|(attribute, value)| add(&attribute, value));
    }
    let workload = topology.workload_of_pod(pod);
    if let Some(owner) = &pod.owner {
        let hash = topology.labels_of(pod).and_then(|labels| labels.get("controller-revision-hash"));
        match (owner.kind(), hash) {
            ("ReplicaSet", _) => add("template", owner.name().to_owned()),
            (_, Some(hash)) => add("template", hash.clone()),
            _ => {}
        }
    }
    workload.into_iter().for_each(|workload| add("owner", workload.to_string()));
    let labels = topology.labels_of(pod).into_iter().flatten();
    for (label, value) in labels.filter(|(label, _)| !OF_ONE.contains(&label.as_str())) {
        add(&format!("label {label}"), value.clone());
    }
    let Some(spec) = topology.spec_of(pod) else { return found };
    for (label, value) in spec.node_selector.iter().filter(|(label, _)| !OF_ONE.contains(&label.as_str())) {
        add(&format!("node label {label}"), value.clone());
    }
    containers(spec).filter(|one| !one.image.is_empty()).for_each(|one| add("image", one.image.clone()));
    for read in configuration_of(spec, &pod.namespace).into_iter().filter(|read| read.name() != OF_ALL) {
        add(if read.is("Secret") { "secret" } else { "config" }, read.to_string());
    }
    let of = |kind: &str, name: &str| Subject::namespaced(kind, &pod.namespace, name).to_string();
    for volume in &spec.volumes {
        volume.config_map.iter().for_each(|one| add("volume", of("ConfigMap", &one.name)));
        volume.secret.iter().for_each(|one| add("volume", of("Secret", &one.secret_name)));
        let claim = volume.persistent_volume_claim.iter();
        claim.for_each(|one| add("volume", of("PersistentVolumeClaim", &one.claim_name)));
    }
    let named = [
        ("priorityClassName", &spec.priority_class_name),
        ("serviceAccountName", &spec.service_account_name),
        ("runtimeClassName", &spec.runtime_class_name),
    ];
    let is_own = |name: &str| !name.is_empty() && name != "default";
    named.into_iter().filter(|(_, name)| is_own(name)).for_each(|(attribute, name)| add(attribute, name.clone()));
    add("resource class", quality_of_service(spec).to_owned());
    found
}

/// Zone, versions and labels of a node.
fn of_node_labels(topology: &Topology, node: &str) -> BTreeMap<String, String> {
    let Some(known) = topology.node_traits(node) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    for (label, value) in known.labels.iter().filter(|(label, _)| !OF_ONE.contains(&label.as_str())) {
        let attribute = if ZONES.contains(&label.as_str()) { "zone".to_owned() } else { format!("node label {label}") };
        found.insert(attribute, value.clone());
    }
    let versions = [("node version", &known.version), ("node runtime", &known.runtime)];
    let versions = versions.into_iter().filter(|(_, version)| !version.is_empty());
    found.extend(versions.map(|(attribute, version)| (attribute.to_owned(), version.clone())));
    found
}
