//! A webhook refuses what is to answer for it: its own pods are among those that need its answer.
//!
//! Kubernetes documentation, Admission Webhook Good Practices: a webhook should not intercept its own namespace.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "webhook-self", class: FactorClass::Latent, roles: &[Role::Refused], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let name = signal.label("webhook")?;
        let webhook = case.scene.topology.webhook(name).filter(|webhook| webhook.policy == "Fail")?;
        let service = webhook.service.as_ref()?;
        let maker = case.workload(&signal.subject);
        if !case.scene.topology.workloads_of_service(service).any(|behind| *behind == maker) {
            return None;
        }
        let statement = format!(
            "The webhook {name} must admit the pods of {maker}, which answer for it, so it cannot come back by itself"
        );
        let remedy =
            format!("{} leaves out the namespace of {service}, as its namespaceSelector shows", webhook.configuration);
        Some(Found::new(statement, vec![index]).by(case, [webhook.citation]).mended(remedy))
    };
    case.each(&[Role::Refused]).into_iter().filter_map(told).take(1).collect()
}
