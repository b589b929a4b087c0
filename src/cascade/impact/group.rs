//! Whose a pod is: those of a group are counted together.

use crate::evidence::{Pod, Topology};
use crate::model::Subject;
use chrono::{DateTime, Utc};

/// Whose a pod is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Of(Subject),
    /// Pods of a namespace that nothing made: nothing replaces them either.
    Bare(String),
    /// Pods of a namespace of which no more is known than their names.
    Unknown(String),
    /// A pod that its node made.
    Alone(Subject),
}

pub(super) fn group_of(topology: &Topology, subject: &Subject, pod: Option<&Pod>) -> Group {
    let namespace = || subject.namespace().unwrap_or_default().to_owned();
    let Some(pod) = pod else { return Group::Unknown(namespace()) };
    match topology.workload_of_pod(pod) {
        Some(owner) if owner.is("Node") => Group::Alone(subject.clone()),
        Some(owner) => Group::Of(owner),
        None if pod.object.is_some() => Group::Bare(namespace()),
        None => Group::Unknown(namespace()),
    }
}

pub(super) fn whose(group: &Group, one: bool) -> String {
    let pods = if one { "a pod" } else { "pods" };
    match group {
        Group::Of(workload) => format!("{pods} of {workload}"),
        Group::Bare(namespace) => format!("{pods} without a controller in namespace {namespace}"),
        Group::Unknown(namespace) => format!("{pods} in namespace {namespace}"),
        Group::Alone(pod) => pod.to_string(),
    }
}

/// When a pod was gone, as far as it is.
pub(super) fn gone_at(topology: &Topology, pod: &Pod) -> Option<DateTime<Utc>> {
    match &pod.object {
        Some(object) => object.finished,
        None => pod.last_seen.filter(|_| topology.has_pod_objects()),
    }
}
