//! Something that was deleted stays, because nobody takes a finalizer off.
//!
//! Kubernetes documentation, Finalizers: an object goes only when its list of them is empty.

use super::{Case, Check, FactorClass, Found};
use crate::signals::Role;

pub const CHECK: Check = Check { id: "finalizer", class: FactorClass::Latent, roles: &[Role::StuckDeletion], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &crate::signals::Signal)| {
        // What the control plane puts on itself goes by itself.
        let finalizers = signal.label("finalizers").filter(|one| !one.is_empty() && *one != "kubernetes")?;
        let subject = &signal.subject;
        let statement = format!(
            "{subject} was to be deleted and stays until the finalizer {finalizers} is taken off, which nothing recorded does"
        );
        let remedy = format!("Whatever takes {finalizers} off runs, and {subject} is gone");
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    case.each(&[Role::StuckDeletion]).into_iter().filter_map(told).collect()
}
