//! Who belongs to whom: pods, their nodes and owners, Services and who stands behind and in front of them.
//!
//! Holds for pods that are gone as well, as far as events, journals and the templates of their owners still tell.
//! An edge from a pod to a Service that it calls is read from the pod's own configuration: the environment variable
//! `NAME_SERVICE_HOST`, a DNS name, or the Service's address.

mod calls;
mod configuration;
mod given;
mod index;
mod policy;
mod routes;
mod service_names;
mod services;
mod traits;

pub use configuration::configuration_of;
pub use given::{Given, GivenError};

use super::findings::{ContainerId, Findings, KubeletConfig, Policy, Service, Webhook, Workload};
use super::history::Deleted;
use super::known_pods::Pod;
use super::kubelet_pods::KubeletPods;
use super::node_names::NodeNames;
use super::node_traits::NodeTraits;
use super::object_traits::ObjectTraits;
use super::published::Published;
use super::readiness::Turn;
use super::releases::Carriers;
use super::settings::Settings;
use crate::model::{Citation, Subject};
use crate::objects::PodSpec;
use chrono::{DateTime, Utc};
use index::Index;
use service_names::ServiceNames;
use std::collections::{BTreeMap, BTreeSet};

/// NetworkPolicies by their namespace.
type Policies = BTreeMap<String, Vec<(Subject, Policy)>>;

/// The relations between the cluster's entities over the whole window.
#[derive(Debug, Default)]
pub struct Topology {
    pods: Vec<Pod>,
    index: Index,
    workloads: BTreeMap<Subject, Workload>,
    owners: BTreeMap<Subject, Subject>,
    nodes: BTreeMap<String, bool>,
    node_names: NodeNames,
    node_traits: BTreeMap<String, NodeTraits>,
    services: BTreeMap<Subject, Service>,
    service_names: ServiceNames,
    refers: BTreeMap<Subject, BTreeSet<Subject>>,
    object_traits: BTreeMap<Subject, ObjectTraits>,
    published: Vec<Published>,
    served: BTreeMap<Subject, Subject>,
    webhooks: BTreeMap<String, Webhook>,
    settings: Settings,
    kubelets: BTreeMap<String, KubeletConfig>,
    /// By namespace, each with the labels of the pods that it is about.
    policies: Policies,
    containers: BTreeMap<String, ContainerId>,
    carriers: Carriers,
    /// When kubelets said that pods turned ready and not ready, in order of time.
    turns: BTreeMap<Subject, Vec<Turn>>,
    /// Objects of other kinds than pods that were seen to go.
    deleted: Deleted,
    by_kubelets: KubeletPods,
}

impl Topology {
    pub(super) fn new(found: Findings) -> Self {
        let services: BTreeMap<Subject, Service> = found
            .services
            .into_iter()
            .map(|((namespace, name), service)| (Subject::namespaced("Service", namespace, name), service))
            .collect();
        let mut topology = Self {
            pods: found.pods.into_vec(),
            workloads: found.workloads,
            owners: found.owners,
            nodes: found.nodes,
            node_names: found.node_names,
            node_traits: found.node_traits,
            service_names: ServiceNames::new(&services),
            services,
            refers: found.refers,
            object_traits: traits::of_few(found.object_traits),
            published: found.published,
            served: found.served,
            webhooks: found.webhooks,
            settings: found.settings,
            kubelets: found.kubelets,
            policies: by_namespace(found.policies),
            containers: found.containers,
            carriers: found.carriers,
            by_kubelets: found.by_kubelets,
            ..Self::default()
        };
        topology.published.sort_by(|a, b| (&a.host, &a.by, a.citation).cmp(&(&b.host, &b.by, b.citation)));
        topology.adopt_orphans();
        topology.place_strays();
        topology.pods.sort_by(|a, b| (a.arrived(), &a.namespace, &a.name).cmp(&(b.arrived(), &b.namespace, &b.name)));
        topology.index = Index::new(&topology);
        topology
    }

    /// Finds the node of pods that no other record places, by the only kubelet that was given one of that name.
    fn place_strays(&mut self) {
        for pod in self.pods.iter_mut().filter(|pod| pod.node.is_none()) {
            pod.node = self.by_kubelets.node_of(&pod.subject()).map(str::to_owned);
        }
    }

