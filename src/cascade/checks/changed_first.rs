//! A change stands at the head of the cascade; of a rollout, what it brought.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::configuration_of;
use crate::model::{Citation, Order, Severity, rfc3339};
use crate::signals::{Role, Signal};
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "changed-first", class: FactorClass::Trigger, roles: &[Role::Change], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut found = Vec::new();
    for index in case.cascade.first.iter().copied() {
        let Some(signal) = case.signal(index).filter(|signal| may_have_begun(case, signal)) else { continue };
        let mut evidence: Vec<Citation> = signal.evidence.clone();
        let mut statement = format!("{} at {}", signal.title, rfc3339(signal.from.time));
        if signal.has(Role::Rollout) {
            for (what, citation) in what_changed(case, signal) {
                statement.push_str(&format!(". {what}"));
                evidence.push(citation);
            }
        }
        found.push(Found { statement, signals: vec![index], evidence, ..Found::default() });
    }
    found
}

/// Whether a signal is a change that the cascade may have begun with: nothing that was hurt in it is known to have been
/// before.
pub fn may_have_begun(case: &Case<'_>, change: &Signal) -> bool {
    let is_before = |signal: &Signal| case.scene.clocks.order(signal.from, change.from) == Order::Before;
    let mut harm = case.of(&case.cascade.first).filter(|first| first.severity >= Severity::Warning);
    change.has(Role::Change) && !harm.any(is_before)
}

/// The record of a specification and the event of its rollout are no further apart.
const NEAR: TimeDelta = TimeDelta::seconds(5);

/// The difference of the templates, and when the configuration that its pods read was written.
fn what_changed(case: &Case<'_>, rollout: &Signal) -> Vec<(String, Citation)> {
    let (index, at) = (&case.scene.index, rollout.from.time);
    let mut found: Vec<(String, Citation)> = Vec::new();
    // Compared by whole seconds.
    let slack = NEAR + TimeDelta::milliseconds(999);
    let specs = index.of(Role::SpecChange, &rollout.subject).into_iter();
    let specs: Vec<usize> = specs.flat_map(|known| known.between(at - slack, at + slack)).collect();
    for signal in case.of(&specs) {
        found.extend(signal.label("what").zip(signal.evidence.first()).map(|(w, c)| (capitalised(w), *c)));
    }
    let topology = case.scene.topology;
    let Some((workload, namespace)) = topology.workload(&rollout.subject).zip(rollout.subject.namespace()) else {
        return found;
    };
    let read = configuration_of(&workload.template, namespace);
    let written = read.iter().filter_map(|subject| index.of(Role::ConfigChange, subject));
    let written: BTreeSet<usize> = written.flat_map(|known| known.all()).collect();
    for signal in written.into_iter().filter_map(|index| case.signal(index)) {
        let Some(citation) = signal.evidence.first().cloned() else { continue };
        let what = signal.label("what").unwrap_or("written");
        let (written, subject) = (signal.from.time, &signal.subject);
        // Of several writes by one manager only the last has a time.
        let later = if written > at {
            ", which was after this; whether it was written before as well is not recorded"
        } else {
            ""
        };
        found
            .push((format!("Its pods read {subject}, of which {what}, last at {}{later}", rfc3339(written)), citation));
    }
    found
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
