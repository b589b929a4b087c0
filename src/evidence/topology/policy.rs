//! What objects of policy say of pods, and whether one that is not known can be said not to be there.

use super::Topology;
use crate::evidence::known_pods::Pod;
use crate::evidence::settings::{self, Budget, Priority};
use crate::model::Subject;
use chrono::{DateTime, Utc};

/// A workload may have had thousands of pods; those that are looked at, one by one, are no more.
const MOST_PODS: usize = 64;

impl Topology {
    /// The last pods of a workload that had come by a time, in order of arrival: at most 64.
    pub fn last_pods_of(&self, workload: &Subject, by: DateTime<Utc>) -> impl Iterator<Item = &Pod> {
        let all = self.index.by_workload.get(workload).map_or(&[][..], Vec::as_slice);
        let arrived = |index: &usize| self.pods.get(*index).and_then(Pod::arrived);
        let come = all.partition_point(|index| arrived(index).is_none_or(|at| at <= by));
        let last = all.get(come.saturating_sub(MOST_PODS)..come).unwrap_or_default();
        last.iter().filter_map(|index| self.pods.get(*index))
    }

    /// Whether every PodDisruptionBudget is known and none is about a pod; nothing where that is not known.
    pub fn has_no_budget(&self, pod: &Pod) -> Option<bool> {
        self.settings.whole.fetched(settings::BUDGETS)?;
        let labels = self.labels_of(pod)?;
        let is_about = |(subject, budget): (&Subject, &Budget)| {
            let selects = || budget.selector.iter().all(|(key, value)| labels.get(key) == Some(value));
            subject.namespace() == Some(pod.namespace.as_str()) && (budget.has_expressions || selects())
        };
        Some(!self.settings.budgets.iter().any(is_about))
    }

    /// Whether every LimitRange is known and a namespace has none; nothing where that is not known.
    pub fn has_no_limit_range(&self, namespace: &str) -> Option<bool> {
        self.settings.whole.fetched(settings::LIMIT_RANGES)?;
        Some(!self.settings.limit_ranges.contains(namespace))
    }

    /// When all events of the cluster were asked for, where they came whole: what they lack was not told within the hour
    /// for which API servers keep them (kube-apiserver `--event-ttl`).
    pub fn events_came_whole(&self) -> Option<DateTime<Utc>> {
        self.settings.whole.fetched("events")
    }

    /// The PriorityClass called so.
    pub fn priority(&self, class: &str) -> Option<&Priority> {
        self.settings.priorities.get(class)
    }
}
