//! A node kept pods away long after the harm, because its pressure condition outlasts the shortage.

use super::{Case, Check, FactorClass, Found};
use crate::model::{length, rfc3339};
use crate::signals::Role;

pub const CHECK: Check =
    Check { id: "lasting-pressure", class: FactorClass::Amplifier, roles: &[Role::Pressure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let signals = case.with(&[Role::Pressure]);
    let lasting = case.of(&signals).filter_map(|signal| Some((signal, signal.until()?)));
    let Some((signal, to)) = lasting.max_by_key(|(_, to)| *to) else { return Vec::new() };
    let node = signal.subject.name();
    let statement = format!(
        "{node} held its pressure condition until {}, {} after the first harm, and kept pods away that long",
        rfc3339(to),
        length(to - case.first_harm())
    );
    let remedy = format!("An alert on what is left of {node}'s resources fires before its pressure condition is set");
    let evidence = signal.ended_by.into_iter().chain(signal.evidence.first().cloned()).collect();
    vec![Found { statement, signals, evidence, remedy: Some(remedy), ..Found::default() }]
}
