//! Who belongs to whom: pods, their nodes and owners, Services and who stands behind and in front of them.
//!
//! Holds for pods that are gone as well, as far as events, journals and the templates of their owners still tell.
//! An edge from a pod to a Service that it calls is read from the pod's own configuration: the environment variable
//! `NAME_SERVICE_HOST`, a DNS name, or the Service's address.

use super::findings::{ContainerId, Findings, Pod, Service, Workload, containers};
use super::object::{Container, PodSpec};
use crate::model::{Citation, Subject};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The relations between the cluster's entities over the whole window.
#[derive(Debug, Default)]
pub struct Topology {
    pods: Vec<Pod>,
    by_uid: BTreeMap<String, usize>,
    by_subject: BTreeMap<Subject, Vec<usize>>,
    by_workload: BTreeMap<Subject, Vec<usize>>,
    by_service: BTreeMap<Subject, Vec<usize>>,
    /// Pod to the Services it is configured to call.
    calls: BTreeMap<usize, BTreeSet<Subject>>,
    workloads: BTreeMap<Subject, Workload>,
    owners: BTreeMap<Subject, Subject>,
    nodes: BTreeMap<String, bool>,
    services: BTreeMap<Subject, Service>,
    addresses: BTreeMap<String, Subject>,
    containers: BTreeMap<String, ContainerId>,
}

impl Topology {
    pub(super) fn new(found: Findings) -> Self {
        let services: BTreeMap<Subject, Service> = found
            .services
            .into_iter()
            .map(|((namespace, name), service)| (Subject::namespaced("Service", namespace, name), service))
            .collect();
        let addresses = services
            .iter()
            .flat_map(|(subject, service)| service.addresses.iter().map(|address| (address.clone(), subject.clone())))
            .collect();
        let mut topology = Self {
            pods: found.pods.into_vec(),
            workloads: found.workloads,
            owners: found.owners,
            nodes: found.nodes,
            services,
            addresses,
            containers: found.containers,
            ..Self::default()
        };
        topology.adopt_orphans();
        topology.pods.sort_by_key(|pod| (pod.arrived(), pod.subject()));
        topology.index();
        topology
    }

    /// Finds the owner of pods that are known only from events, by the way controllers name their pods.
    fn adopt_orphans(&mut self) {
        for pod in self.pods.iter_mut().filter(|pod| pod.owner.is_none()) {
            pod.owner = self.owners.get(&pod.subject()).cloned();
            let Some((stem, _)) = pod.name.rsplit_once('-').filter(|_| pod.owner.is_none()) else { continue };
            let kinds = ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"];
            let mut owners = kinds.map(|kind| Subject::namespaced(kind, &pod.namespace, stem)).into_iter();
            pod.owner = owners.find(|owner| self.workloads.contains_key(owner) || self.owners.contains_key(owner));
        }
    }

    fn index(&mut self) {
        let names = CallNames::new(&self.services);
        let mut by_template: BTreeMap<Subject, BTreeSet<Subject>> = BTreeMap::new();
        for (index, pod) in self.pods.iter().enumerate() {
            if !pod.uid.is_empty() {
                self.by_uid.insert(pod.uid.clone(), index);
            }
            self.by_subject.entry(pod.subject()).or_default().push(index);
            if let Some(workload) = self.workload_of_pod(pod) {
                self.by_workload.entry(workload).or_default().push(index);
            }
            for (subject, service) in &self.services {
                if subject.namespace() == Some(&pod.namespace) && selects(service, self.labels_of(pod)) {
                    self.by_service.entry(subject.clone()).or_default().push(index);
                }
            }
            let Some(spec) = self.spec_of(pod) else { continue };
            let key = pod.owner.clone().unwrap_or_else(|| pod.subject());
            let calls = by_template.entry(key).or_insert_with(|| names.called_by(spec, &pod.namespace));
            if !calls.is_empty() {
                self.calls.insert(index, calls.clone());
            }
        }
    }

    pub fn pods(&self) -> &[Pod] {
        &self.pods
    }

    pub fn pod_by_uid(&self, uid: &str) -> Option<&Pod> {
        self.by_uid.get(uid).and_then(|index| self.pods.get(*index))
    }

