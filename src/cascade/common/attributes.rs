//! What a pod, a container or a node may share with others: where it stands, what it was made from, what it reads.
//!
//! Of pods that are gone too, as far as events say where they stood and the templates of their owners what they were.
//! Their own name is none of it.

use crate::evidence::{
    Container, NameRef, NodeTraits, Pod, PodObject, Topology, configuration_of, containers, quality_of_service,
};
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

/// What the attributes of one pod need to know of all.
#[derive(Debug, Default)]
pub struct AllPods {
    /// Each key that any pod reads by itself, by its ConfigMap or Secret: whoever reads the whole object reads it too.
    keys: BTreeMap<Subject, BTreeSet<String>>,
    /// Images that pods name alike and that are not the same one.
    moved: BTreeSet<String>,
}

impl AllPods {
    pub fn new(topology: &Topology) -> Self {
        let mut all = Self::default();
        // Of one without a repository, and of another architecture, runtimes tell digests that say nothing beside others.
        let mut digests: BTreeMap<(&str, bool, Option<&str>), &str> = BTreeMap::new();
        for pod in topology.pods() {
            for (_, image, digest) in pod.object.iter().flat_map(PodObject::images) {
                let like = (image, digest.contains('@'), topology.architecture_of(pod));
                if *digests.entry(like).or_insert(digest) != digest {
                    all.moved.insert(image.to_owned());
                }
            }
            let Some(spec) = topology.spec_of(pod) else { continue };
            for (object, key) in containers(spec).flat_map(|one| keys_of(one, &pod.namespace)) {
                all.keys.entry(object).or_default().insert(key);
            }
        }
        all
    }
}

/// The keys that a container takes variables of its environment from.
fn keys_of<'a>(container: &'a Container, namespace: &'a str) -> impl Iterator<Item = (Subject, String)> + 'a {
    let of =
        |kind: &'static str| move |one: &NameRef| (Subject::namespaced(kind, namespace, &one.name), one.key.clone());
    let config = container.env.iter().filter_map(|env| env.value_from.config_map_key_ref.as_ref());
    let secret = container.env.iter().filter_map(|env| env.value_from.secret_key_ref.as_ref());
    config.map(of("ConfigMap")).chain(secret.map(of("Secret"))).filter(|(_, key)| !key.is_empty())
}

/// What is known of where a pod stands.
pub fn of_place(pod: &Pod, topology: &Topology) -> BTreeSet<Attribute> {
    let Some(node) = &pod.node else { return BTreeSet::new() };
    let traits = topology.node_traits(node).into_iter().flat_map(of_node);
    traits.chain([("node".to_owned(), node.clone())]).collect()
}

/// All that is known of a pod itself, wherever it stands.
pub fn of_pod(pod: &Pod, topology: &Topology, all: &AllPods) -> BTreeSet<Attribute> {
    let mut found = BTreeSet::new();
    let mut add = |attribute: &str, value: String| {
        found.insert((attribute.to_owned(), value));
    };
    add("namespace", pod.namespace.clone());
    of_namespace(&pod.namespace, topology).for_each(|(attribute, value)| add(&attribute, value));
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
    // Where all who name an image run the same, its digest says no more than its name.
    let images = pod.object.iter().flat_map(PodObject::images).filter(|(_, image, _)| all.moved.contains(*image));
    images.for_each(|(_, _, digest)| add(IMAGE_ID, digest.to_owned()));
    let Some(spec) = topology.spec_of(pod) else { return found };
    for (label, value) in spec.node_selector.iter().filter(|(label, _)| !OF_ONE.contains(&label.as_str())) {
        add(&format!("node label {label}"), value.clone());
    }
    containers(spec).filter(|one| !one.image.is_empty()).for_each(|one| add("image", one.image.clone()));
    let named = [
        ("priorityClassName", &spec.priority_class_name),
        ("serviceAccountName", &spec.service_account_name),
        ("runtimeClassName", &spec.runtime_class_name),
    ];
    let is_own = |name: &str| !name.is_empty() && name != "default";
    named.into_iter().filter(|(_, name)| is_own(name)).for_each(|(attribute, name)| add(attribute, name.clone()));
    add("resource class", quality_of_service(spec).to_owned());
    found.extend(of_reading(pod, topology, all));
    found.extend(topology.calls(&pod.subject()).into_iter().map(|service| (CALLS.to_owned(), service.to_string())));
    found
}

/// Whether its values are classes, of which others may be as well, and not what belongs to one workload.
pub fn is_class(attribute: &str) -> bool {
    matches!(attribute, CLASS | "priorityClassName" | "runtimeClassName") || attribute.starts_with(MEDIUM)
}

/// What keeps the files of an emptyDir, before the name of the volume.
const MEDIUM: &str = "emptyDir medium of the volume ";

/// Labels of a namespace.
pub fn of_namespace<'a>(namespace: &str, topology: &'a Topology) -> impl Iterator<Item = Attribute> + use<'a> {
    topology.namespace_labels(namespace).map(|(label, value)| (format!("namespace label {label}"), value.to_owned()))
}

