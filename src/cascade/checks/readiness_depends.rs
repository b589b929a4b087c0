//! A readiness probe failed for what somebody else did not answer, so all pods that ask left at once.
//!
//! Kubernetes documentation, Liveness, Readiness and Startup Probes: an unready pod gets no traffic.

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check =
    Check { id: "readiness-depends", class: FactorClass::Propagation, roles: &[Role::ProbeFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, (Option<&Subject>, Vec<usize>)> = BTreeMap::new();
    for edge in &case.edges {
        let Some((from, to)) = case.ends(edge) else { continue };
        let is_readiness = to.has(Role::ProbeFailure) && to.variant() == Some("readiness");
        let workload = case.workload(&to.subject);
        if is_readiness && is_elsewhere(case, from, to, &workload) {
            let known = of_workload.entry(workload).or_default();
            known.0 = known.0.or(Some(&from.subject));
            known.1.extend([edge.from, edge.to]);
        }
    }
    for (index, signal) in
        case.each(&[Role::ProbeFailure]).into_iter().filter(|(_, one)| one.variant() == Some("readiness"))
    {
        let asks = case.scene.index.of(Role::LookupFailed, &signal.subject);
        let asked = asks.into_iter().flat_map(|asks| asks.between(case.cascade.from, case.cascade.to)).next();
        if let Some(asked) = asked.filter(|_| !of_workload.contains_key(&case.workload(&signal.subject))) {
            of_workload.insert(case.workload(&signal.subject), (None, vec![asked, index]));
        }
    }
    of_workload.into_iter().filter_map(|(workload, (whom, signals))| told(case, &workload, whom, signals)).collect()
}

/// Whether what led to the failed probe is neither about the pod and its own, nor about its node.
fn is_elsewhere(case: &Case<'_>, from: &Signal, to: &Signal, workload: &Subject) -> bool {
    let is_own = from.subject == to.subject || case.workload(&from.subject) == *workload;
    let of_config = from.subject.is("ConfigMap") || from.subject.is("Secret");
    !is_own && !from.subject.is("Node") && !of_config && !from.has(Role::Client) && !from.has(Role::OutsideCheck)
}

fn told(case: &Case<'_>, workload: &Subject, whom: Option<&Subject>, mut signals: Vec<usize>) -> Option<Found> {
    signals.sort_unstable();
    signals.dedup();
    let looked_up =
        || case.of(&signals).find_map(|signal| signal.label("looked_up")).map(|name| format!("the name {name}"));
    let whom = whom.map(ToString::to_string).or_else(looked_up).unwrap_or_else(|| "a name that it looks up".to_owned());
    let pod = &case.of(&signals).find(|signal| signal.has(Role::ProbeFailure))?.subject;
    let statement = format!(
        "The readiness of {workload} ({pod}) depends on {whom}, so its pods are unready with it, whatever else they could still do"
    );
    let remedy =
        format!("{workload} stays ready, or answers what it can, while {whom} does not answer, shown by a test");
    Some(Found::new(statement, signals).mended(remedy))
}
