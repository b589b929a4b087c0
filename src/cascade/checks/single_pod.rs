//! What was lost was the only pod of its kind.
//!
//! A controller makes another one only once it is gone, so until that one is ready there is none (Kubernetes
//! documentation, Disruptions).

use super::case::was_there;
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::Subject;
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "single-pod", class: FactorClass::Latent, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = told_of_services(case);
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    let lost = [Role::Gone, Role::Drained, Role::AttachRefused, Role::Preempted, Role::NodeUnready];
    let around = lost.into_iter().flat_map(|role| case.around(role)).collect::<BTreeMap<_, _>>();
    for (index, signal) in around.into_iter().filter(|(_, signal)| signal.subject.is("Pod")) {
        let workload = case.workload(&signal.subject);
        let is_of_node = workload.is("DaemonSet") || workload.is("Job") || workload.is("CronJob");
        if workload != signal.subject && !is_of_node && !told.contains(&workload) {
            of_workload.entry(workload).or_default().push(index);
        }
    }
    of_workload.into_iter().filter_map(|(workload, signals)| of(case, &workload, signals)).collect()
}

/// The workloads of which another check says so, by the Services that lost them.
fn told_of_services(case: &Case<'_>) -> BTreeSet<Subject> {
    let services = case.each(&[Role::ServiceLost]).into_iter().filter_map(|(_, signal)| case.service(&signal.subject));
    let services: Vec<Subject> = services.collect();
    services.iter().flat_map(|service| case.scene.topology.workloads_of_service(service)).cloned().collect()
}

fn of(case: &Case<'_>, workload: &Subject, signals: Vec<usize>) -> Option<Found> {
    let topology = case.scene.topology;
    let first = case.of(&signals).min_by_key(|signal| signal.from.time)?;
    let replicas = topology.workload(workload).and_then(|known| known.replicas);
    let before = |pod: &&Pod| pod.created.or(pod.arrived()).is_none_or(|come| come < first.from.time);
    let there = topology.last_pods_of(workload, case.cascade.to).filter(|pod| was_there(pod, first.from.time));
    let beside = there.filter(before).filter(|pod| pod.subject() != first.subject).count();
    // Without its own object only what is known of pods tells how many there were.
    if beside != 0 || replicas.map_or(!topology.has_pod_objects(), |wanted| wanted != 1) {
        return None;
    }
    let pod = &first.subject;
    let statement = format!("{pod} was the only pod of {workload}, so nothing did its work until another was ready");
    let remedy = format!("{workload} has two pods on different nodes, and does its work while one of them is stopped");
    Some(Found::new(statement, signals).by(case, case.record_of(workload)).mended(remedy))
}