    /// The objects that an object refers to: its owners, and what its specification names.
    pub fn referred_to_by(&self, object: &Subject) -> impl Iterator<Item = &Subject> {
        self.refers.get(object).into_iter().flatten()
    }

    /// All objects to which others refer.
    pub fn referred_to(&self) -> impl Iterator<Item = &Subject> {
        self.refers.values().flatten()
    }

    /// When pods of this name became ready and when they were ready no longer, as their kubelets told, in order of time.
    pub fn turns(&self, pod: &Subject) -> &[Turn] {
        self.turns.get(pod).map(Vec::as_slice).unwrap_or_default()
    }

    /// Finds the owner of pods that are known only from events, by the way controllers name their pods.
    fn adopt_orphans(&mut self) {
        let of_others: BTreeSet<Subject> = self.pods.iter().filter_map(|pod| pod.owner.clone()).collect();
        for pod in self.pods.iter_mut().filter(|pod| pod.owner.is_none()) {
            pod.owner = self.owners.get(&pod.subject()).cloned();
            let Some((stem, _)) = pod.name.rsplit_once('-').filter(|_| pod.owner.is_none()) else { continue };
            let kinds = ["ReplicaSet", "StatefulSet", "DaemonSet", "Job"];
            let mut owners = kinds.map(|kind| Subject::namespaced(kind, &pod.namespace, stem)).into_iter();
            let is_known = |owner: &Subject| self.workloads.contains_key(owner) || self.owners.contains_key(owner);
            pod.owner = owners.find(|owner| is_known(owner) || of_others.contains(owner));
        }
    }

    /// What brings an object to the cluster: the Release, Application or Kustomization that it belongs to, and what
    /// brings that in turn.
    pub fn carriers_of(&self, object: &Subject) -> BTreeSet<&Subject> {
        let direct = || self.carriers.get(object).into_iter().flatten();
        direct().chain(direct().filter_map(|one| self.carriers.get(one)).flatten()).collect()
    }

    /// The same with what kubelets said of the readiness of pods.
    pub(super) fn with_turns(self, turns: BTreeMap<Subject, Vec<Turn>>) -> Self {
        Self { turns, ..self }
    }

    /// The same with the objects that were seen to go.
    pub(super) fn with_deleted(self, deleted: Deleted) -> Self {
        Self { deleted, ..self }
    }

    /// When a pod turned ready and not ready, in order of time: what its kubelet said while it was there, and what its
    /// condition Ready tells of the last turn.
    pub fn turns_of<'a>(&'a self, pod: &'a Pod) -> impl Iterator<Item = Turn> + 'a {
        let told = self.turns.get(&pod.subject()).map(Vec::as_slice).unwrap_or_default();
        // A StatefulSet's pods share a name, and the lines have no UID.
        let since = pod.created.or(pod.arrived());
        let name = pod.subject();
        let others = self.pods_named(&name).filter(|other| other.uid != pod.uid);
        let came = others.filter_map(|other| other.created.or(other.arrived()));
        let next = came.filter(|at| since.is_some_and(|own| *at > own)).min();
        let begin = told.partition_point(|turn| since.is_some_and(|since| turn.at < since));
        let end = told.partition_point(|turn| next.is_none_or(|next| turn.at < next)).max(begin);
        let told = told.get(begin..end).unwrap_or_default();
        let condition = pod.ready.zip(pod.ready_record).map(|((ready, at), citation)| Turn { at, ready, citation });
        let place = condition.as_ref().map_or(told.len(), |last| told.partition_point(|turn| turn.at <= last.at));
        let (before, after) = told.split_at(place);
        before.iter().cloned().chain(condition).chain(after.iter().cloned())
    }

    pub fn pods(&self) -> &[Pod] {
        &self.pods
    }

    pub fn pod_by_uid(&self, uid: &str) -> Option<&Pod> {
        self.index.by_uid.get(uid).and_then(|index| self.pods.get(*index))
    }

    /// The pods that bore this name, in order of arrival.
    pub fn pods_named(&self, subject: &Subject) -> impl Iterator<Item = &Pod> {
        self.at(self.index.by_subject.get(subject))
    }

