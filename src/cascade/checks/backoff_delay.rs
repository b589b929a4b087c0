//! The kubelet waited before it started containers again, after what had ended them was over.

use super::{Case, Check, FactorClass, Found};
use crate::cascade::Edge;
use crate::model::rfc3339;
use crate::signals::Role;

pub const CHECK: Check =
    Check { id: "backoff-delay", class: FactorClass::Amplifier, roles: &[Role::RestartBackoff], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_delay = |edge: &&&Edge| {
        case.ends(edge).is_some_and(|(from, to)| from.has(Role::RestartBackoff) && to.has(Role::Restart))
    };
    let signals: Vec<usize> = case.edges.iter().filter(is_delay).map(|edge| edge.to).collect();
    let Some(last) = case.of(&signals).max_by_key(|signal| signal.from.time) else { return Vec::new() };
    let statement = format!(
        "Restart back-off delayed recovery: the last start after it was that of {} at {}",
        last.subject,
        rfc3339(last.from.time)
    );
    vec![Found { statement, signals, ..Found::default() }]
}
