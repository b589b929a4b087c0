//! The group of nodes was as large as it may be, so none was added.
//!
//! cluster-autoscaler 1.30, FAQ: `max node group size reached`.

use super::case::names;
use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "group-at-maximum", class: FactorClass::Latent, roles: &[Role::NoScaleUp], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_full = |signal: &Signal| {
        signal.has(Role::NoScaleUp) && signal.values("why").any(|why| why.contains("max node group size"))
    };
    let signals = case.those(is_full);
    if signals.is_empty() {
        return Vec::new();
    }
    let pods = names(case.of(&signals).map(|signal| &signal.subject));
    let statement =
        format!("The group of nodes that could have taken {pods} was at its maximum size, so no node was added");
    let remedy = format!(
        "The node group's maximum leaves room for one node more than its pods request, and {pods} would be scheduled"
    );
    vec![Found::new(statement, signals).mended(remedy)]
}
