//! A process was killed for memory and its container lived on, so no status and no count of restarts tells of it.
//!
//! The kubelet reports OOMKilled only where the first process of a container ends (Kubernetes issue 50632; cgroup v1, or
//! singleProcessOOMKill).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::signals::{Role, Signal, as_uid};

pub const CHECK: Check = Check { id: "no-status", class: FactorClass::Detection, roles: &[Role::MemoryKill], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let topology = case.scene.topology;
        let by_uid = || topology.pod_by_uid(&as_uid(signal.label("victim_uid")?));
        let node = signal.node.as_deref()?;
        let is_named = |pod: &&Pod| names_process(case, pod, signal.label("process"));
        let here = || {
            let mut pods = topology
                .pods()
                .iter()
                .filter(|pod| pod.node.as_deref() == Some(node) && pod.object.is_some())
                .filter(is_named);
            pods.next().filter(|_| pods.next().is_none())
        };
        let pod = by_uid().or_else(here)?;
        let object = pod.object.as_ref()?;
        let lived = pod.restarted.iter().next().is_none() && !pod.forced_out && object.finished.is_none();
        let began = pod.started.iter().map(|(_, at)| at).max()?;
        if !lived || began >= signal.from.time {
            return None;
        }
        let statement = format!(
            "No status of {} tells of it: its containers run since before, and only the kernel's log has the kill",
            pod.subject()
        );
        let remedy = format!("An alert fires on kills for memory that the kernel of Node/{node} reports");
        Some(Found::new(statement, vec![index]).by(case, [object.citation]).mended(remedy))
    };
    case.each(&[Role::MemoryKill]).into_iter().filter_map(told).take(1).collect()
}

/// Whether a container of the pod is called as the process, or runs it.
fn names_process(case: &Case<'_>, pod: &Pod, process: Option<&str>) -> bool {
    let Some((process, spec)) = process.zip(case.scene.topology.spec_of(pod)) else { return false };
    let words =
        spec.containers.iter().flat_map(|one| one.command.iter().chain(&one.args).chain([&one.name, &one.image]));
    words.into_iter().any(|word| word.contains(process))
}