    /// The pods that bore this name, in order of arrival.
    pub fn pods_named(&self, subject: &Subject) -> impl Iterator<Item = &Pod> {
        self.at(self.by_subject.get(subject))
    }

    /// The pod that bore this name at `time`: the last that had come by then, else the first.
    pub fn pod_at(&self, subject: &Subject, time: DateTime<Utc>) -> Option<&Pod> {
        let come = |pod: &&Pod| pod.created.or(pod.arrived()).is_none_or(|at| at <= time);
        self.pods_named(subject).filter(come).last().or_else(|| self.pods_named(subject).next())
    }

    /// Whether a node was ready when the archive was made.
    pub fn is_node_ready(&self, node: &str) -> Option<bool> {
        self.nodes.get(node).copied()
    }

    /// Whether objects of pods came at all: only then is a pod without one gone.
    pub fn has_pod_objects(&self) -> bool {
        self.pods.iter().any(|pod| pod.object.is_some())
    }

    /// The node of the last pod of this name.
    pub fn node_of(&self, subject: &Subject) -> Option<&str> {
        self.pods_named(subject).filter_map(|pod| pod.node.as_deref()).last()
    }

    /// When the last pod of this name was gone, if it is, and the record that tells it: it finished, or the archive has no
    /// object of it.
    pub fn gone_at(&self, subject: &Subject) -> Option<(DateTime<Utc>, Option<&Citation>)> {
        let last = self.pods_named(subject).last()?;
        match &last.object {
            Some(object) => Some((object.finished?, Some(&object.citation))),
            None => Some((last.last_seen?, last.last_record.as_ref())),
        }
    }

    /// The pod a container ID belongs to, and the container's name where it is known.
    pub fn pod_of_container(&self, id: &str) -> Option<(&Pod, Option<&str>)> {
        let known = self.containers.get(id)?;
        Some((self.pod_by_uid(&known.pod_uid)?, known.container.as_deref()))
    }

    /// The topmost controller of the pods of this name: the Deployment rather than its ReplicaSet.
    pub fn workload_of(&self, subject: &Subject) -> Option<Subject> {
        self.pods_named(subject).find_map(|pod| self.workload_of_pod(pod))
    }

    pub fn workload_of_pod(&self, pod: &Pod) -> Option<Subject> {
        let owner = pod.owner.clone()?;
        let above = self.workloads.get(&owner).and_then(|workload| workload.owner.clone());
        let above = above.or_else(|| self.owners.get(&owner).cloned());
        Some(above.unwrap_or(owner))
    }

    /// All pods of a workload, gone ones too, in order of arrival.
    pub fn pods_of_workload(&self, workload: &Subject) -> impl Iterator<Item = &Pod> {
        self.at(self.by_workload.get(workload))
    }

    pub fn workload(&self, subject: &Subject) -> Option<&Workload> {
        self.workloads.get(subject)
    }

    pub fn workloads(&self) -> impl Iterator<Item = (&Subject, &Workload)> {
        self.workloads.iter()
    }

    /// Every ConfigMap and Secret that a pod or a template reads.
    pub fn configuration(&self) -> BTreeSet<Subject> {
        let templates = self.workloads.iter().map(|(subject, workload)| (subject.namespace(), &workload.template));
        let pods = self.pods.iter().filter_map(|pod| Some((Some(pod.namespace.as_str()), &pod.object.as_ref()?.spec)));
        templates
            .chain(pods)
            .flat_map(|(namespace, spec)| configuration_of(spec, namespace.unwrap_or_default()))
            .collect()
    }

    pub fn services(&self) -> impl Iterator<Item = (&Subject, &Service)> {
        self.services.iter()
    }

    /// Pods a Service selects.
    pub fn pods_of_service(&self, service: &Subject) -> impl Iterator<Item = &Pod> {
        self.at(self.by_service.get(service))
    }

    /// The Services that select a pod of this name.
    pub fn services_selecting(&self, pod: &Subject) -> Vec<&Subject> {
        let behind = |service: &Subject| self.pods_of_service(service).any(|one| one.subject() == *pod);
        self.services.keys().filter(|service| service.namespace() == pod.namespace() && behind(service)).collect()
    }

