//! Webhook deadlock: the pods that answer for a webhook cannot be made, since the webhook would have to admit them.
//!
//! Its parts: a workload was refused pods because a webhook did not answer, and the Service that the webhook is asked by
//! selects that very workload.
//!
//! Source: kubernetes documentation, Dynamic Admission Control ("avoiding deadlocks in self-hosted webhooks").

use super::Motif;
use super::sight::{Sight, clock};
use crate::model::{Subject, length};
use crate::signals::Role;

pub const NAME: &str = "webhook-deadlock";

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut found = Vec::new();
    for (index, refused) in sight.with(&[Role::Refused]) {
        let Some(webhook) = refused.label("webhook") else { continue };
        let Some(known) = sight.scene.topology.webhook(webhook) else { continue };
        let Some(service) = &known.service else { continue };
        let workload = sight.workload(&refused.subject);
        if !answers(sight, service, &workload) {
            continue;
        }
        let lasted = refused.last_seen() - refused.from.time;
        let during =
            if lasted.num_seconds() > 0 { format!(", and for {} after", length(lasted)) } else { String::new() };
        let statement = format!(
            "Webhook {webhook} keeps its own pods out: {workload} answers for it through {service}, and was refused new pods at \
             {}{during}, because {webhook} did not answer",
            clock(refused.from.time),
        );
        found.push(sight.motif(NAME, statement, &[(index, refused)], &[known.citation]));
    }
    found
}

/// Whether a Service selects the pods of a workload: those that it has or had, or those that it would make.
fn answers(sight: &Sight<'_>, service: &Subject, workload: &Subject) -> bool {
    let topology = sight.scene.topology;
    let selector = topology.services().find(|(subject, _)| *subject == service).map(|(_, known)| &known.selector);
    let made = topology.workload(workload).map(|known| &known.labels);
    let would = selector.zip(made).is_some_and(|(selector, labels)| {
        !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
    });
    let is_near = service.namespace() == workload.namespace();
    topology.workloads_of_service(service).any(|one| one == workload) || would && is_near
}
