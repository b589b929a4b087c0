//! What a rollout changed, told by the templates that ReplicaSets keep of every revision of a Deployment.

use super::changes::{self, Change};
use super::findings::{Findings, Place, Workload};
use super::known_pods::containers;
use crate::model::{Subject, to_the_second};
use crate::objects::Container;
use std::collections::BTreeMap;

/// Adds a change for each revision that followed another.
pub fn compare(found: &mut Findings) {
    let mut revisions: BTreeMap<Subject, Vec<(&Subject, &Workload)>> = BTreeMap::new();
    for (subject, set) in &found.workloads {
        if let (true, Some(owner)) = (subject.is("ReplicaSet"), &set.owner) {
            revisions.entry(owner.clone()).or_default().push((subject, set));
        }
    }
    let mut changed = Vec::new();
    for (deployment, mut sets) in revisions {
        // Rolling back renumbers an old ReplicaSet without making a new one, so the order is that of creation.
        sets.sort_by_key(|(subject, set)| (set.created, (*subject).clone()));
        for ((_, before), (set, after)) in sets.iter().zip(sets.iter().skip(1)) {
            if let (Some(at), Some(citation)) = (after.created, &after.citation) {
                changed.push((deployment.clone(), (*set).clone(), at, *citation, difference(before, after)));
            }
        }
    }
    for (deployment, set, at, citation, what) in changed {
        let place = Place { entry: citation.entry, line: citation.line, fetched: at };
        let quote = format!("{set} creationTimestamp {}", to_the_second(at));
        changes::push(place, &deployment, Change { at, what, by: "", quote }, found);
    }
}

fn difference(before: &Workload, after: &Workload) -> String {
    let mut parts = Vec::new();
    let old: BTreeMap<&str, &Container> = containers(&before.template).map(|c| (c.name.as_str(), c)).collect();
    for container in containers(&after.template) {
        match old.get(container.name.as_str()) {
            Some(old) => parts.extend(container_difference(old, container)),
            None => parts.push(format!("container {} added", container.name)),
        }
    }
    let new: Vec<&str> = containers(&after.template).map(|c| c.name.as_str()).collect();
    parts.extend(old.keys().filter(|name| !new.contains(name)).map(|name| format!("container {name} removed")));
    if parts.is_empty() {
        let restarted = "kubectl.kubernetes.io/restartedAt";
        if after.template_annotations.get(restarted) != before.template_annotations.get(restarted) {
            return "its pods were restarted (rollout restart); nothing else in the template changed".to_owned();
        }
        return "rolled out anew; containers, images and resources did not change".to_owned();
    }
    format!("rolled out anew: {}", parts.join("; "))
}

fn container_difference(old: &Container, new: &Container) -> Vec<String> {
    let mut parts = Vec::new();
    if old.image != new.image {
        parts.push(format!("image of {} from {} to {}", new.name, old.image, new.image));
    }
    if old.command != new.command || old.args != new.args {
        parts.push(format!("command of {} changed", new.name));
    }
    let (limits, requests) = (&old.resources.limits, &old.resources.requests);
    if *limits != new.resources.limits || *requests != new.resources.requests {
        parts.push(format!("resources of {} changed", new.name));
    }
    if old.liveness_probe != new.liveness_probe || old.readiness_probe != new.readiness_probe {
        parts.push(format!("probes of {} changed", new.name));
    }
    let names = |container: &Container| -> Vec<(String, String)> {
        container.env.iter().map(|env| (env.name.clone(), env.value.clone())).collect()
    };
    if names(old) != names(new) {
        parts.push(format!("environment of {} changed", new.name));
    }
    parts
}
