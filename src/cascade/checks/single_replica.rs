//! A workload of one replica stands behind a Service that lost its endpoints, others failed while its only pod was away, or
//! that lost the lead and nobody was there to take it.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Workload;
use crate::model::{Severity, Subject};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "single-replica", class: FactorClass::Latent, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut found = BTreeMap::new();
    behind_services(case, &mut found);
    missed(case, &mut found);
    without_heir(case, &mut found);
    found.into_values().collect()
}

/// Those behind Services that had no endpoint.
fn behind_services(case: &Case<'_>, found: &mut BTreeMap<Subject, Found>) {
    let topology = case.scene.topology;
    for (index, signal) in case.each(&[Role::ServiceLost]) {
        let (namespace, name) = (signal.subject.namespace().unwrap_or_default(), signal.subject.name());
        let service = Subject::namespaced("Service", namespace, name);
        for workload in topology.workloads_of_service(&service) {
            let Some(known) = single(case, workload) else { continue };
            let why = format!("{workload} has one replica, so its failure left {service} without an endpoint");
            let remedy = format!(
                "{workload} runs at least two replicas on different nodes, and {service} keeps a ready endpoint while one of them is stopped"
            );
            found.entry(workload.clone()).or_insert_with(|| told((why, remedy), known, (index, signal)));
        }
    }
}

/// What tells that a pod did not do its work, and not only that it did it badly.
const AWAY: [Role; 9] = [
    Role::Unready,
    Role::Gone,
    Role::Evicted,
    Role::Drained,
    Role::NotStarted,
    Role::ImagePull,
    Role::SchedulingFailure,
    Role::RestartBackoff,
    Role::ContainerEnded,
];

/// Those whose only pod was away, which led others to fail.
fn missed(case: &Case<'_>, found: &mut BTreeMap<Subject, Found>) {
    for edge in &case.edges {
        let Some((from, to)) = case.ends(edge) else { continue };
        let is_away = AWAY.iter().any(|role| from.has(*role)) && from.severity >= Severity::Warning;
        let Some(pod) = from.subject.its_pod().filter(|_| is_away) else { continue };
        let workload = case.workload(&pod);
        let is_other = case.workload(&to.subject) != workload && to.is_harm();
        let Some(known) = single(case, &workload).filter(|_| is_other) else { continue };
        let why = format!("{workload} has one replica, so nobody did its work while that was away");
        let remedy = format!("{workload} goes on with its work while one of its pods is stopped, as a try shows");
        found.entry(workload).or_insert_with(|| told((why, remedy), known, (edge.from, from)));
    }
}

/// Those that lost the lead with nobody beside them (client-go, tools/leaderelection).
fn without_heir(case: &Case<'_>, found: &mut BTreeMap<Subject, Found>) {
    for (index, signal) in case.each(&[Role::LeaderLost]) {
        let Some(pod) = signal.subject.its_pod() else { continue };
        let workload = case.workload(&pod);
        // Another would have been told to come back later, too.
        let of = case.edges.iter().filter(|edge| edge.to == index).filter_map(|edge| case.signal(edge.from));
        let is_refused = of.into_iter().any(|cause| cause.has(Role::Throttled));
        let Some(known) = single(case, &workload).filter(|_| !is_refused) else { continue };
        let why = format!("{workload} has one replica, so there was no other to lead when it lost that");
        let remedy = format!("Another pod of {workload} leads within the length of its lease when one is stopped");
        found.entry(workload).or_insert_with(|| told((why, remedy), known, (index, signal)));
    }
}

fn single<'a>(case: &Case<'a>, workload: &Subject) -> Option<&'a Workload> {
    case.scene.topology.workload(workload).filter(|known| known.replicas == Some(1))
}

fn told((statement, remedy): (String, String), known: &Workload, (index, signal): (usize, &Signal)) -> Found {
    let evidence = known.citation.into_iter().chain(signal.evidence.first().copied()).collect();
    Found { statement, signals: vec![index], evidence, remedy: Some(remedy), ..Found::default() }
}
