//! Who failed for another that had failed. Counted with those that failed first, they hide what these have in common.

use crate::cascade::Edge;
use crate::evidence::Topology;
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

/// The signals of pods that a lost Service, or trouble of a pod of another workload, led to.
pub fn of(topology: &Topology, signals: &[Signal], edges: &[Edge]) -> BTreeSet<usize> {
    let of_another = |edge: &&Edge| {
        let Some((from, to)) = signals.get(edge.from).zip(signals.get(edge.to)) else { return false };
        let Some(pod) = to.subject.its_pod() else { return false };
        let workload = topology.workload_of(&pod);
        let is_other = |cause| cause != pod && topology.workload_of(&cause) != workload;
        from.has(Role::ServiceLost) || (from.is_harm() && from.subject.its_pod().is_some_and(is_other))
    };
    edges.iter().filter(of_another).map(|edge| edge.to).collect()
}