    /// The Services a pod of this name is configured to call.
    pub fn calls(&self, pod: &Subject) -> BTreeSet<&Subject> {
        let indexes = self.by_subject.get(pod).into_iter().flatten();
        indexes.filter_map(|index| self.calls.get(index)).flatten().collect()
    }

    /// What a subject depends on, and itself: the workload of a pod, what configures it, the Services it is made to
    /// call and the workloads behind those, its node.
    pub fn used_by(&self, subject: &Subject) -> BTreeSet<Subject> {
        let mut found = BTreeSet::from([subject.clone()]);
        let workload =
            if self.workloads.contains_key(subject) { Some(subject.clone()) } else { self.workload_of(subject) };
        let pods: Vec<&Pod> = match &workload {
            Some(workload) => self.pods_of_workload(workload).collect(),
            None => self.pods_named(subject).collect(),
        };
        for pod in pods.iter().filter(|pod| workload.as_ref() == Some(subject) || pod.subject() == *subject) {
            found.extend(pod.owner.clone());
            found.extend(pod.node.as_ref().map(Subject::node));
            found.extend(self.spec_of(pod).into_iter().flat_map(|spec| configuration_of(spec, &pod.namespace)));
            for service in self.calls(&pod.subject()) {
                found.insert(service.clone());
                found.extend(self.pods_of_service(service).filter_map(|behind| self.workload_of_pod(behind)));
            }
        }
        if let Some(template) = workload.as_ref().and_then(|one| self.workloads.get(one)).map(|one| &one.template) {
            found.extend(configuration_of(template, subject.namespace().unwrap_or_default()));
        }
        found.extend(workload);
        found
    }

    /// The Service with this cluster address.
    pub fn service_at(&self, address: &str) -> Option<&Subject> {
        self.addresses.get(address)
    }

    /// What the pod was made from, where its object or its owner's template is there.
    pub fn spec_of<'a>(&'a self, pod: &'a Pod) -> Option<&'a PodSpec> {
        let own = pod.object.as_ref().map(|object| &object.spec);
        own.or_else(|| self.workloads.get(pod.owner.as_ref()?).map(|workload| &workload.template))
    }

    fn labels_of<'a>(&'a self, pod: &'a Pod) -> Option<&'a BTreeMap<String, String>> {
        let own = pod.object.as_ref().map(|object| &object.labels);
        own.or_else(|| self.workloads.get(pod.owner.as_ref()?).map(|workload| &workload.labels))
    }

    fn at<'a>(&'a self, indexes: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Pod> {
        indexes.into_iter().flatten().filter_map(|index| self.pods.get(*index))
    }
}

