//! It spread to those who call a Service that had no endpoint, or whose pods did not answer.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::{Edge, Grade, relation};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check {
    id: "dependency",
    class: FactorClass::Propagation,
    roles: &[Role::ServiceLost, Role::ProbeFailure, Role::OwnWords, Role::ErrorLine],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    // By who asks and who is asked: the worst that came of it, once for all pods of one workload.
    let mut worst: BTreeMap<(String, Subject), (Hit, &Edge)> = BTreeMap::new();
    for edge in case.edges.iter().copied().filter(|edge| edge.grade > Grade::Order) {
        let is_pod = edge.relation == relation::BACKEND_OF.name;
        let Some((from, to)) = case.ends(edge).filter(|_| is_pod || edge.relation == relation::CALLS.name) else {
            continue;
        };
        if !to.subject.is("Pod") {
            continue;
        }
        let asked = match is_pod {
            true => case.workload(&from.subject).to_string(),
            false => format!("Service {}", from.subject.name()),
        };
        // Members of one group ask each other.
        if is_pod && case.workload(&from.subject) == case.workload(&to.subject) {
            continue;
        }
        let hit = Hit::of(to);
        let known = worst.entry((asked, case.workload(&to.subject))).or_insert((hit, edge));
        if hit < known.0 {
            *known = (hit, edge);
        }
    }
    worst.into_iter().map(|((asked, workload), (hit, edge))| found(case, (&asked, &workload), hit, edge)).collect()
}

fn found(case: &Case<'_>, (asked, workload): (&str, &Subject), hit: Hit, edge: &Edge) -> Found {
    let lacks = if edge.relation == relation::BACKEND_OF.name { "does not answer" } else { "has no endpoint" };
    let (what, stays) = match hit {
        Hit::Ends => ("its containers end", "runs"),
        Hit::ProbesFail => ("its probes fail", "stays ready"),
        Hit::CallsFail => ("its calls fail", "answers what does not need it"),
    };
    Found {
        statement: format!("{workload} depends on {asked}: {what} when that {lacks}"),
        signals: vec![edge.from, edge.to],
        evidence: edge.evidence.clone(),
        remedy: is_its_own(case, edge).then(|| format!("{workload} {stays} while {asked} {lacks}, shown by a test")),
        order: (edge.from, edge.to),
    }
}

/// Whether who asks is configured to. What hands on the requests of others, as an Ingress controller does, asks whom they
/// ask, and cannot do without.
fn is_its_own(case: &Case<'_>, edge: &Edge) -> bool {
    let Some((from, to)) = case.ends(edge) else { return false };
    let topology = case.scene.topology;
    let service = case.service(&from.subject);
    let called = topology.calls(&to.subject);
    called.into_iter().any(|one| service.as_ref() == Some(one) || topology.is_selected(&from.subject, one))
}

/// What became of those who ask, the worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hit {
    Ends,
    ProbesFail,
    CallsFail,
}

impl Hit {
    fn of(signal: &Signal) -> Self {
        match () {
            () if signal.has(Role::ContainerEnded) => Self::Ends,
            () if signal.has(Role::ProbeFailure) || signal.has(Role::Unready) => Self::ProbesFail,
            () => Self::CallsFail,
        }
    }
}
