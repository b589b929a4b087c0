//! References to what is not there: a template, pod or claim names an object that the whole list of its kind lacks.
//!
//! A list proves it only where it came whole and was asked for after the object that names it was made. What is
//! `optional` is none (Kubernetes API reference, core/v1: EnvFromSource, EnvVarSource, ConfigMapVolumeSource,
//! SecretVolumeSource, the projections). Nor is what pulls images, as long as the pod is well: a registry may give them to anybody.

use super::absence::WholeLists;
use super::findings::{Claim, Findings, Place};
use super::known_pods::Pod;
use super::pod_object::containers;
use super::topology::Topology;
use super::{Fact, Facts, Record};
use crate::model::{Citation, Clock, Moment, Subject};
use crate::objects::{Meta, NameRef, PodSpec};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds that pods and claims name: the plural, the kind, and whether it has namespaces.
const REFERABLE: [(&str, &str, bool); 7] = [
    ("configmaps", "ConfigMap", true),
    ("persistentvolumeclaims", "PersistentVolumeClaim", true),
    ("priorityclasses.scheduling.k8s.io", "PriorityClass", false),
    ("runtimeclasses.node.k8s.io", "RuntimeClass", false),
    ("secrets", "Secret", true),
    ("serviceaccounts", "ServiceAccount", true),
    ("storageclasses.storage.k8s.io", "StorageClass", false),
];

/// Whether pods or claims name objects of a kind.
pub fn is_referable(plural: &str) -> bool {
    REFERABLE.iter().any(|(known, ..)| *known == plural)
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    metadata: Meta,
}

/// Notes that an object is there. Whoever reads its status says where it cannot be read.
pub fn read_name(kind: &str, _: Place, line: &[u8], found: &mut Findings) {
    if let Ok(Named { metadata }) = serde_json::from_slice(line) {
        found.referable.insert(Subject::of_object(kind, &metadata.namespace, &metadata.name));
    }
}

/// What a pod of a specification names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Reference<'a> {
    kind: &'static str,
    name: &'a str,
    /// In words, where it is named.
    place: &'static str,
    /// Without it the pod may be as well as with it.
    can_do_without: bool,
}

/// Everything that a specification names and cannot do without.
fn named_by(spec: &PodSpec) -> BTreeSet<Reference<'_>> {
    let mut found = BTreeSet::new();
    let mut add = |kind: &'static str, name, place, can_do_without| {
        found.insert(Reference { kind, name, place, can_do_without });
    };
    let needed = |one: &&NameRef| !one.optional;
    for volume in &spec.volumes {
        let sources = volume.projected.iter().flat_map(|projected| &projected.sources);
        let maps = volume.config_map.iter().chain(sources.clone().filter_map(|source| source.config_map.as_ref()));
        maps.filter(needed).for_each(|one| add("ConfigMap", one.name.as_str(), "a volume", false));
        let secrets = sources.filter_map(|source| source.secret.as_ref());
        secrets.filter(needed).for_each(|one| add("Secret", one.name.as_str(), "a volume", false));
        let secrets = volume.secret.iter().filter(|one| !one.optional);
        secrets.for_each(|one| add("Secret", one.secret_name.as_str(), "a volume", false));
        let claims = volume.persistent_volume_claim.iter();
        claims.for_each(|one| add("PersistentVolumeClaim", one.claim_name.as_str(), "a volume", false));
    }
    for container in containers(spec) {
        let from = container.env.iter().map(|env| &env.value_from);
        let maps = from.clone().filter_map(|from| from.config_map_key_ref.as_ref());
        let maps = maps.chain(container.env_from.iter().filter_map(|from| from.config_map_ref.as_ref()));
        maps.filter(needed).for_each(|one| add("ConfigMap", one.name.as_str(), "the environment", false));
        let secrets = from.filter_map(|from| from.secret_key_ref.as_ref());
        let secrets = secrets.chain(container.env_from.iter().filter_map(|from| from.secret_ref.as_ref()));
        secrets.filter(needed).for_each(|one| add("Secret", one.name.as_str(), "the environment", false));
    }
    spec.image_pull_secrets.iter().for_each(|one| add("Secret", one.name.as_str(), "imagePullSecrets", true));
    add("ServiceAccount", spec.service_account_name.as_str(), "serviceAccountName", false);
    add("PriorityClass", spec.priority_class_name.as_str(), "priorityClassName", false);
    add("RuntimeClass", spec.runtime_class_name.as_str(), "runtimeClassName", false);
    found.retain(|one| !one.name.is_empty());
    found
}

/// What is there, and the claims, which name their class.
pub struct References {
    there: BTreeSet<Subject>,
    claims: BTreeMap<Subject, Claim>,
}

/// Who names something that is not there.
struct By {
    place: &'static str,
    since: Option<DateTime<Utc>>,
    citation: Citation,
}

type Missing = BTreeMap<Subject, BTreeMap<Subject, By>>;

impl References {
    pub fn take(found: &mut Findings) -> Self {
        Self { there: std::mem::take(&mut found.referable), claims: std::mem::take(&mut found.claims) }
    }

