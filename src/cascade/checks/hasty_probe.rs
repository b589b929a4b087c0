//! A liveness probe gave up on a container before it had time to start, and it has no startup probe.
//!
//! Without a startup probe the liveness probe counts from initialDelaySeconds on, and ends the container after
//! periodSeconds times failureThreshold (Kubernetes documentation, Configure Liveness, Readiness and Startup Probes).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Container, containers};
use crate::model::{Subject, length};
use crate::signals::Role;
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "hasty-probe", class: FactorClass::Latent, roles: &[Role::ProbeKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let (mut said, mut found) = (BTreeSet::new(), Vec::new());
    for (index, signal) in case.each(&[Role::ProbeKill]) {
        let topology = case.scene.topology;
        let workload = case.workload(&signal.subject);
        let Some(pod) = topology.pod_at(&signal.subject, signal.from.time) else { continue };
        let Some(spec) = topology.spec_of(pod) else { continue };
        let named = signal.label("container");
        let probed = containers(spec).filter(|one| named.is_none_or(|name| name == one.name));
        for container in probed.filter(|one| one.startup_probe.is_none()) {
            let Some(patience) = patience(container) else { continue };
            let started = pod.started.iter().find(|(name, _)| *name == container.name).map(|(_, at)| at);
            let Some(lived) = started.map(|at| signal.from.time - at) else { continue };
            // Twice that, for the probes of a second life; one that had been well dies later.
            if lived >= TimeDelta::zero()
                && lived <= patience * 2
                && said.insert((workload.clone(), container.name.clone()))
            {
                found.push(of(case, (index, &workload), &container.name, (lived, patience)));
            }
        }
    }
    found
}

fn of(
    case: &Case<'_>,
    (index, workload): (usize, &Subject),
    name: &str,
    (lived, patience): (TimeDelta, TimeDelta),
) -> Found {
    let (lived, patience) = (length(lived), length(patience));
    let statement = format!(
        "Container {name} of {workload} was ended {lived} after its start: its liveness probe waits {patience} at most, and it has no startup probe"
    );
    let remedy = format!("Container {name} of {workload} has a startup probe that waits longer than its slowest start");
    Found::new(statement, vec![index]).by(case, case.record_of(workload)).mended(remedy)
}

/// How long the liveness probe of a container lets it fail from its start on; the defaults are those of core/v1 Probe.
fn patience(container: &Container) -> Option<TimeDelta> {
    let probe = container.liveness_probe.as_ref()?;
    let of = |name: &str, default: i64| probe.get(name).and_then(Value::as_i64).unwrap_or(default).clamp(0, 86_400);
    let (delay, period) = (of("initialDelaySeconds", 0), of("periodSeconds", 10));
    Some(TimeDelta::seconds(delay + period * of("failureThreshold", 3).min(1000)))
}
