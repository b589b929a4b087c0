//! A namespace cannot go, because an API group that does not answer might still have objects in it.
//!
//! The namespace controller asks every group what is left, and waits for all answers
//! (pkg/controller/namespace/deletion).

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check =
    Check { id: "silent-api-group", class: FactorClass::Latent, roles: &[Role::StuckDeletion], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let group = signal.label("api_group")?;
        let subject = &signal.subject;
        let statement = format!(
            "The API group {group} does not answer, so it cannot be known what is left in {subject}, and it stays"
        );
        let remedy = format!("Every APIService of the group {group} is Available, or is deleted with what served it");
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    case.each(&[Role::StuckDeletion]).into_iter().filter_map(told).collect()
}
