//! The hosts under which what runs in a cluster is reached from elsewhere, and which pods go through the routes and
//! Ingresses of such a host, as their configuration names it.

use super::super::pod_object::containers;
use super::super::published::Published;
use super::Topology;
use super::calls::texts;
use crate::model::Subject;
use std::collections::BTreeSet;

impl Topology {
    /// Under which hosts what runs here is reached from elsewhere, in order of host.
    pub fn published(&self) -> &[Published] {
        &self.published
    }

    /// The objects that publish a host which pods of this name have in their command, environment or probes, but for those
    /// behind which such a pod stands itself: a program may be told its own address.
    pub fn routes_asked(&self, pod: &Subject) -> BTreeSet<&Subject> {
        let mut found = BTreeSet::new();
        if self.published.is_empty() {
            return found;
        }
        for spec in self.pods_named(pod).filter_map(|pod| self.spec_of(pod)) {
            for text in containers(spec).flat_map(texts) {
                text.split(|sign: char| !is_of_host(sign)).for_each(|word| found.extend(self.publishers(word, pod)));
            }
        }
        found
    }

    /// The Services to which an Ingress or a route leads.
    pub fn published_by(&self, route: &Subject) -> impl Iterator<Item = &Subject> {
        self.published.iter().filter(move |one| one.by == *route).flat_map(|one| &one.services)
    }

    /// The Ingresses and routes that lead to a Service.
    pub fn routes_to(&self, service: &Subject) -> impl Iterator<Item = &Subject> {
        self.published.iter().filter(move |one| one.services.contains(service)).map(|one| &one.by)
    }

    /// The objects that publish a host, without those that lead to the pod.
    fn publishers(&self, host: &str, pod: &Subject) -> impl Iterator<Item = &Subject> {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        let begin = self.published.partition_point(|one| one.host < host);
        let of_host = self.published.get(begin..).unwrap_or_default().iter().take_while(move |one| one.host == host);
        let others = of_host.filter(|one| !one.services.iter().any(|service| self.is_selected(pod, service)));
        others.map(|one| &one.by)
    }
}

fn is_of_host(sign: char) -> bool {
    sign.is_ascii_alphanumeric() || matches!(sign, '-' | '.')
}
