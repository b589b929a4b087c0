//! What the records cannot answer, asked so that the meeting can: how and what, never who.

use super::{Cascade, Scene};
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

/// A question and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Index of the cascade it is about; none for one about the records.
    pub cascade: Option<usize>,
    pub about: String,
    pub question: String,
}

/// The questions that the catalogue raises for the signals of each cascade, then those of the gaps, then those of the
/// checks; each once.
pub fn ask(scene: &Scene<'_>, cascades: &[Cascade], of_checks: Vec<Question>) -> Vec<Question> {
    let catalogue = scene.catalogue;
    let mut asked = BTreeSet::new();
    let mut questions = Vec::new();
    let mut push = |cascade: Option<usize>, about: String, question: String| {
        if asked.insert(question.clone()) {
            questions.push(Question { cascade, about, question });
        }
    };
    for (number, cascade) in cascades.iter().enumerate() {
        for signal in cascade.signals.iter().filter_map(|index| scene.signals.get(*index)) {
            let Some(rule) = catalogue.rule(&signal.name) else { continue };
            let of = workload(scene, signal);
            for question in &rule.questions {
                let filled = signal.fill(question, &of);
                filled.into_iter().for_each(|question| push(Some(number), of.to_string(), question));
            }
        }
    }
    for signal in scene.signals.iter().filter(|signal| signal.has(Role::Gap)) {
        for question in catalogue.rule(&signal.name).into_iter().flat_map(|rule| &rule.questions) {
            let filled = signal.fill(question, &signal.subject);
            filled.into_iter().for_each(|question| push(None, signal.subject.to_string(), question));
        }
    }
    for one in of_checks {
        push(one.cascade, one.about, one.question);
    }
    questions
}

/// Questions are asked once per workload, not once per pod.
fn workload(scene: &Scene<'_>, signal: &Signal) -> Subject {
    scene.topology.workload_of(&signal.subject).unwrap_or_else(|| signal.subject.clone())
}
