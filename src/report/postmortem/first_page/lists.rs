//! The short lists of the page: changes that the cascade has a link to, actions, and questions.

use super::Limits;
use crate::cascade::FactorClass;
use crate::report::markdown::Markdown;
use crate::report::postmortem::impact::{self, change_line};
use crate::report::postmortem::references::References;
use crate::report::postmortem::{NAME_CHARS, SENTENCE_CHARS, questions as all_questions};
use crate::report::sentences::whole_clauses;
use crate::report::view::{Change, Part, Proof, View};

/// Changes at or before the first sign to which the cascade has a link, and how many others there were.
pub fn changes(view: &View, references: &mut References, limits: Limits) -> Vec<Markdown> {
    let is_linked = |change: &&Change| change.part != Part::None;
    // Those whose records tell the most come first, then the nearest.
    let mut linked: Vec<&Change> = view.changes_before().filter(is_linked).collect();
    linked.sort_by_key(|change| change.known);
    let told = linked.iter().take(limits.changes);
    let mut lines: Vec<Markdown> = told.map(|change| change_line(view, change, references)).collect();
    let more = linked.len() - lines.len();
    if more > 0 {
        let of_it = if more == 1 { " more that is part of it is" } else { " more that are part of it are" };
        lines.push(Markdown::new().number(more as u64).say(of_it).say(" in the appendix."));
    }
    let unlinked = view.changes_before().filter(|change| !is_linked(change)).count() as u64;
    let lists = |line: Markdown, before: &'static str| {
        line.say(before).number(unlinked).say(if unlinked == 1 { " other before it." } else { " others before it." })
    };
    match (lines.is_empty(), unlinked, view.absences.changes()) {
        (true, 1.., _) => {
            lines.push(lists(Markdown::new(), "No change is known to have led to it; the appendix lists "))
        }
        (false, 1.., _) => lines.push(lists(Markdown::new(), "No link was found to ")),
        (false, 0, _) => {}
        (true, 0, Proof::Whole | Proof::NotUnderstood) => {
            lines.push(Markdown::new().say("No change before the first sign is recorded."));
        }
        (true, 0, Proof::Lacks(lacks)) => lines.push(impact::lacking(
            Markdown::new().say("No change before the first sign was seen. That there was none cannot be said"),
            lacks,
        )),
    }
    lines
}

pub struct Action {
    pub state: String,
    pub kind: &'static str,
    pub about: &'static str,
}

/// What an action against a factor of a class does, and what the class is called.
const KINDS: [(FactorClass, &str, &str); 6] = [
    (FactorClass::Latent, "prevent", "Latent"),
    (FactorClass::Detection, "detect", "Detection"),
    (FactorClass::Propagation, "mitigate", "Propagation"),
    (FactorClass::Amplifier, "mitigate", "Amplifier"),
    // After those of other kinds, as what began it often lacked the same as what let it happen.
    (FactorClass::Trigger, "prevent", "Trigger"),
    (FactorClass::Response, "learn", "Response"),
];

/// States of named objects that can be seen to be reached, one of each class before a second of any.
pub fn actions(view: &View, limits: Limits) -> Vec<Action> {
    let mut by_class: Vec<_> = KINDS
        .iter()
        .map(|(class, kind, about)| {
            let states = view.factors(*class).filter_map(|factor| factor.remedy.as_deref());
            (states.collect::<Vec<_>>().into_iter(), *kind, *about)
        })
        .collect();
    let mut actions: Vec<Action> = Vec::new();
    while actions.len() < limits.actions {
        let before = actions.len();
        for (states, kind, about) in &mut by_class {
            let next = states.next().filter(|_| actions.len() < limits.actions);
            // A state that was cut could not be seen to be reached.
            let Some(state) = next.map(|state| Markdown::new().prose(state, SENTENCE_CHARS).cell()) else { continue };
            if actions.iter().all(|known| !is_same(&known.state, &state)) {
                actions.push(Action { state, kind, about });
            }
        }
        if actions.len() == before {
            break;
        }
    }
    actions
}

/// Whether two states ask the same of one object, as two checks may that look at it from both ends: they begin alike, with
/// its name and what it is to do.
fn is_same(one: &str, other: &str) -> bool {
    let names = |state: &str| state.split(' ').next().is_some_and(|first| first.contains('/'));
    one == other || names(one) && begin(one).eq(begin(other))
}

/// The first words of a state, without what parts them.
fn begin(state: &str) -> impl Iterator<Item = &str> {
    state.split(' ').take(3).map(|word| word.trim_end_matches(','))
}

/// Questions that records leave open, each with those who may know the answer; those tied to a record are for whoever was
/// on call.
pub fn questions(view: &View, limits: Limits) -> Vec<Markdown> {
    let raised = view.questions_of(0).iter().map(|row| {
        let asked = view.clock.shortened(&row.question);
        let question = Markdown::new().prose(whole_clauses(&asked, 2 * limits.statement), 2 * limits.statement);
        let question = if row.question.ends_with('?') && !question.to_string().ends_with(['?', '…']) {
            question.say("?")
        } else {
            question
        };
        question.say(" (for: ").prose(&row.whom.to_string(), NAME_CHARS).say(")")
    });
    let of_cascade: Vec<Markdown> = raised.collect();
    let tied: Vec<Markdown> =
        all_questions::tied_to_records(view).into_iter().map(|question| question.say(" (for: on call)")).collect();
    // A third of the room is for those tied to records, where there are enough of both.
    let for_tied = tied.len().min(limits.questions / 3);
    let mut questions: Vec<Markdown> = of_cascade.into_iter().take(limits.questions - for_tied).collect();
    questions.extend(tied.into_iter().take(limits.questions - questions.len()));
    questions
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn states_that_begin_with_the_same_of_one_object_are_one() {
        let stays = "`Deployment/s/a` stays ready while Service b has no endpoint, shown by a test";
        assert!(is_same(stays, "`Deployment/s/a` stays ready, or answers what it can, while `Endpoints/s/b` does not"));
        assert!(!is_same(stays, "`Deployment/s/a` runs at least two replicas on different nodes"));
        assert!(!is_same(stays, "`Deployment/s/c` stays ready while Service b has no endpoint, shown by a test"));
        assert!(!is_same("Every container of `a/b` has a limit", "Every container of `a/c` has a limit"));
    }
}
