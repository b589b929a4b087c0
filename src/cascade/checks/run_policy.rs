//! What a Job or a CronJob allows: runs beside each other, or no second try.
//!
//! concurrencyPolicy Allow begins a run while another goes on (Kubernetes documentation, CronJob, Concurrency policy); a
//! Job with a backoffLimit of 0 fails with its first pod that fails, be that an eviction (the same, Jobs, Pod backoff
//! failure policy, Pod failure policy).

use super::case::was_there;
use super::{Case, Check, FactorClass, Found};
use crate::evidence::Workload;
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "run-policy", class: FactorClass::Latent, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let jobs = case.workloads.iter().filter(|one| one.is("Job") || one.is("CronJob"));
    let of = |subject: &Subject| {
        let known = case.scene.topology.workload(subject)?;
        overlapping(case, subject, known).or_else(|| without_second_try(case, subject, known))
    };
    jobs.filter_map(of).collect()
}

/// Several runs of a CronJob were under way when harm was first seen.
fn overlapping(case: &Case<'_>, subject: &Subject, known: &Workload) -> Option<Found> {
    let topology = case.scene.topology;
    let pods = || topology.last_pods_of(subject, case.cascade.to).filter(|_| known.overlaps);
    let hurt = case.of(&case.cascade.signals).filter(|signal| signal.subject.is("Pod") && signal.is_harm());
    let at = hurt.filter(|signal| case.workload(&signal.subject) == *subject).map(|signal| signal.from.time).max()?;
    let runs: BTreeSet<&Subject> =
        pods().filter(|pod| was_there(pod, at)).filter_map(|pod| pod.owner.as_ref()).collect();
    let count = runs.len();
    let signals =
        case.those(|signal| signal.subject.is("Pod") && signal.is_harm() && case.workload(&signal.subject) == *subject);
    let statement = format!(
        "{subject} begins a run while others go on (concurrencyPolicy Allow): {count} were under way at {}",
        rfc3339(at)
    );
    let remedy = format!("{subject} begins no run while another goes on, as its concurrencyPolicy shows");
    (count > 1).then(|| Found::new(statement, signals).by(case, known.citation).mended(remedy))
}

/// Its first pod was taken away, or lost with its node, and that was its last.
fn without_second_try(case: &Case<'_>, subject: &Subject, known: &Workload) -> Option<Found> {
    let taken = [Role::Drained, Role::Preempted, Role::Evicted, Role::Gone, Role::NodeUnready, Role::ToldToStop];
    let mut signals = Vec::new();
    for edge in &case.edges {
        let Some((from, to)) = case.ends(edge) else { continue };
        let is_taken = taken.iter().any(|role| from.has(*role)) && !from.has(Role::PodFailed);
        if is_taken && to.has(Role::JobOver) && case.workload(&to.subject) == *subject {
            signals.extend([edge.from, edge.to]);
        }
    }
    let statement = format!(
        "{subject} makes no failed pod anew (backoffLimit 0), so its work was over with a pod that was taken away"
    );
    let remedy =
        format!("{subject} makes a pod anew that was taken away, as its backoffLimit or podFailurePolicy shows");
    (known.backoff_limit == Some(0) && !signals.is_empty())
        .then(|| Found::new(statement, signals).by(case, known.citation).mended(remedy))
}
