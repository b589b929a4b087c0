//! What the records cannot answer, asked so that the meeting can: how and what, never who.

use super::{Cascade, Scene};
use crate::model::{Subject, rfc3339};
use crate::signals::{Catalogue, Signal};
use std::collections::BTreeSet;

/// A question and what it is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// Index of the cascade it is about; none for one about the records.
    pub cascade: Option<usize>,
    pub about: String,
    pub question: String,
}

/// The questions that the catalogue raises for the signals of each cascade, then those of the gaps, then those that
/// the largest cascade deserves whatever it is.
pub fn ask(catalogue: &Catalogue, scene: &Scene<'_>, cascades: &[Cascade]) -> Vec<Question> {
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
                let filled = filled(question, signal, &of);
                filled.into_iter().for_each(|question| push(Some(number), of.to_string(), question));
            }
        }
    }
    for signal in scene.signals.iter().filter(|signal| signal.layer == "gap") {
        for question in catalogue.rule(&signal.name).into_iter().flat_map(|rule| &rule.questions) {
            let filled = filled(question, signal, &signal.subject);
            filled.into_iter().for_each(|question| push(None, signal.subject.to_string(), question));
        }
    }
    if let Some((cascade, first)) = cascades.first().and_then(|cascade| Some((cascade, cascade.affected.first()?))) {
        let at = rfc3339(cascade.from);
        let noticed = format!(
            "How did the trouble of {first} (from {at}) come to attention, and which earlier sign of it was there to see?"
        );
        let options = "What options were considered at each step, and what made the one that was taken look right?";
        push(Some(0), "detection".to_owned(), noticed);
        push(Some(0), "response".to_owned(), options.to_owned());
        push(Some(0), "luck".to_owned(), "What kept this from growing further?".to_owned());
    }
    questions
}

/// Questions are asked once per workload, not once per pod.
fn workload(scene: &Scene<'_>, signal: &Signal) -> Subject {
    scene.evidence.topology.workload_of(&signal.subject).unwrap_or_else(|| signal.subject.clone())
}

/// The question with its placeholders filled; none where the records do not have what it speaks of.
fn filled(question: &str, signal: &Signal, of: &Subject) -> Option<String> {
    let mut out = String::new();
    let mut rest = question;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, tail) = after.split_once('}')?;
        out.push_str(before);
        match name {
            "name" => out.push_str(of.name()),
            "namespace" => out.push_str(of.namespace().unwrap_or_default()),
            "node" => out.push_str(signal.node.as_deref().unwrap_or("the node")),
            "subject" => out.push_str(&of.to_string()),
            label => out.push_str(signal.label(label)?),
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(out)
}
