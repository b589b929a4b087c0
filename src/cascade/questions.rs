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
    pub whom: Whom,
    pub question: String,
}

/// Those who may know the answer, by what they look after.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whom {
    OnCall,
    /// Whoever looks after a workload, or what it uses.
    Owner(Subject),
    Platform,
}

impl std::fmt::Display for Whom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::OnCall => f.write_str("on call"),
            Self::Owner(of) => write!(f, "owner of {of}"),
            Self::Platform => f.write_str("platform"),
        }
    }
}

impl Whom {
    /// Those who look after a subject: what is in no namespace, or in that of the cluster itself, is the platform's.
    pub fn of(subject: &Subject) -> Self {
        match subject.namespace() {
            None | Some("kube-system") => Self::Platform,
            Some(_) => Self::Owner(subject.clone()),
        }
    }
}

/// Of each cascade what its checks leave open, then what the catalogue asks for its signals; then what it asks for the
/// gaps. Each once; `of_checks` are in order of their cascades.
pub fn ask(scene: &Scene<'_>, cascades: &[Cascade], of_checks: Vec<Question>) -> Vec<Question> {
    let catalogue = scene.catalogue;
    let mut asked = BTreeSet::new();
    let mut questions = Vec::new();
    let mut push = |question: Question| {
        if asked.insert(question.question.clone()) {
            questions.push(question);
        }
    };
    let mut of_checks = of_checks.into_iter().peekable();
    for (number, cascade) in cascades.iter().enumerate() {
        while let Some(one) = of_checks.next_if(|one| one.cascade == Some(number)) {
            push(one);
        }
        for signal in cascade.signals.iter().filter_map(|index| scene.signals.get(*index)) {
            let Some(rule) = catalogue.rule(&signal.name) else { continue };
            let of = workload(scene, signal);
            for question in &rule.questions {
                let filled = signal.fill(question, &of);
                let whole = |question| (Some(number), of.to_string(), Whom::of(&of), question);
                filled.into_iter().map(whole).for_each(|(cascade, about, whom, question)| {
                    push(Question { cascade, about, whom, question });
                });
            }
        }
    }
    for signal in scene.signals.iter().filter(|signal| signal.has(Role::Gap)) {
        for question in catalogue.rule(&signal.name).into_iter().flat_map(|rule| &rule.questions) {
            let filled = signal.fill(question, &signal.subject);
            let (about, whom) = (signal.subject.to_string(), Whom::Platform);
            filled.into_iter().for_each(|question| {
                push(Question { cascade: None, about: about.clone(), whom: whom.clone(), question });
            });
        }
    }
    questions
}

/// Questions are asked once per workload, not once per pod.
fn workload(scene: &Scene<'_>, signal: &Signal) -> Subject {
    scene.topology.workload_of(&signal.subject).unwrap_or_else(|| signal.subject.clone())
}