    /// The pod that bore this name at `time`: the last that had come by then, else the first.
    pub fn pod_at(&self, subject: &Subject, time: DateTime<Utc>) -> Option<&Pod> {
        let come = |pod: &&Pod| pod.created.or(pod.arrived()).is_none_or(|at| at <= time);
        self.pods_named(subject).filter(come).last().or_else(|| self.pods_named(subject).next())
    }

    /// The node that is called so: by its host name, an address, with or without a port, or what its cloud calls it.
    pub fn node_named(&self, called: &str) -> Option<&str> {
        self.node_names.of(called)
    }

    /// The nodes that were there when the archive was made.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str)
    }

    /// The architecture of the node that a pod is on.
    pub fn architecture_of(&self, pod: &Pod) -> Option<&str> {
        self.node_traits(pod.node.as_deref()?)?.labels.get("kubernetes.io/arch").map(String::as_str)
    }

    /// Whether a node was ready when the archive was made.
    pub fn is_node_ready(&self, node: &str) -> Option<bool> {
        self.nodes.get(node).copied()
    }

    /// Whether objects of pods came at all: only then is a pod without one gone.
    pub fn has_pod_objects(&self) -> bool {
        self.index.has_pod_objects
    }

    /// The node of the last pod of this name.
    pub fn node_of(&self, subject: &Subject) -> Option<&str> {
        self.pods_named(subject).filter_map(|pod| pod.node.as_deref()).last()
    }

    /// When the last pod of this name was gone, if it is, and the record that tells it: it finished, or the archive has no
    /// object of it. Of any other object, when it was deleted, which a recorder alone sees.
    pub fn gone_at(&self, subject: &Subject) -> Option<(DateTime<Utc>, Option<&Citation>)> {
        if !subject.is("Pod") {
            let (at, record) = self.deleted.get(subject)?;
            return Some((*at, Some(record)));
        }
        let last = self.pods_named(subject).last()?;
        match &last.object {
            Some(object) => {
                let gone = object.finished?;
                let told_then = last.last_record.as_ref().filter(|_| last.last_seen == Some(gone));
                Some((gone, told_then.or(Some(&object.citation))))
            }
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

    /// What made a controller, as far up as is known, or it itself.
    pub fn top_of<'a>(&'a self, controller: &'a Subject) -> &'a Subject {
        let above = self.workloads.get(controller).and_then(|workload| workload.owner.as_ref());
        above.or_else(|| self.owners.get(controller)).unwrap_or(controller)
    }

    /// All Jobs whose objects came, or that made a pod.
    pub fn jobs(&self) -> impl Iterator<Item = &Subject> {
        let objects = self.workloads.keys().filter(|one| one.is("Job"));
        let made = self.index.by_owner.keys().filter(|one| one.is("Job"));
        objects.chain(made)
    }

    /// All pods of a workload, gone ones too, in order of arrival.
    pub fn pods_of_workload(&self, workload: &Subject) -> impl Iterator<Item = &Pod> {
        self.at(self.index.by_workload.get(workload))
    }

    pub fn workload(&self, subject: &Subject) -> Option<&Workload> {
        self.workloads.get(subject)
    }

    /// All workloads whose objects came.
    pub fn workloads(&self) -> impl Iterator<Item = (&Subject, &Workload)> {
        self.workloads.iter()
    }

    /// The pods of a direct controller, in order of arrival.
    pub fn pods_of_owner(&self, owner: &Subject) -> impl Iterator<Item = &Pod> {
        self.at(self.index.by_owner.get(owner))
    }

    /// The pods of a namespace that no controller made, in order of arrival.
    pub fn pods_of_no_controller(&self, namespace: &str) -> impl Iterator<Item = &Pod> {
        self.at(self.index.bare.get(namespace))
    }

    /// The workloads that had pods on a node.
    pub fn workloads_on(&self, node: &str) -> impl Iterator<Item = &Subject> {
        self.index.by_node.get(node).into_iter().flat_map(BTreeMap::keys)
    }

    /// The pods of a workload that had come to a node before `time`, the last first.
    pub fn came_before(&self, workload: &Subject, node: &str, time: DateTime<Utc>) -> impl Iterator<Item = &Pod> {
        let pods = self.index.by_node.get(node).and_then(|workloads| workloads.get(workload));
        let pods = pods.map_or(&[][..], Vec::as_slice);
        let arrived = |index: &usize| self.pods.get(*index).and_then(Pod::arrived);
        let come = pods.partition_point(|index| arrived(index).is_none_or(|at| at < time));
        let come = pods.iter().take(come).rev().filter_map(|index| self.pods.get(*index));
        come.take_while(|pod| pod.arrived().is_some())
    }

    /// All workloads that have or had pods, each with them in order of arrival.
    pub fn pods_by_workload(&self) -> impl Iterator<Item = (&Subject, impl Iterator<Item = &Pod>)> {
        self.index.by_workload.iter().map(|(workload, pods)| (workload, self.at(Some(pods))))
    }

    /// Every ConfigMap and Secret that a pod or a template reads, or pulls its images with.
    pub fn configuration(&self) -> BTreeSet<Subject> {
        let templates = self.workloads.iter().map(|(subject, workload)| (subject.namespace(), &workload.template));
        let pods = self.pods.iter().filter_map(|pod| Some((Some(pod.namespace.as_str()), &pod.object.as_ref()?.spec)));
        templates
            .chain(pods)
            .flat_map(|(namespace, spec)| {
                let namespace = namespace.unwrap_or_default();
                let pulled_with = spec.image_pull_secrets.iter();
                let pulled_with = pulled_with.map(move |secret| Subject::namespaced("Secret", namespace, &secret.name));
                configuration_of(spec, namespace).into_iter().chain(pulled_with)
            })
            .collect()
    }

    /// The claims whose volumes a pod of this name has.
    pub fn claims_of(&self, pod: &Subject) -> impl Iterator<Item = Subject> {
        let specs = self.pods_named(pod).filter_map(|pod| Some((pod, self.spec_of(pod)?)));
        let claims = specs.flat_map(|(pod, spec)| spec.volumes.iter().map(move |volume| (pod, volume)));
        claims.filter_map(|(pod, volume)| {
            let name = &volume.persistent_volume_claim.as_ref()?.claim_name;
            Some(Subject::namespaced("PersistentVolumeClaim", &pod.namespace, name))
        })
    }

    /// The webhook called so.
    pub fn webhook(&self, name: &str) -> Option<&Webhook> {
        self.webhooks.get(name)
    }

    /// The configuration that the kubelet of a node runs with.
    pub fn kubelet(&self, node: &str) -> Option<&KubeletConfig> {
        self.kubelets.get(node)
    }

    /// The NetworkPolicies that are about a pod, as far as they select pods by labels.
    pub fn policies_about<'a>(&'a self, pod: &'a Pod) -> impl Iterator<Item = &'a (Subject, Policy)> {
        let labels = self.labels_of(pod);
        let selects = move |policy: &Policy| {
            policy.selector.iter().all(|(key, value)| labels.is_some_and(|labels| labels.get(key) == Some(value)))
        };
        let of_namespace = self.policies.get(&pod.namespace).into_iter().flatten();
        of_namespace.filter(move |(_, policy)| selects(policy))
    }

    /// What the pod was made from, where its object or its owner's template is there.
    pub fn spec_of<'a>(&'a self, pod: &'a Pod) -> Option<&'a PodSpec> {
        let own = pod.object.as_ref().map(|object| &object.spec);
        own.or_else(|| self.workloads.get(pod.owner.as_ref()?).map(|workload| &workload.template))
    }

    /// Its labels, where its object or its owner's template is there.
    pub fn labels_of<'a>(&'a self, pod: &'a Pod) -> Option<&'a BTreeMap<String, String>> {
        let own = pod.object.as_ref().map(|object| &object.labels);
        own.or_else(|| self.workloads.get(pod.owner.as_ref()?).map(|workload| &workload.labels))
    }

    fn at<'a>(&'a self, indexes: Option<&'a Vec<usize>>) -> impl Iterator<Item = &'a Pod> {
        indexes.into_iter().flatten().filter_map(|index| self.pods.get(*index))
    }
}

fn by_namespace(policies: BTreeMap<Subject, Option<Policy>>) -> Policies {
    let mut found = Policies::new();
    for (subject, policy) in policies {
        let namespace = subject.namespace().unwrap_or_default().to_owned();
        found.entry(namespace).or_default().extend(policy.map(|policy| (subject, policy)));
    }
    found
}
