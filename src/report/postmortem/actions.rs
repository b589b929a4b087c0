//! Candidates for action items: for each condition found, a state that can be checked to be reached.

use super::{SENTENCE_CHARS, Size};
use crate::cascade::{Factor, FactorClass};
use crate::evidence::Status;
use crate::report::markdown::Markdown;
use crate::report::view::View;
use crate::signals::Role;

pub struct Action {
    pub state: String,
    pub origin: String,
}

const CHANGE: &str = "A change of this kind is tried in a test environment before production, shown by the pipeline";

/// Factor classes that something can be built against, the most useful first.
const CLASSES: [(FactorClass, &str); 6] = [
    (FactorClass::Latent, "Latent"),
    (FactorClass::Detection, "Detection"),
    (FactorClass::Amplifier, "Amplifier"),
    (FactorClass::Propagation, "Propagation"),
    (FactorClass::Trigger, "Trigger"),
    (FactorClass::Response, "Response"),
];

pub fn list(view: &View, size: Size) -> Vec<Action> {
    let mut actions = Vec::new();
    for (class, name) in CLASSES {
        let answered = view.factors(class).filter_map(|factor| Some((factor, state(view, factor)?)));
        for (factor, state) in answered.take(size.items) {
            let statement = factor.statement.trim_end_matches('.');
            let origin = Markdown::new().say(name).say(": ").prose(statement, 2 * SENTENCE_CHARS);
            let state = Markdown::new().prose(&state, SENTENCE_CHARS).cell();
            actions.push(Action { state, origin: origin.cell() });
        }
    }
    for missing in &view.coverage.missing {
        let source = Markdown::new().code(missing.source, 60);
        let state = match missing.status {
            Status::Expired => source.say(" is stored before it is gone, shown by an archive that has it"),
            _ => {
                Markdown::new().say("In a rehearsal, ").then(&source).say(" comes whole from every node and namespace")
            }
        };
        let status = missing.status.name();
        let origin = Markdown::new().say("Coverage: ").code(missing.source, 60).say(", ").prose(status, 40);
        actions.push(Action { state: state.cell(), origin: origin.cell() });
    }
    actions.truncate(size.items);
    if actions.is_empty() {
        let state = "To fill in: a state that can be checked".to_owned();
        actions.push(Action { state, origin: "no factor was found in the records".to_owned() });
    }
    actions
}

/// The state that answers a factor: its remedy, else what can be said of all of its class; none where nothing can be
/// built against it.
fn state(view: &View, factor: &Factor) -> Option<String> {
    // What began with no change is not mended by testing changes.
    let is_change = || view.signals(&factor.signals).any(|signal| signal.has(Role::Change));
    let of_class = match factor.class {
        FactorClass::Latent | FactorClass::Detection => "To fill in: how a test would show that this no longer holds",
        FactorClass::Amplifier => "In a test, the same course of events no longer grows at this step",
        FactorClass::Propagation => "In a test, the same failure stays with the workload it begins in",
        FactorClass::Trigger if is_change() => CHANGE,
        FactorClass::Response => "A runbook for this first sign exists and was walked through in a rehearsal",
        FactorClass::Trigger | FactorClass::Recovery | FactorClass::Luck => "",
    };
    let state = factor.remedy.as_deref().unwrap_or(of_class);
    Some(state.to_owned()).filter(|state| !state.is_empty())
}