fn selects(service: &Service, labels: Option<&BTreeMap<String, String>>) -> bool {
    let Some(labels) = labels else { return false };
    !service.selector.is_empty() && service.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// ConfigMaps and Secrets a pod of this specification reads.
pub fn configuration_of(spec: &PodSpec, namespace: &str) -> BTreeSet<Subject> {
    let mut found = BTreeSet::new();
    let mut add = |kind: &str, name: &str| {
        if !name.is_empty() {
            found.insert(Subject::namespaced(kind, namespace, name));
        }
    };
    for volume in &spec.volumes {
        volume.config_map.iter().for_each(|one| add("ConfigMap", &one.name));
        volume.secret.iter().for_each(|one| add("Secret", &one.secret_name));
        for source in volume.projected.iter().flat_map(|projected| &projected.sources) {
            source.config_map.iter().for_each(|one| add("ConfigMap", &one.name));
            source.secret.iter().for_each(|one| add("Secret", &one.name));
        }
    }
    for container in containers(spec) {
        for env in &container.env {
            env.value_from.config_map_key_ref.iter().for_each(|one| add("ConfigMap", &one.name));
            env.value_from.secret_key_ref.iter().for_each(|one| add("Secret", &one.name));
        }
        for env in &container.env_from {
            env.config_map_ref.iter().for_each(|one| add("ConfigMap", &one.name));
            env.secret_ref.iter().for_each(|one| add("Secret", &one.name));
        }
    }
    found
}

/// The words by which configuration can name a Service.
struct CallNames {
    /// `CATALOG_SERVICE_HOST`, valid in the Service's own namespace.
    variables: BTreeMap<(String, String), Subject>,
    /// `catalog`, valid in its own namespace as a host name, and `catalog.shop` anywhere.
    services: BTreeMap<(String, String), Subject>,
    addresses: BTreeMap<String, Subject>,
}

impl CallNames {
    fn new(services: &BTreeMap<Subject, Service>) -> Self {
        let mut names = Self { variables: BTreeMap::new(), services: BTreeMap::new(), addresses: BTreeMap::new() };
        for (subject, service) in services {
            let namespace = subject.namespace().unwrap_or_default().to_owned();
            let variable = format!("{}_SERVICE_HOST", subject.name().to_uppercase().replace('-', "_"));
            names.variables.insert((namespace.clone(), variable), subject.clone());
            names.services.insert((namespace, subject.name().to_owned()), subject.clone());
            for address in &service.addresses {
                names.addresses.insert(address.clone(), subject.clone());
            }
        }
        names
    }

    fn called_by(&self, spec: &PodSpec, namespace: &str) -> BTreeSet<Subject> {
        let mut called = BTreeSet::new();
        for container in containers(spec) {
            for text in texts(container) {
                self.in_text(&text, namespace, &mut called);
            }
        }
        called
    }

    fn in_text(&self, text: &str, namespace: &str, called: &mut BTreeSet<Subject>) {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let mut rest = text;
        while let Some(start) = rest.find(is_word) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c| !is_word(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            // A bare word is a host name only where a URL or a port says so.
            let is_host = before.ends_with("//") || before.ends_with('@') || starts_with_port(after);
            called.extend(self.resolve(word, namespace, is_host));
            rest = after;
        }
    }

    fn resolve(&self, word: &str, namespace: &str, is_host: bool) -> Option<Subject> {
        if let Some(service) = self.variables.get(&(namespace.to_owned(), word.to_owned())) {
            return Some(service.clone());
        }
        if let Some(service) = self.addresses.get(word) {
            return Some(service.clone());
        }
        match word.split_once('.') {
            Some((name, rest)) => {
                let home = rest.split('.').next().unwrap_or_default();
                let home = if home == "svc" { namespace } else { home };
                self.services.get(&(home.to_owned(), name.to_owned())).cloned()
            }
            None if is_host => self.services.get(&(namespace.to_owned(), word.to_owned())).cloned(),
            None => None,
        }
    }
}

fn starts_with_port(after: &str) -> bool {
    after.strip_prefix(':').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn texts(container: &Container) -> Vec<String> {
    let mut texts: Vec<String> = container.command.iter().chain(&container.args).cloned().collect();
    texts.extend(container.env.iter().map(|env| env.value.clone()));
    for probe in [&container.liveness_probe, &container.readiness_probe].into_iter().flatten() {
        collect_strings(probe, &mut texts);
    }
    texts
}

fn collect_strings(value: &serde_json::Value, texts: &mut Vec<String>) {
    match value {
        serde_json::Value::String(text) => texts.push(text.clone()),
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect_strings(item, texts)),
        serde_json::Value::Object(fields) => fields.values().for_each(|field| collect_strings(field, texts)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> CallNames {
        let service = Service { addresses: vec!["10.96.0.182".into()], ..Service::default() };
        CallNames::new(&BTreeMap::from([(Subject::namespaced("Service", "shop", "cache-main"), service)]))
    }

    fn called(text: &str, namespace: &str) -> usize {
        let mut called = BTreeSet::new();
        names().in_text(text, namespace, &mut called);
        called.len()
    }

    #[test]
    fn configuration_names_services_in_several_ways() {
        assert_eq!(called("nc -w 1 $CACHE_MAIN_SERVICE_HOST 6379", "shop"), 1);
        assert_eq!(called("redis://cache-main:6379/0", "shop"), 1);
        assert_eq!(called("http://cache-main.shop.svc.cluster.local/x", "other"), 1);
        assert_eq!(called("10.96.0.182", "other"), 1);
    }

    #[test]
    fn a_bare_word_is_no_host() {
        assert_eq!(called("echo cache-main is great", "shop"), 0);
        assert_eq!(called("redis://cache-main:6379/0", "other"), 0);
        assert_eq!(called("$CACHE_MAIN_SERVICE_HOST", "other"), 0);
    }
}
