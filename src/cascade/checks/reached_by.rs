//! What had been changed before met new pods only once something else made them: a rollout, more replicas, an emptied node.
//!
//! Analysis of published incidents, motif "delayed execution": the step that makes pods anew is innocent, and without it the
//! change would have shown later.

use super::{Case, Check, FactorClass, Found};
use crate::model::rfc3339;
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check {
    id: "reached-by",
    class: FactorClass::Propagation,
    roles: &[Role::Rollout, Role::Cordon, Role::Drained],
    find,
};

/// What shows sooner was met by whoever made the change.
const LONG: TimeDelta = TimeDelta::seconds(60);

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut causes: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for edge in &case.edges {
        causes.entry(edge.to).or_default().push(edge.from);
    }
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for (index, step) in case.each(&[Role::Rollout, Role::Cordon, Role::Drained]) {
        let Some((change, met)) = met_by(case, (index, step), &causes) else { continue };
        if !said.insert((&step.subject, change)) {
            continue;
        }
        if let Some(earlier) = case.signal(change) {
            let statement = format!(
                "{} at {}, and what came of that met an earlier change: {}, at {}",
                step.title,
                rfc3339(step.from.time),
                earlier.title,
                rfc3339(earlier.from.time)
            );
            let found_here = Found::new(statement, vec![index, change, met]);
            found.push(Found { order: (index, 0), ..found_here });
        }
    }
    found
}

/// The first harm that came of a step and of an earlier change elsewhere, with that change.
fn met_by(
    case: &Case<'_>,
    (index, step): (usize, &Signal),
    causes: &BTreeMap<usize, Vec<usize>>,
) -> Option<(usize, usize)> {
    let of_step = case.reached_from(index);
    let own = case.workload(&step.subject);
    let is_earlier = |cause: &usize| {
        let change = case.signal(*cause)?;
        let is_one = change.has(Role::Change) && !change.has(Role::Rollout) && !change.has(Role::Cordon);
        let is_else = !of_step.contains(cause) && case.workload(&change.subject) != own;
        (is_one && is_else && change.from.time + LONG <= step.from.time).then_some(*cause)
    };
    let harm = of_step.iter().filter(|to| case.signal(**to).is_some_and(Signal::is_harm));
    let mut met = harm.filter_map(|to| Some((causes.get(to)?.iter().find_map(is_earlier)?, *to)));
    met.next()
}
