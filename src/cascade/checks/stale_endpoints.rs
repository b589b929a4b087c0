//! Pods of one node went on asking for pods that had been ended, while pods of the same workload on other nodes were well.
//!
//! A node sends a Service's traffic to where its kube-proxy, or what stands in for it, was last told that the Service's
//! pods are; it watches EndpointSlices at an API server (Kubernetes documentation, Virtual IPs and Service Proxies). What
//! ended the pods only showed that this node was told no more: why, is another question, and where no record answers it
//! that is said. A node hears of a change within seconds, and pods that were told to stop have 30 s by default to go on
//! answering (Kubernetes API reference, PodSpec, terminationGracePeriodSeconds).

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::cascade::{Edge, relation};
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const ID: &str = "stale-endpoints";

pub const CHECK: Check = Check { id: ID, class: FactorClass::Trigger, roles: &[Role::ProbeFailure], find };

/// What lasts longer is no matter of a change that is on its way.
const HEARD_BY: TimeDelta = TimeDelta::seconds(30);

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = unheard(case).into_iter().filter_map(|(workload, one)| {
        let (first, last) = (*one.edges.first()?, one.edges.iter().max_by_key(|edge| edge.to)?);
        let ((ended, failed), (_, end)) = (case.ends(first)?, case.ends(last)?);
        let (node, asked) = (&one.node, case.workload(&ended.subject));
        let statement = format!(
            "No record says what began it: pods of {workload} on {node} still asked for pods of {asked} that had been ended at {}, from {} to {}, while those on {} were well, as if {node} had not been told where the pods of {asked} are now",
            rfc3339(ended.from.time),
            rfc3339(failed.from.time),
            rfc3339(end.last_seen()),
            names(&one.well),
        );
        let signals: BTreeSet<usize> = one.edges.iter().map(|edge| edge.to).collect();
        let signals: Vec<usize> = signals.into_iter().chain([first.from]).collect();
        let remedy = format!("An alert fires when the proxy of a node has heard of no change of endpoints for minutes, as on {node}");
        Some(Found::new(statement, signals).by(case, []).mended(remedy))
    });
    told.collect()
}

/// The pods of one workload that still asked for what had been ended.
pub(super) struct Unheard<'a> {
    /// The one node of all of them.
    pub node: Subject,
    edges: Vec<&'a Edge>,
    /// The nodes on which others of the workload were ready all along.
    well: BTreeSet<Subject>,
}

/// By workload.
pub(super) fn unheard<'a>(case: &Case<'a>) -> BTreeMap<Subject, Unheard<'a>> {
    let mut edges: BTreeMap<Subject, Vec<&'a Edge>> = BTreeMap::new();
    let is_one = |edge: &&&Edge| edge.relation == relation::FORMER_BACKEND_OF.name;
    for edge in case.edges.iter().filter(is_one) {
        let Some((ended, failed)) = case.ends(edge) else { continue };
        if failed.last_seen() - ended.from.time >= HEARD_BY {
            edges.entry(case.workload(&failed.subject)).or_default().push(edge);
        }
    }
    let harm = case.first_harm();
    let hurt: BTreeSet<&Subject> =
        edges.values().flatten().filter_map(|edge| Some(&case.signal(edge.to)?.subject)).collect();
    let one = |(workload, edges): (Subject, Vec<&'a Edge>)| {
        let (mut ill, mut well) = (BTreeSet::new(), BTreeSet::new());
        for (_, pod) in case.pods().filter(|(of, _)| **of == workload) {
            let Some(node) = pod.node.as_deref().map(Subject::node) else { continue };
            if hurt.contains(&pod.subject()) {
                ill.insert(node);
            } else if pod.ready.is_some_and(|(ready, since)| ready && since <= harm) && pod.object.is_some() {
                well.insert(node);
            }
        }
        let node = ill.pop_first().filter(|_| ill.is_empty())?;
        let is_told_apart = !well.is_empty() && !well.contains(&node);
        is_told_apart.then_some((workload, Unheard { node, edges, well }))
    };
    edges.into_iter().filter_map(one).collect()
}

#[cfg(test)]
mod tests {
    use crate::cascade::tests::Story;

    fn told(elsewhere: &str, until: &str) -> Vec<&'static str> {
        let text = format!(
            "{{given: {{pods: [
               {{pod: Pod/s/old-1, node: node-2, labels: {{app: q}}, owner: ReplicaSet/s/old, arrived: 0s, stopping: 60s}},
               {{pod: Pod/s/new-1, node: node-2, labels: {{app: q}}, owner: ReplicaSet/s/new, arrived: 50s, ready: 55s}},
               {{pod: Pod/s/b-1, node: node-1, owner: ReplicaSet/s/b, arrived: 0s, calls: [Service/s/q]}},
               {{pod: Pod/s/b-2, node: {elsewhere}, owner: ReplicaSet/s/b, arrived: 0s, ready: 10s, calls: [Service/s/q]}}],
               workloads: [{{workload: ReplicaSet/s/old, owner: Deployment/s/q}}, {{workload: ReplicaSet/s/new, owner: Deployment/s/q}}, {{workload: Deployment/s/q}},
                 {{workload: ReplicaSet/s/b, owner: Deployment/s/b}}, {{workload: Deployment/s/b}}],
               services: [{{service: Service/s/q, selects: {{app: q}}}}]}}, signals: [
               {{at: 50s, signal: ScalingReplicaSet, subject: Deployment/s/q, labels: {{replicaset: new}}}},
               {{at: 60s, signal: Killing(stopping), subject: Pod/s/old-1}},
               {{at: 70s, signal: Unhealthy(readiness), subject: Pod/s/b-1, labels: {{cause: no-route}}, until: {until}}}]}}"
        );
        let factors = Story::new(&text).analysis().factors;
        factors.iter().filter(|one| one.class.name() == "trigger").map(|one| one.id).collect()
    }

    #[test]
    fn one_node_that_was_not_told_is_no_fault_of_the_rollout() {
        assert_eq!(told("node-2", "3m").first(), Some(&super::ID));
        for (elsewhere, until, why) in
            [("node-1", "3m", "others of the same node are well"), ("node-2", "75s", "it heard of it within seconds")]
        {
            assert!(!told(elsewhere, until).contains(&super::ID), "{why}");
        }
    }
}
