//! Services: which pods stand behind one and which call it, and what a subject depends on.

use super::service_names::without_port;
use super::{Topology, configuration_of};
use crate::evidence::findings::Service;
use crate::evidence::known_pods::Pod;
use crate::model::Subject;
use std::collections::BTreeSet;

impl Topology {
    pub fn services(&self) -> impl Iterator<Item = (&Subject, &Service)> {
        self.services.iter()
    }

    /// Pods a Service selects.
    pub fn pods_of_service(&self, service: &Subject) -> impl Iterator<Item = &Pod> {
        self.at(self.index.by_service.get(service))
    }

    /// Whether a Service selects a pod of this name.
    pub fn is_selected(&self, pod: &Subject, service: &Subject) -> bool {
        let Some(selected) = self.index.by_service.get(service) else { return false };
        self.index.by_subject.get(pod).into_iter().flatten().any(|index| selected.binary_search(index).is_ok())
    }

    /// The workloads of the pods that a Service selects.
    pub fn workloads_of_service(&self, service: &Subject) -> impl Iterator<Item = &Subject> {
        self.index.workloads_of_service.get(service).into_iter().flatten()
    }

    /// The Services a pod of this name is configured to call.
    pub fn calls(&self, pod: &Subject) -> BTreeSet<&Subject> {
        let indexes = self.index.by_subject.get(pod).into_iter().flatten();
        indexes.filter_map(|index| self.index.calls.get(index)).flatten().collect()
    }

    /// What a subject depends on, and itself: the workload of a pod, what configures it, the Services it is made to
    /// call and the workloads behind those, its node.
    pub fn used_by(&self, subject: &Subject) -> BTreeSet<Subject> {
        let mut found = BTreeSet::from([subject.clone()]);
        let is_workload = self.workloads.contains_key(subject);
        let workload = if is_workload { Some(subject.clone()) } else { self.workload_of(subject) };
        let pods: Vec<&Pod> =
            if is_workload { self.pods_of_workload(subject).collect() } else { self.pods_named(subject).collect() };
        for pod in pods {
            found.extend(pod.owner.clone());
            found.extend(pod.node.as_ref().map(Subject::node));
            found.extend(self.spec_of(pod).into_iter().flat_map(|spec| configuration_of(spec, &pod.namespace)));
            for service in self.calls(&pod.subject()) {
                found.insert(service.clone());
                found.extend(self.workloads_of_service(service).cloned());
            }
        }
        if let Some(template) = workload.as_ref().and_then(|one| self.workloads.get(one)).map(|one| &one.template) {
            found.extend(configuration_of(template, subject.namespace().unwrap_or_default()));
        }
        found.extend(workload);
        found
    }

    /// The Service that is called so in `namespace`, with or without a port behind it: by its cluster address, a form of
    /// its DNS name, or its name alone.
    pub fn service_named(&self, called: &str, namespace: &str) -> Option<&Subject> {
        self.service_names.of_host(called, namespace)
    }

    /// The pods whose own address stands before a port, or alone: `10.244.1.7:8080`, `[fd00::7]:80`.
    pub fn pods_at(&self, host: &str) -> impl Iterator<Item = &Pod> {
        let at = |address: &str| self.index.by_address.get(address);
        let places = at(host).or_else(|| at(without_port(host)?)).into_iter().flatten();
        places.filter_map(|place| self.pods.get(*place))
    }

    /// The Services that select a pod of this name.
    pub fn services_of_pod(&self, pod: &Subject) -> impl Iterator<Item = &Subject> {
        let places = self.index.by_subject.get(pod).into_iter().flatten();
        places.filter_map(|place| self.index.services_of_pod.get(place)).flatten()
    }

    /// The Service that answers for an APIService.
    pub fn serves(&self, api: &Subject) -> Option<&Subject> {
        self.served.get(api)
    }
}