/// Of attributes of objects that cannot be told apart, which is told first: whom or what class a field names, then what else
/// says how it is treated, then where it is.
pub fn rank_of_object(attribute: &str) -> usize {
    let ranks = ["spec.", "annotation ", "owner", "label ", "namespace label ", "namespace"];
    let is_name =
        attribute.starts_with("spec.") && ["name", "class"].iter().any(|end| attribute.to_lowercase().ends_with(end));
    if is_name { 0 } else { 1 + ranks.iter().position(|start| attribute.starts_with(start)).unwrap_or(ranks.len()) }
}

/// What it reads and mounts.
fn of_reading(pod: &Pod, topology: &Topology, all: &AllPods) -> BTreeSet<Attribute> {
    let Some(spec) = topology.spec_of(pod) else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    let mut add = |attribute: &str, value: String| {
        found.insert((attribute.to_owned(), value));
    };
    let mut whole: BTreeSet<Subject> = BTreeSet::new();
    let of = |kind: &str, name: &str| Subject::namespaced(kind, &pod.namespace, name);
    for volume in &spec.volumes {
        whole.extend(volume.config_map.iter().map(|one| of("ConfigMap", &one.name)));
        whole.extend(volume.secret.iter().map(|one| of("Secret", &one.secret_name)));
        if let Some(medium) = volume.empty_dir.as_ref().map(|one| &one.medium).filter(|medium| !medium.is_empty()) {
            add(&format!("{MEDIUM}{}", volume.name), medium.clone());
        }
        let claim = volume.persistent_volume_claim.iter();
        for claim in claim.map(|one| of("PersistentVolumeClaim", &one.claim_name)) {
            add("volume", claim.to_string());
            let traits = topology.object_traits(&claim).into_iter().flat_map(|traits| &traits.attributes);
            let class = traits.filter(|(attribute, _)| attribute == "spec.storageClassName");
            class.for_each(|(_, class)| add(CLASS, class.clone()));
        }
    }
    whole.iter().for_each(|one| add("volume", one.to_string()));
    for env in containers(spec).flat_map(|one| &one.env_from) {
        whole.extend(env.config_map_ref.iter().map(|one| of("ConfigMap", &one.name)));
        whole.extend(env.secret_ref.iter().map(|one| of("Secret", &one.name)));
    }
    for read in configuration_of(spec, &pod.namespace).into_iter().filter(|read| read.name() != OF_ALL) {
        add("config", read.to_string());
    }
    for (object, key) in containers(spec).flat_map(|one| keys_of(one, &pod.namespace)) {
        add(KEY, format!("{object} {key}"));
    }
    for (object, own) in whole.iter().filter_map(|one| Some((one, all.keys.get(one)?))) {
        own.iter().for_each(|key| add(KEY, format!("{object} {key}")));
    }
    found
}

/// The digest of an image whose name means several.
pub const IMAGE_ID: &str = "imageID";

/// The class of a claim that a pod mounts.
pub const CLASS: &str = "storageClassName of a claim";

/// One key of a ConfigMap or Secret; its value is the object and the key, with a space between.
pub const KEY: &str = "config key";

/// A Service that it calls, as its configuration names it.
pub const CALLS: &str = "calls";

/// Versions of a node, by the names that its status gives them (Kubernetes API reference, NodeSystemInfo).
pub const VERSIONS: [&str; 4] = ["kubeletVersion", "containerRuntimeVersion", "kernelVersion", "osImage"];

/// Zone, versions and labels of a node.
pub fn of_node(known: &NodeTraits) -> BTreeSet<Attribute> {
    let labels = known.labels.iter().filter(|(label, _)| !OF_ONE.contains(&label.as_str()));
    let labels = labels.map(|(label, value)| {
        let attribute = if ZONES.contains(&label.as_str()) { "zone".to_owned() } else { format!("node label {label}") };
        (attribute, value.clone())
    });
    let versions = VERSIONS.into_iter().zip([&known.version, &known.runtime, &known.kernel, &known.image]);
    let versions = versions.filter(|(_, version)| !version.is_empty());
    let made = known.created.iter().map(|at| ("node made on".to_owned(), at.format("%Y-%m-%d").to_string()));
    labels.chain(versions.map(|(attribute, version)| (attribute.to_owned(), version.clone()))).chain(made).collect()
}

/// What is known of a container, whose pod may have others.
pub fn of_container(container: &Container) -> BTreeSet<Attribute> {
    let mut found = BTreeSet::from([("container".to_owned(), container.name.clone())]);
    let mut add = |attribute: String, value: String| {
        found.insert((attribute, value));
    };
    if !container.image.is_empty() {
        add("image".to_owned(), container.image.clone());
    }
    for resource in ["cpu", "memory"] {
        let of = |kind: &str, given: &BTreeMap<String, serde_json::Value>| {
            let value = given.get(resource).map(|value| value.as_str().map_or(value.to_string(), str::to_owned));
            (format!("{resource} {kind}"), value.unwrap_or_else(|| "none".to_owned()))
        };
        let limit = of("limit", &container.resources.limits);
        let request = of("request", &container.resources.requests);
        [limit, request].into_iter().for_each(|(attribute, value)| add(attribute, value));
    }
    found
}

/// Whether it can be known of a pod only by what it was made from: not to know that is not to be without it.
pub fn is_of_template(attribute: &str) -> bool {
    !matches!(attribute, "node" | "zone" | "owner" | "template" | "namespace" | "age")
        && !attribute.starts_with("node ")
        && !attribute.starts_with("namespace label ")
        && !VERSIONS.contains(&attribute)
}
