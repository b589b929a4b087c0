//! A change led to nothing for long, until somebody met it: what it forbids or takes away is asked for only when something
//! is made, started or pulled, so nobody could see it when it was made.
//!
//! Source: kubernetes documentation, Resource Quotas, Limit Ranges, Pod Security Admission (they hold for what is made,
//! never for what runs) and Images (what runs already is pulled no more).

use super::dormant_change;
use super::{Case, Check, FactorClass, Found};
use crate::model::{length, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check = Check { id: "shown-late", class: FactorClass::Detection, roles: &[Role::Change], find };

/// What shows sooner is seen by who makes the change.
const LONG: TimeDelta = TimeDelta::seconds(60);

fn find(case: &Case<'_>) -> Vec<Found> {
    let told: BTreeSet<usize> = (dormant_change::CHECK.find)(case).into_iter().flat_map(|one| one.signals).collect();
    let mut first: BTreeMap<usize, (usize, &Signal)> = BTreeMap::new();
    for edge in &case.edges {
        let Some((change, met)) = case.ends(edge) else { continue };
        // A rollout goes on for minutes in good health.
        let rolls = [Role::Rollout, Role::SpecChange].iter().any(|role| change.has(*role));
        if !change.has(Role::Change) || rolls || change.subject.is("Pod") || told.contains(&edge.from) {
            continue;
        }
        let slot = first.entry(edge.from).or_insert((edge.to, met));
        if met.from.time < slot.1.from.time {
            *slot = (edge.to, met);
        }
    }
    let late = first.into_iter().filter_map(|(index, (to, met))| {
        let change = case.signal(index)?;
        let waited = met.from.time - change.from.time;
        let (subject, at) = (&change.subject, rfc3339(change.from.time));
        let statement = format!(
            "Nothing showed for {} after the change of {subject} at {at}: the first to meet it was {}",
            length(waited),
            met.subject
        );
        let remedy = format!(
            "A change of {subject} is tried by something that meets it at once, as a check after each change shows"
        );
        (waited >= LONG).then(|| Found::new(statement, vec![index, to]).mended(remedy))
    });
    late.collect()
}
