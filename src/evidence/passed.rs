//! Objects with those parts of their status alone that a later version does not tell any more.

use super::conditions::{self, Owner};
use super::findings::Findings;
use super::history::{Part, Shown};
use super::pods;
use super::readiness::Turn;
use crate::model::{Subject, to_the_second};
use crate::objects::{Condition, Pod};

/// Reads what one object of this kind was in for a while.
pub fn read(kind: &str, shown: &Shown, found: &mut Findings) {
    let place = shown.place;
    // One of another shape is told as such where it is read whole.
    let Ok(object) = serde_json::from_str::<Pod>(&shown.json) else { return };
    let meta = &object.metadata;
    let subject = Subject::of_object(kind, &meta.namespace, &meta.name);
    let node = if subject.is("Node") { Some(meta.name.as_str()) } else { object.node() };
    let owner = Owner { place, subject: &subject, node, created: meta.creation_timestamp };
    for condition in &object.status.conditions {
        conditions::read(&owner, condition, found);
        if subject.is("Pod") && condition.kind == "Ready" {
            turned(&owner, condition, found);
        }
    }
    match shown.part {
        _ if !subject.is("Pod") => {}
        Part::WaitsAtFirst => pods::read_waits(place, &object, found),
        Part::Passed | Part::Whole => pods::read_passed(place, &object, found),
    }
}

/// Notes that a pod turned ready or not ready.
fn turned(of: &Owner<'_>, ready: &Condition, found: &mut Findings) {
    let Some(at) = ready.last_transition_time else { return };
    let text = format!("{} Ready {} lastTransitionTime {}", of.subject, ready.status, to_the_second(at));
    let citation = found.cite(of.place, &text);
    let node = of.node.filter(|_| conditions::is_by_kubelet(ready));
    found.turns.add(of.subject.clone(), node, Turn { at, ready: ready.is_true(), citation });
}
