//! Whose a pod is: those of a group are counted together.

use super::super::family;
use crate::evidence::{Pod, Topology};
use crate::model::Subject;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Whose a pod is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Group {
    Of(Subject),
    /// Those of several Jobs that are runs of the same.
    Runs(String),
    /// Pods of a namespace that nothing made: nothing replaces them either.
    Bare(String),
    /// Pods of which no more is known than their names: what these have in common, as `Pod/shop/web-6d4cf56db6-*`.
    Unknown(String),
    /// A pod that its node made.
    Alone(Subject),
}

/// Jobs by what they are runs of, where that is several.
pub(super) struct Groups<'a> {
    topology: &'a Topology,
    runs: BTreeMap<String, BTreeSet<&'a Subject>>,
}

impl<'a> Groups<'a> {
    pub fn new(topology: &'a Topology) -> Self {
        let mut runs: BTreeMap<String, BTreeSet<&Subject>> = BTreeMap::new();
        for job in topology.jobs() {
            runs.entry(family::of_job(topology, job)).or_default().insert(job);
        }
        runs.retain(|_, jobs| jobs.len() > 1);
        Self { topology, runs }
    }

    /// Whose a pod is.
    pub fn of(&self, subject: &Subject, pod: Option<&Pod>) -> Group {
        let namespace = || subject.namespace().unwrap_or_default().to_owned();
        let by_name = || {
            let name = family::of_pod(self.topology, subject);
            Group::Unknown(if name == subject.to_string() { name } else { format!("{name}-*") })
        };
        let Some(pod) = pod else { return by_name() };
        let Some(owner) = self.topology.workload_of_pod(pod) else {
            return if pod.object.is_some() { Group::Bare(namespace()) } else { by_name() };
        };
        let runs = || Some(family::of_job(self.topology, &owner)).filter(|jobs| self.runs.contains_key(jobs));
        match owner.kind() {
            "Node" => Group::Alone(subject.clone()),
            "Job" => runs().map_or_else(|| Group::Of(owner.clone()), Group::Runs),
            _ => Group::Of(owner),
        }
    }

    /// All pods of a group that something made.
    pub fn pods(&self, group: &Group) -> Vec<&'a Pod> {
        match group {
            Group::Of(workload) => self.topology.pods_of_workload(workload).collect(),
            Group::Runs(jobs) => {
                let jobs = self.runs.get(jobs).into_iter().flatten();
                jobs.flat_map(|job| self.topology.pods_of_workload(job)).collect()
            }
            Group::Bare(_) | Group::Unknown(_) | Group::Alone(_) => Vec::new(),
        }
    }
}

pub(super) fn whose(group: &Group, one: bool) -> String {
    let pods = if one { "a pod" } else { "pods" };
    match group {
        Group::Of(workload) => format!("{pods} of {workload}"),
        Group::Runs(jobs) => format!("{pods} of {jobs}"),
        Group::Bare(namespace) => format!("{pods} without a controller in namespace {namespace}"),
        Group::Unknown(name) if !name.ends_with('*') => name.clone(),
        Group::Unknown(name) => format!("{pods} {}", name.trim_start_matches("Pod/")),
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