    /// Adds a fact about everything that is named and not there, one for each that names it.
    pub fn tell(&self, topology: &Topology, lists: &WholeLists, facts: &mut Facts) {
        let mut missing = Missing::new();
        self.of_templates(topology, lists, &mut missing);
        self.of_pods(topology, lists, &mut missing);
        self.of_claims(lists, &mut missing);
        for (subject, by) in &missing {
            let Some(seen) = lists.fetched(plural_of(subject.kind())) else { continue };
            for (by, By { place, since, citation }) in by {
                let message = format!("{by} names it in {place}");
                let text = format!("{by} names {subject} in {place}, and the list of its kind does not have it");
                let citation = facts.cite(Citation { part: 0, ..*citation }, &text);
                let seen = Moment::exact(seen).by(Clock::Collector);
                let at = since.map_or(seen, |since| seen.begun_after(since));
                let record = Record::State { state: "reference-missing", message: &message };
                facts.push(Fact { at, last: seen, count: 1, subject, node: None, record, citation });
            }
        }
    }

    /// The templates from which pods are still made. Those of ReplicaSets that a Deployment has left behind name what
    /// was there in their time.
    fn of_templates(&self, topology: &Topology, lists: &WholeLists, missing: &mut Missing) {
        for (subject, workload) in topology.workloads() {
            let (Some(citation), true) = (workload.citation, is_made_from(topology, subject)) else { continue };
            let all = named_by(&workload.template);
            let needed = all.iter().filter(|one| !one.can_do_without);
            self.add(needed, (subject, subject), (workload.created, citation), (lists, missing));
        }
    }

    /// Pods whose template is not there or is another, and those that are not well.
    fn of_pods(&self, topology: &Topology, lists: &WholeLists, missing: &mut Missing) {
        for pod in topology.pods() {
            let Some(object) = pod.object.as_ref().filter(|object| object.finished.is_none()) else { continue };
            let is_unwell = object.is_well == Some(false);
            let by = by(topology, pod);
            if !is_unwell && is_made_from(topology, &by) {
                continue;
            }
            let all = named_by(&object.spec);
            let needed = all.iter().filter(|one| is_unwell || !one.can_do_without);
            self.add(needed, (&by, &pod.subject()), (pod.created, object.citation), (lists, missing));
        }
    }

    /// Claims that wait for a volume of a class that is not there. One that is bound needs its class no more.
    fn of_claims(&self, lists: &WholeLists, missing: &mut Missing) {
        for (subject, claim) in self.claims.iter().filter(|(_, claim)| claim.is_pending && !claim.class.is_empty()) {
            let class = Reference {
                kind: "StorageClass",
                name: &claim.class,
                place: "storageClassName",
                can_do_without: false,
            };
            self.add([&class].into_iter(), (subject, subject), (claim.created, claim.citation), (lists, missing));
        }
    }

    /// Notes those of the references of `of`, which are told of `by`, that are proven to lead nowhere.
    fn add<'r>(
        &self,
        references: impl Iterator<Item = &'r Reference<'r>>,
        (by, of): (&Subject, &Subject),
        (since, citation): (Option<DateTime<Utc>>, Citation),
        (lists, missing): (&WholeLists, &mut Missing),
    ) {
        for reference in references {
            let Some((plural, kind, namespaced)) = REFERABLE.iter().find(|(_, kind, _)| *kind == reference.kind) else {
                continue;
            };
            let namespace = if *namespaced { of.namespace().unwrap_or_default() } else { "" };
            let subject = Subject::of_object(kind, namespace, reference.name);
            let was_asked_later = |fetched: DateTime<Utc>| since.is_some_and(|since| since < fetched);
            if self.there.contains(&subject) || !lists.fetched(plural).is_some_and(was_asked_later) {
                continue;
            }
            let place = reference.place;
            missing.entry(subject).or_default().entry(by.clone()).or_insert(By { place, since, citation });
        }
    }
}

fn plural_of(kind: &str) -> &'static str {
    REFERABLE.iter().find(|(_, known, _)| *known == kind).map_or("", |(plural, ..)| plural)
}

/// Whom a pod's references are told of: its workload, or the pod itself.
fn by(topology: &Topology, pod: &Pod) -> Subject {
    topology.workload_of_pod(pod).unwrap_or_else(|| pod.subject())
}

