//! What objects of policy say of pods, whether one that is not known can be said not to be there, and who reads what.

use super::{Topology, configuration_of};
use crate::evidence::known_pods::Pod;
use crate::evidence::settings::{self, Budget, Grant, Priority};
use crate::model::{Citation, Subject};
use crate::objects::PodSpec;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

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

    /// Whether a PodDisruptionBudget may be about pods with these labels, as far as its selector was read.
    pub fn budget_selects(&self, budget: &Subject, labels: &BTreeMap<String, String>) -> bool {
        let budget = self.settings.budgets.get(budget);
        budget.is_none_or(|budget| budget.selector.iter().all(|(key, value)| labels.get(key) == Some(value)))
    }

    /// What an admission policy compares a request in a namespace with, as its bindings name it.
    pub fn parameters_of<'a>(&'a self, policy: &str, namespace: &'a str) -> impl Iterator<Item = Subject> {
        let known = self.settings.parameters.get(policy);
        let kind = known.and_then(|known| known.kind.as_deref());
        let objects = known.into_iter().flat_map(|known| &known.objects);
        objects.filter_map(move |(place, name)| {
            Some(Subject::of_object(kind?, place.as_deref().unwrap_or(namespace), name))
        })
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

    /// The bindings that give a ServiceAccount, as `system:serviceaccount:NAMESPACE:NAME`, a role.
    pub fn grants_to<'a>(&'a self, account: &'a str) -> impl Iterator<Item = (&'a Subject, &'a Grant)> {
        self.settings.grants.iter().filter(move |(_, grant)| grant.accounts.contains(account))
    }

    /// The Secrets with which the images of a pod of this name are pulled.
    pub fn pull_secrets_of(&self, pod: &Subject) -> impl Iterator<Item = (Subject, Option<Citation>)> {
        self.pods_named(pod).filter_map(|pod| Some((pod, self.spec_of(pod)?))).flat_map(move |(pod, spec)| {
            let citation = pod.object.as_ref().map(|object| object.citation);
            let of = move |name: &str| (Subject::namespaced("Secret", &pod.namespace, name), citation);
            spec.image_pull_secrets.iter().map(move |secret| of(&secret.name))
        })
    }

    /// The workloads at the top whose pods read a ConfigMap or Secret, or pull their images with it.
    pub fn readers_of(&self, setting: &Subject) -> BTreeSet<&Subject> {
        let namespace = setting.namespace().unwrap_or_default();
        let reads = |template: &PodSpec| {
            let pulls = || template.image_pull_secrets.iter().any(|secret| secret.name == setting.name());
            configuration_of(template, namespace).contains(setting) || (setting.is("Secret") && pulls())
        };
        let own = self.workloads.iter().filter(|(subject, workload)| {
            workload.owner.is_none() && subject.namespace() == Some(namespace) && reads(&workload.template)
        });
        own.map(|(subject, _)| subject).collect()
    }

    /// The PriorityClass called so.
    pub fn priority(&self, class: &str) -> Option<&Priority> {
        self.settings.priorities.get(class)
    }
}
