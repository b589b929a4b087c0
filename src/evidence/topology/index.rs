//! What a topology is asked for, found once: by name, node, owner, workload and Service.

use super::super::findings::Service;
use super::super::known_pods::Pod;
use super::Topology;
use super::calls;
use crate::model::Subject;
use std::collections::{BTreeMap, BTreeSet};

/// Places in the list of pods, each list in order; a pod is looked up by any of these.
#[derive(Debug, Default)]
pub(super) struct Index {
    pub by_uid: BTreeMap<String, usize>,
    pub by_subject: BTreeMap<Subject, Vec<usize>>,
    pub by_workload: BTreeMap<Subject, Vec<usize>>,
    /// By the direct controller.
    pub by_owner: BTreeMap<Subject, Vec<usize>>,
    /// By node, then by workload.
    pub by_node: BTreeMap<String, BTreeMap<Subject, Vec<usize>>>,
    /// Pods without a controller, by namespace.
    pub bare: BTreeMap<String, Vec<usize>>,
    pub by_service: BTreeMap<Subject, Vec<usize>>,
    /// The other way: the Services that select a pod.
    pub services_of_pod: BTreeMap<usize, Vec<Subject>>,
    pub workloads_of_service: BTreeMap<Subject, BTreeSet<Subject>>,
    /// By an address of their own; of several that had it, one after the other.
    pub by_address: BTreeMap<Box<str>, Vec<usize>>,
    /// Pod to the Services it is configured to call.
    pub calls: BTreeMap<usize, BTreeSet<Subject>>,
    pub has_pod_objects: bool,
}

impl Index {
    pub fn new(topology: &Topology) -> Self {
        let mut index = Self::default();
        let mut by_template: BTreeMap<Subject, BTreeSet<Subject>> = BTreeMap::new();
        for (at, pod) in topology.pods.iter().enumerate() {
            if !pod.uid.is_empty() {
                index.by_uid.insert(pod.uid.clone(), at);
            }
            index.by_subject.entry(pod.subject()).or_default().push(at);
            if let Some(workload) = topology.workload_of_pod(pod) {
                if let Some(node) = &pod.node {
                    index.by_node.entry(node.clone()).or_default().entry(workload.clone()).or_default().push(at);
                }
                index.by_workload.entry(workload).or_default().push(at);
            }
            match &pod.owner {
                Some(owner) => index.by_owner.entry(owner.clone()).or_default().push(at),
                None => index.bare.entry(pod.namespace.clone()).or_default().push(at),
            }
            index.has_pod_objects |= pod.object.is_some();
            if let Some(address) = pod.object.as_ref().and_then(|object| object.address.clone()) {
                index.by_address.entry(address).or_default().push(at);
            }
            let Some(spec) = topology.spec_of(pod) else { continue };
            let key = pod.owner.clone().unwrap_or_else(|| pod.subject());
            let calls = by_template
                .entry(key)
                .or_insert_with(|| calls::called_by(&topology.service_names, spec, &pod.namespace));
            if !calls.is_empty() {
                index.calls.insert(at, calls.clone());
            }
        }
        index.select(topology);
        index
    }

    /// The pods of every Service. Of the labels that it selects by, the rarest is looked up and the others compared.
    fn select(&mut self, topology: &Topology) {
        let labelled = Labelled::new(topology);
        for (subject, service) in &topology.services {
            let namespace = subject.namespace().unwrap_or_default();
            let candidates = labelled.rarest(namespace, service).iter().copied();
            let selected = |at: &usize| topology.pods.get(*at).is_some_and(|pod| selects(service, topology, pod));
            let selected: Vec<usize> = candidates.filter(selected).collect();
            if selected.is_empty() {
                continue;
            }
            let pods = selected.iter().filter_map(|at| topology.pods.get(*at));
            let workloads = pods.filter_map(|pod| topology.workload_of_pod(pod)).collect();
            self.workloads_of_service.insert(subject.clone(), workloads);
            for at in &selected {
                self.services_of_pod.entry(*at).or_default().push(subject.clone());
            }
            self.by_service.insert(subject.clone(), selected);
        }
    }
}

fn selects(service: &Service, topology: &Topology, pod: &Pod) -> bool {
    let Some(labels) = topology.labels_of(pod) else { return false };
    service.selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Pods by namespace and each of their labels.
struct Labelled<'a>(BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>);

impl<'a> Labelled<'a> {
    fn new(topology: &'a Topology) -> Self {
        let mut by_label: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
        for (at, pod) in topology.pods.iter().enumerate() {
            for (key, value) in topology.labels_of(pod).into_iter().flatten() {
                by_label.entry((&pod.namespace, key, value)).or_default().push(at);
            }
        }
        Self(by_label)
    }

    /// The pods with the label of the selector that fewest have; none for a Service that selects nothing.
    fn rarest(&self, namespace: &'a str, service: &'a Service) -> &[usize] {
        let labels = service.selector.iter().map(|(key, value)| (namespace, key.as_str(), value.as_str()));
        let pods = labels.map(|label| self.0.get(&label).map_or(&[][..], Vec::as_slice));
        pods.min_by_key(|pods| pods.len()).unwrap_or_default()
    }
}
