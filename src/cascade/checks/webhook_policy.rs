//! A webhook that did not answer was one without whose answer nothing is admitted.

use super::{Case, Check, FactorClass, Found};
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "webhook-policy", class: FactorClass::Latent, roles: &[Role::Refused], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut refused: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for index in case.with(&[Role::Refused]) {
        if let Some(webhook) = case.signal(index).and_then(|signal| signal.label("webhook")) {
            refused.entry(webhook).or_default().push(index);
        }
    }
    let mut found = Vec::new();
    for (name, signals) in refused {
        let Some(webhook) = case.scene.topology.webhook(name).filter(|webhook| webhook.policy == "Fail") else {
            continue;
        };
        let (configuration, timeout_s) = (&webhook.configuration, webhook.timeout_s);
        let asked = webhook.service.as_ref().map(|service| format!(" of {service}")).unwrap_or_default();
        let statement = format!(
            "{configuration} admits nothing without an answer{asked} to the webhook {name} (failurePolicy Fail, {timeout_s} s)"
        );
        let remedy = format!(
            "Pods are still made while the webhook {name} of {configuration} does not answer, or whoever answers has several pods and an alert that fires before it stops"
        );
        let first = case.of(&signals).next().and_then(|signal| signal.evidence.first().copied());
        let evidence = [webhook.citation].into_iter().chain(first).collect();
        found.push(Found { statement, signals, evidence, remedy: Some(remedy), ..Found::default() });
    }
    found
}
