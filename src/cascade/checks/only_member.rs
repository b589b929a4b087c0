//! A part of the control plane that failed was the only one of its kind.
//!
//! Static pods are named after their node (pkg/kubelet/config/common.go, `generatePodName`), so one component has one such
//! pod for each node that runs it.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{NodeTraits, Pod};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "only-member", class: FactorClass::Latent, roles: &[], find };

/// Labels of nodes that run the control plane (Kubernetes documentation, Well-Known Labels, Annotations and Taints).
const PLANES: &[&str] = &["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_pod: BTreeMap<&Subject, Vec<usize>> = BTreeMap::new();
    // What failed by itself and hurt others.
    for edge in &case.edges {
        let Some((from, to)) = case.ends(edge) else { continue };
        if is_failure(from) && to.is_harm() && to.subject != from.subject {
            of_pod.entry(&from.subject).or_default().push(edge.from);
        }
    }
    of_pod.into_iter().filter_map(|(pod, signals)| told(case, pod, signals)).collect()
}

fn is_failure(signal: &Signal) -> bool {
    let is_one = signal.subject.is("Pod") && signal.subject.namespace() == Some("kube-system");
    is_one && signal.is_harm() && !signal.has(Role::ErrorLine)
}

fn told(case: &Case<'_>, subject: &Subject, mut signals: Vec<usize>) -> Option<Found> {
    let topology = case.scene.topology;
    let component = |name: &str, node: &str| {
        let component = name.strip_suffix(node)?.strip_suffix('-')?;
        (!component.is_empty()).then(|| component.to_owned())
    };
    let pod = topology.pods_named(subject).last()?;
    let own = component(&pod.name, pod.node.as_deref()?)?;
    let is_like = |other: &&Pod| {
        let node = other.node.as_deref();
        other.namespace == pod.namespace && node.and_then(|node| component(&other.name, node)).as_ref() == Some(&own)
    };
    // Another node of the control plane may run one that the archive does not have.
    let is_other_plane = |(node, traits): (&str, &NodeTraits)| {
        pod.node.as_deref() != Some(node) && traits.labels.keys().any(|key| PLANES.contains(&key.as_str()))
    };
    if topology.all_node_traits().any(is_other_plane) {
        return None;
    }
    let of_node = pod.owner.as_ref().is_none_or(|owner| owner.is("Node"));
    if !of_node || !topology.has_pod_objects() || topology.pods().iter().filter(is_like).any(|one| one.name != pod.name)
    {
        return None;
    }
    signals.dedup();
    let statement = format!("{subject} was the only {own}, so nothing did its work while it could not");
    let remedy =
        format!("{own} runs on several nodes, and a try shows that the cluster works on while one of them is stopped");
    let record = pod.object.as_ref().map(|object| object.citation);
    Some(Found::new(statement, signals).by(case, record).mended(remedy))
}
