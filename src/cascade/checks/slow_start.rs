//! What was taken away was made again at once and took long to be ready, and its Service was empty, or its workload had
//! fewer pods, until then.
//!
//! A pod serves once its probes succeed (Kubernetes documentation, Pod Lifecycle, Container probes): how long a start takes
//! bounds from below how long the loss of all pods lasts.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::{Subject, length};
use crate::signals::{Role, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

pub const CHECK: Check = Check {
    id: "slow-start",
    class: FactorClass::Amplifier,
    roles: &[Role::ServiceLost, Role::Gone, Role::Drained],
    find,
};

/// A start that takes less is nothing to speak of.
const LONG: TimeDelta = TimeDelta::seconds(60);

/// Made in place of one that went.
const AT_ONCE: TimeDelta = TimeDelta::seconds(30);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut found = of_services(case);
    let of_those = case.each(&[Role::ServiceLost]).into_iter().filter_map(|(_, lost)| case.service(&lost.subject));
    let topology = case.scene.topology;
    let told: BTreeSet<&Subject> =
        of_those.flat_map(|service| topology.workloads_of_service(&service).collect::<Vec<_>>()).collect();
    let others = case.workloads.iter().filter(|one| !told.contains(one) && !one.is("Job") && !one.is("CronJob"));
    found.extend(others.filter_map(|workload| of_workload(case, workload)));
    found
}

/// A workload that lost pods: the next one took long.
fn of_workload(case: &Case<'_>, workload: &Subject) -> Option<Found> {
    let topology = case.scene.topology;
    let lost = case.subjects.hurt_pods(workload).iter().copied();
    let is_loss = |signal: &Signal| signal.has(Role::Gone) || signal.has(Role::Drained);
    let losses = lost.filter_map(|index| Some((index, case.signal(index).filter(|one| is_loss(one))?)));
    let next = losses.flat_map(|(index, loss)| {
        let (from, until) = (loss.from.time, case.window.to);
        let pods =
            topology.last_pods_of(workload, until).filter(move |pod| !had_other_trouble(case, pod, (from, until)));
        pods.filter_map(move |pod| Some((start(pod, (from, until))?, pod, index)))
    });
    let (took, pod, index) = next.min_by_key(|(took, pod, _)| (*took, &pod.name))?;
    let statement = format!(
        "A new pod of {workload} took {} from its start until it was ready, so it had fewer pods until then",
        length(took)
    );
    let remedy = format!("A new pod of {workload} is ready within a minute, or enough are left while it starts");
    let records = pod.ready_record.into_iter().chain(pod.object.as_ref().map(|object| object.citation));
    Some(Found::new(statement, vec![index]).by(case, records).mended(remedy))
}

/// Services that were empty until then.
fn of_services(case: &Case<'_>) -> Vec<Found> {
    let topology = case.scene.topology;
    let told = |(index, signal): (usize, &Signal)| {
        let (namespace, name) = (signal.subject.namespace()?, signal.subject.name());
        let service = Subject::namespaced("Service", namespace, name);
        let (from, until) = (signal.from.time, signal.until()?);
        let own = topology.pods_of_service(&service).filter(|pod| !had_other_trouble(case, pod, (from, until)));
        let next = own.filter_map(|pod| Some((start(pod, (from, until))?, pod)));
        let (took, pod) = next.min_by_key(|(took, pod)| (*took, &pod.name))?;
        let workload = topology.workload_of_pod(pod)?;
        let statement = format!(
            "A new pod of {workload} took {} from its start until it was ready, and {service} had no ready endpoint until then",
            length(took)
        );
        let remedy =
            format!("A new pod of {workload} is ready within a minute, or one is always ready while another starts");
        let records = pod.ready_record.into_iter().chain(pod.object.as_ref().map(|object| object.citation));
        Some(Found::new(statement, vec![index]).by(case, records).mended(remedy))
    };
    case.each(&[Role::ServiceLost]).into_iter().filter_map(told).collect()
}

/// Whether the pod failed otherwise than a start does, within a time: then that is why it took long.
fn had_other_trouble(case: &Case<'_>, pod: &Pod, (from, until): (DateTime<Utc>, DateTime<Utc>)) -> bool {
    let failed = case.scene.index.of(Role::ProbeFailure, &pod.subject());
    let mut then = failed.into_iter().flat_map(|all| all.between(from, until)).filter_map(|index| case.signal(index));
    then.any(|signal| signal.variant() != Some("starting"))
}

/// How long a pod took that was made when its Service went empty and ended that.
fn start(pod: &Pod, (from, until): (DateTime<Utc>, DateTime<Utc>)) -> Option<TimeDelta> {
    let (true, ready) = pod.ready? else { return None };
    let made = pod.created.or(pod.arrived())?;
    let began = pod.started.times().min().or(pod.arrived())?;
    let is_next = made >= from - AT_ONCE && made <= from + AT_ONCE;
    let took = ready - began;
    (is_next && ready <= until + AT_ONCE && took >= LONG && pod.restarted.times().next().is_none()).then_some(took)
}
