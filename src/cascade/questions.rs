//! What the records cannot answer, asked so that the meeting can: how and what, never who.

use super::{Cascade, Scene};
use crate::model::{Subject, rfc3339};
use crate::signals::{Catalogue, Signal};
use std::collections::BTreeSet;

/// A question and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    pub about: String,
    pub question: String,
}

/// The questions that the catalogue raises for the signals of the cascades, then those of the gaps.
pub fn ask(catalogue: &Catalogue, scene: &Scene<'_>, cascades: &[Cascade]) -> Vec<Question> {
    let mut asked = BTreeSet::new();
    let mut questions = Vec::new();
    let mut push = |about: String, question: String| {
        if asked.insert(question.clone()) {
            questions.push(Question { about, question });
        }
    };
    let members = cascades.first().into_iter().flat_map(|cascade| &cascade.signals);
    for signal in members.filter_map(|index| scene.signals.get(*index)) {
        let Some(rule) = catalogue.rule(&signal.name) else { continue };
        let of = workload(scene, signal);
        for question in &rule.questions {
            push(of.to_string(), filled(question, signal, &of));
        }
    }
    for signal in scene.signals.iter().filter(|signal| signal.layer == "gap") {
        for question in catalogue.rule(&signal.name).into_iter().flat_map(|rule| &rule.questions) {
            push(signal.subject.to_string(), filled(question, signal, &signal.subject));
        }
    }
    if let (Some(cascade), Some(first)) =
        (cascades.first(), cascades.first().and_then(|cascade| cascade.affected.first()))
    {
        let at = rfc3339(cascade.from);
        push(
            "detection".to_owned(),
            format!(
                "How did the trouble of {first} (from {at}) come to attention, and which earlier sign of it was there to see?"
            ),
        );
        push(
            "response".to_owned(),
            "What options were considered at each step, and what made the one that was taken look right?".to_owned(),
        );
        push("luck".to_owned(), "What kept this from growing further?".to_owned());
    }
    questions
}

/// Questions are asked once per workload, not once per pod.
fn workload(scene: &Scene<'_>, signal: &Signal) -> Subject {
    scene.evidence.topology.workload_of(&signal.subject).unwrap_or_else(|| signal.subject.clone())
}

fn filled(question: &str, signal: &Signal, of: &Subject) -> String {
    question
        .replace("{name}", of.name())
        .replace("{namespace}", of.namespace().unwrap_or_default())
        .replace("{node}", signal.node.as_deref().unwrap_or("the node"))
        .replace("{resource}", signal.label("resource").unwrap_or("the resource"))
        .replace("{subject}", &of.to_string())
}
