//! A certificate had expired, as refusals say; and where whoever showed it reads it from.
//!
//! The API server verifies the certificate of a webhook with its caBundle (Kubernetes documentation, Dynamic Admission
//! Control).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::{Pod, configuration_of};
use crate::model::{Subject, rfc3339};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "certificate-ended", class: FactorClass::Trigger, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let signals = expired(case);
    let Some(first) = case.of(&signals).min_by_key(|signal| signal.from.time) else { return Vec::new() };
    let (title, at) = (&first.title, rfc3339(first.from.time));
    let mut statement = format!("{title}, first at {at}");
    let secrets = secrets(case);
    if let Some(secret) = secrets.first() {
        statement.push_str(&format!("; whoever answered reads {secret}"));
    }
    vec![Found::new(statement, signals)]
}

/// The cascade's signals whose message says that a certificate had expired.
pub fn expired(case: &Case<'_>) -> Vec<usize> {
    case.those(|signal| signal.values(crate::signals::CAUSE).any(|cause| cause == "certificate-expired"))
}

/// The Secrets that the pods behind the webhooks read which those refusals name.
pub fn secrets(case: &Case<'_>) -> BTreeSet<Subject> {
    let topology = case.scene.topology;
    let signals = expired(case);
    let webhooks = case.of(&signals).filter(|signal| signal.has(Role::Refused)).filter_map(|one| one.label("webhook"));
    let services: BTreeSet<&Subject> = webhooks.filter_map(|name| topology.webhook(name)?.service.as_ref()).collect();
    let pods = services.into_iter().flat_map(|service| topology.pods_of_service(service));
    let read = pods.filter_map(|pod: &Pod| Some(configuration_of(topology.spec_of(pod)?, &pod.namespace)));
    read.flatten().filter(|subject| subject.is("Secret")).collect()
}
