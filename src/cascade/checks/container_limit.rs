//! What a container that ran out of memory may take at most, and what it writes to volumes of memory.
//!
//! A container is killed when its cgroup is full, whatever its node has left (Kubernetes documentation, Resource Management
//! for Pods and Containers). What is written to an emptyDir of medium Memory counts as memory of the container that
//! writes it (the same, Volumes, emptyDir), and outlives the container.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Container, PodSpec, containers};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "container-limit", class: FactorClass::Latent, roles: &[Role::MemoryKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_container: BTreeMap<(Subject, &str), Killed<'_>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::MemoryKill]) {
        if !signal.subject.is("Pod") || was_short_elsewhere(case, index) {
            continue;
        }
        let topology = case.scene.topology;
        let pod = topology.pod_at(&signal.subject, signal.from.time);
        let Some(spec) = pod.and_then(|pod| topology.spec_of(pod)) else { continue };
        let Some((container, limit)) = limited(spec, signal) else { continue };
        let of = of_container.entry((case.workload(&signal.subject), &container.name));
        of.or_insert_with(|| Killed { spec, limit, kills: Vec::new() }).kills.push(index);
    }
    of_container.into_iter().map(|((workload, container), killed)| of(case, (&workload, container), killed)).collect()
}

/// A container that was killed, with what its pod's specification says of it.
struct Killed<'a> {
    spec: &'a PodSpec,
    limit: String,
    kills: Vec<usize>,
}

fn of(case: &Case<'_>, (workload, container): (&Subject, &str), killed: Killed<'_>) -> Found {
    let Killed { spec, limit, kills } = killed;
    let in_memory = spec.volumes.iter().find_map(|volume| {
        let room = volume.empty_dir.as_ref().filter(|room| room.medium == "Memory")?;
        let bound = room.size_limit.as_ref().map(|limit| format!("sizeLimit {}", text(limit)));
        let bound = bound.unwrap_or_else(|| "no sizeLimit".to_owned());
        Some(format!(
            "; what its pod keeps in the volume {} counts to that, as it is one of memory, with {bound}",
            volume.name
        ))
    });
    let in_memory = in_memory.unwrap_or_default();
    let statement = format!("Container {container} of {workload} may take {limit} of memory at most{in_memory}");
    let remedy = format!(
        "An alert fires when container {container} of {workload} comes near {limit} of memory, before it is killed there"
    );
    Found::new(statement, kills).by(case, case.record_of(workload)).mended(remedy)
}

/// Whether memory was short on the node, or in a group of several pods, so that a limit of its own tells nothing.
fn was_short_elsewhere(case: &Case<'_>, kill: usize) -> bool {
    let mut causes = case.edges.iter().filter(|edge| edge.to == kill).filter_map(|edge| case.signal(edge.from));
    causes.any(|cause| {
        let is_short = cause.has(Role::Shortage) || cause.has(Role::Pressure);
        is_short && !matches!(cause.label("scope"), Some("container" | "pod"))
    })
}

/// The container that was killed, with its limit of memory.
fn limited<'a>(spec: &'a PodSpec, kill: &Signal) -> Option<(&'a Container, String)> {
    let of = |one: &'a Container| Some((one, text(one.resources.limits.get("memory")?)));
    match kill.label("container") {
        Some(name) => containers(spec).find(|one| one.name == name).and_then(of),
        // The kernel names none: it can be told where there is one with a limit.
        None => {
            let mut limited = containers(spec).filter_map(of);
            limited.next().filter(|_| limited.next().is_none())
        }
    }
}

/// A quantity as it is written: text, or a bare number.
fn text(quantity: &serde_json::Value) -> String {
    quantity.as_str().map_or_else(|| quantity.to_string(), str::to_owned)
}