/// Whether new pods are made from the template of a workload.
fn is_made_from(topology: &Topology, subject: &Subject) -> bool {
    let lasts = ["DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"].contains(&subject.kind());
    let is_on = |workload: &super::Workload| workload.owner.is_none() && workload.replicas != Some(0);
    lasts && topology.workload(subject).is_some_and(is_on)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{config, pods, storage, workloads};

    const AT: &str = "2026-11-20T10:00:00Z";

    /// Pods are in the form of the Kubernetes API reference, v1.34, core/v1 PodSpec.
    const POD: &str = r#""containers":[{"name":"app","envFrom":[{"secretRef":{"name":"db"}},{"configMapRef":{"name":"extra","optional":true}}],
        "env":[{"name":"A","valueFrom":{"configMapKeyRef":{"name":"settings","key":"a"}}}]}],"serviceAccountName":"web","priorityClassName":"high",
        "imagePullSecrets":[{"name":"registry"}],"runtimeClassName":null,
        "volumes":[{"name":"c","configMap":{"name":"settings"}},{"name":"s","secret":{"secretName":"tls","optional":true}},
        {"name":"p","projected":{"sources":[{"secret":{"name":"token"}},{"configMap":{"name":"ca","optional":true}}]}},
        {"name":"d","persistentVolumeClaim":{"claimName":"data"}}]"#;

    fn place() -> Place {
        Place::of_line(1, AT.parse().expect("a time"))
    }

    fn lists(plurals: &[&str]) -> WholeLists {
        WholeLists::at(plurals, AT.parse().expect("a time"))
    }

    /// What is missing, by whom, of what was read.
    fn missing(mut found: Findings, whole: &[&str]) -> Vec<String> {
        let references = References::take(&mut found);
        let mut facts = std::mem::take(&mut found.facts);
        references.tell(&Topology::new(found), &lists(whole), &mut facts);
        let told = facts.iter().filter_map(|fact| match fact.record {
            Record::State { message, .. } => Some(format!("{}: {message}", fact.subject)),
            _ => None,
        });
        told.collect()
    }

    fn deployment(created: &str, replicas: u8) -> String {
        let metadata = format!(r#""metadata":{{"name":"web","namespace":"shop","creationTimestamp":"{created}"}}"#);
        format!(r#"{{{metadata},"spec":{{"replicas":{replicas},"template":{{"spec":{{{POD}}}}}}}}}"#)
    }

    const ALL: [&str; 4] = ["configmaps", "secrets", "persistentvolumeclaims", "serviceaccounts"];

    #[test]
    fn what_a_template_names_and_no_list_has_is_missing() {
        let read = |created, replicas| {
            let mut found = Findings::default();
            config::read("Secret", place(), br#"{"metadata":{"name":"token","namespace":"shop"}}"#, &mut found);
            config::read("Secret", place(), br#"{"metadata":{"name":"db","namespace":"bank"}}"#, &mut found);
            read_name("ServiceAccount", place(), br#"{"metadata":{"name":"web","namespace":"shop"}}"#, &mut found);
            workloads::read("Deployment", place(), deployment(created, replicas).as_bytes(), &mut found);
            found
        };
        let expected = [
            "ConfigMap/shop/settings: Deployment/shop/web names it in a volume",
            "PersistentVolumeClaim/shop/data: Deployment/shop/web names it in a volume",
            "Secret/shop/db: Deployment/shop/web names it in the environment",
        ];
        assert_eq!(missing(read("2026-11-20T09:00:00Z", 1), &ALL), expected);
        assert_eq!(
            missing(read("2026-11-20T09:00:00Z", 1), &["configmaps"]),
            expected[..1],
            "only whole lists prove it"
        );
        assert!(missing(read("2026-11-20T09:00:00Z", 0), &ALL).is_empty(), "no pods are made from it");
        assert!(missing(read("2026-11-20T10:00:00Z", 1), &ALL).is_empty(), "it came after the lists were asked for");
    }

    #[test]
    fn a_pod_that_is_well_does_without_what_pulls_its_image() {
        let of = |ready: &str| {
            let metadata =
                r#""metadata":{"name":"a","namespace":"shop","uid":"u","creationTimestamp":"2026-11-20T09:00:00Z"}"#;
            let status = format!(r#""status":{{"conditions":[{{"type":"Ready","status":"{ready}"}}]}}"#);
            let spec = r#""spec":{"imagePullSecrets":[{"name":"registry"}],"volumes":[{"persistentVolumeClaim":{"claimName":"data"}}]}"#;
            let mut found = Findings::default();
            pods::read(place(), format!("{{{metadata},{spec},{status}}}").as_bytes(), &mut found);
            missing(found, &ALL).join("; ")
        };
        let claim = "PersistentVolumeClaim/shop/data: Pod/shop/a names it in a volume";
        assert_eq!(of("True"), claim);
        assert_eq!(of("False"), format!("{claim}; Secret/shop/registry: Pod/shop/a names it in imagePullSecrets"));
    }

    #[test]
    fn only_a_claim_that_waits_needs_its_class() {
        let of = |volume: &str, phase: &str| {
            let metadata = r#""metadata":{"name":"data","namespace":"db","creationTimestamp":"2026-11-20T09:00:00Z"}"#;
            let spec = format!(r#""spec":{{"storageClassName":"fast"{volume}}}"#);
            let line = format!(r#"{{{metadata},{spec},"status":{{"phase":"{phase}"}}}}"#);
            let mut found = Findings::default();
            storage::read_claim(place(), line.as_bytes(), &mut found);
            missing(found, &["storageclasses.storage.k8s.io"])
        };
        let expected = "StorageClass/fast: PersistentVolumeClaim/db/data names it in storageClassName";
        assert_eq!(of("", "Pending"), [expected]);
        assert!(
            of(r#","volumeName":"pv-1""#, "Bound").is_empty() && of(r#","volumeName":"pv-1""#, "Pending").is_empty()
        );
    }
}
