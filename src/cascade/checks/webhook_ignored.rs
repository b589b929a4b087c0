//! The API server goes on without a webhook of this kind that does not answer: what was made meanwhile was neither changed
//! nor judged by it, and whoever made it got no error.
//!
//! Kubernetes documentation, Dynamic Admission Control, Failure policy.

use super::{Case, Check, FactorClass, Found};
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "webhook-ignored", class: FactorClass::Latent, roles: &[Role::FailedOpen], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_webhook: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::FailedOpen]) {
        signal.label("webhook").into_iter().for_each(|name| of_webhook.entry(name).or_default().push(index));
    }
    let told = |(name, signals): (&str, Vec<usize>)| {
        let webhook = case.scene.topology.webhook(name);
        let whose = webhook.map(|webhook| format!(" of {}", webhook.configuration)).unwrap_or_default();
        let done = match webhook.map(|webhook| webhook.configuration.kind()) {
            Some("ValidatingWebhookConfiguration") => "judged",
            Some(_) => "changed",
            None => "changed or judged",
        };
        let statement = format!(
            "The API server goes on without the webhook {name}{whose} when it does not answer (failurePolicy Ignore), so what was made meanwhile was not {done} by it"
        );
        let remedy =
            format!("What was made without the webhook {name} is found and made again within minutes of its return");
        Found::new(statement, signals).by(case, webhook.map(|webhook| webhook.citation)).mended(remedy)
    };
    of_webhook.into_iter().map(told).collect()
}
