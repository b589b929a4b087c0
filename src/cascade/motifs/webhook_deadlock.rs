//! Webhook deadlock: the pods that answer for a webhook cannot be made, since the webhook would have to admit them.
//!
//! Its parts: a workload was refused pods because a webhook did not answer, and the Service that the webhook is asked by
//! selects that very workload.
//!
//! Source: kubernetes documentation, Dynamic Admission Control ("avoiding deadlocks in self-hosted webhooks").

use super::Motif;
use super::sight::{Sight, clock};
use crate::model::{Subject, length};
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

pub const NAME: &str = "webhook-deadlock";

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut of_workload: BTreeMap<(&str, Subject), Vec<(usize, &Signal)>> = BTreeMap::new();
    for (index, refused) in sight.with(&[Role::Refused]) {
        let Some(webhook) = refused.label("webhook") else { continue };
        of_workload.entry((webhook, sight.workload(&refused.subject))).or_default().push((index, refused));
    }
    let found = of_workload.into_iter().filter_map(|((webhook, workload), refused)| {
        let known = sight.scene.topology.webhook(webhook)?;
        let service = known.service.as_ref().filter(|service| answers(sight, service, &workload))?;
        let first = refused.iter().map(|(_, one)| one.from.time).min()?;
        let last = refused.iter().map(|(_, one)| one.last_seen()).max()?;
        let lasted = last - first;
        let still =
            if lasted.num_seconds() > 0 { format!(", and still {} later", length(lasted)) } else { String::new() };
        let statement = format!(
            "Webhook {webhook} keeps its own pods out: {workload} answers for it through {service}, and was refused new pods at \
             {}{still}, because {webhook} did not answer",
            clock(first),
        );
        Some(sight.motif(NAME, statement, &refused, &[known.citation]))
    });
    found.collect()
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
