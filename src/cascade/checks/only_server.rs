//! An API that did not answer has a single pod behind it.
//!
//! An APIService is Available only while its Service has an address (Kubernetes documentation, API aggregation).

use super::case::was_there;
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::Signal;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "only-server", class: FactorClass::Latent, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let apis: BTreeSet<usize> = case.those(|signal| signal.subject.is("APIService")).into_iter().collect();
    let mut said = BTreeSet::new();
    let told = |index: usize| {
        let signal: &Signal = case.signal(index)?;
        let service = case.scene.topology.serves(&signal.subject)?;
        if !said.insert(service.clone()) {
            return None;
        }
        let pods: Vec<Subject> =
            behind(case, service).filter(|pod| was_there(pod, signal.from.time)).map(Pod::subject).collect();
        let [pod] = pods.as_slice() else { return None };
        let api = &signal.subject;
        let statement = format!("{pod} is the only pod behind {service}, so {api} has no other address");
        let remedy = format!("{service} has two ready pods, and {api} stays Available while one of them is stopped");
        let object = case.scene.topology.pods_named(pod).last().and_then(|pod| pod.object.as_ref());
        Some(Found::new(statement, vec![index]).by(case, object.map(|object| object.citation)).mended(remedy))
    };
    apis.into_iter().filter_map(told).collect()
}

/// The pods that a Service selects; where its object is not there, those that are called as it is, as charts and
/// manifests of such servers do.
fn behind<'a>(case: &Case<'a>, service: &Subject) -> Box<dyn Iterator<Item = &'a Pod> + 'a> {
    let topology = case.scene.topology;
    if topology.services().any(|(known, _)| known == service) {
        let selected: Vec<&Pod> = topology.pods_of_service(service).collect();
        return Box::new(selected.into_iter());
    }
    let (namespace, stem) = (service.namespace().unwrap_or_default().to_owned(), format!("{}-", service.name()));
    Box::new(topology.pods().iter().filter(move |pod| pod.namespace == namespace && pod.name.starts_with(&stem)))
}
