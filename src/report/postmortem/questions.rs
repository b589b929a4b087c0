//! Questions for the debrief: those the analysis raised, then those every incident deserves, each tied to a record.
//!
//! They ask what and how. They never ask who, and never why somebody did something.

use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::evidence::Known;
use crate::model::End;
use crate::report::markdown::Markdown;
use crate::report::view::{Change, Grade, Numbered, Part, View};
use chrono::{DateTime, Utc};

/// Of what the analysis asks, the first so many are printed: it asks what matters most first. All are in `report.json`.
const MOST_RAISED: usize = 8;

/// The list is cut here, never below [`LEAST`].
const MOST: usize = 30;
const LEAST: usize = 10;

pub fn list(view: &View, size: Size) -> Vec<Markdown> {
    let most = MOST.min(size.items * 2).max(LEAST);
    let bound = tied_to_records(view);
    // Room is kept for the tied ones: raised questions can be many.
    let raised = view.analysis().questions.iter().take(most.saturating_sub(bound.len()).min(MOST_RAISED));
    let mut questions: Vec<Markdown> = raised
        .map(|row| {
            Markdown::new().prose(&row.question, SENTENCE_CHARS).say(" (about ").code(&row.about, NAME_CHARS).say(")")
        })
        .collect();
    questions.extend(bound);
    questions.extend(
        GENERAL.iter().map(|question| Markdown::new().say(question)).take(LEAST.saturating_sub(questions.len()).max(3)),
    );
    questions
}

const GENERAL: [&str; 10] = [
    "What in this course of events was a surprise?",
    "How did the work look on the day, and what else asked for attention at the same time?",
    "What do we know now about the system that we did not know before?",
    "What would make the next one of this kind easier to see in its first five minutes?",
    "Which parts went well, and how can they be relied on next time?",
    "Which records were looked at during the incident, and which were out of reach?",
    "How did those involved learn of each other's actions?",
    "What did users notice, and through which channel did that reach those on call?",
    "Which earlier incidents looked like this one, and what came of their action items?",
    "What in this draft is wrong, or is missing, in the eyes of those who were there?",
];

fn named(question: Markdown, signal: Numbered) -> Markdown {
    question.code(&signal.name, NAME_CHARS).say(" on ").code(&signal.subject.to_string(), NAME_CHARS)
}

/// Questions about what the records show, each about one of them.
pub fn tied_to_records(view: &View) -> Vec<Markdown> {
    let mut questions = Vec::new();
    let time = |at: DateTime<Utc>| view.clock.time(at);
    let linked = |change: &&Change| view.cascade_of(change.signal.index).is_some();
    if let Some(change) = view.changes_before().find(linked) {
        let question = Markdown::new()
            .say("What was the change to ")
            .code(&change.signal.subject.to_string(), NAME_CHARS)
            .say(" at ");
        questions.push(question.prose(&time(change.at), 40).say(" meant to achieve, and what was expected of it?"));
    }
    questions.extend(earlier_values(view));
    if let Some(onset) = view.detection.onset {
        let question = named(Markdown::new().say("At ").prose(&time(onset.began()), 40).say(", when "), onset);
        questions.push(question.say(" began, what did dashboards and logs show to those on call?"));
        questions.push(match &view.detection.firing {
            Some(alert) => {
                let question = Markdown::new()
                    .say("What did ")
                    .code(&alert.subject.to_string(), NAME_CHARS)
                    .say(" tell those on call at ");
                question.prose(&time(alert.at), 40).say(", and what did they look at next?")
            }
            None => Markdown::new().say("How was the incident noticed, with no alert seen in what was covered?"),
        });
    }
    for change in view.changes_after().take(2) {
        let question = Markdown::new()
            .say("What led to the change to ")
            .code(&change.signal.subject.to_string(), NAME_CHARS)
            .say(" at ");
        questions.push(question.prose(&time(change.at), 40).say(", and what was it expected to do?"));
    }
    let weak = view.analysis().edges.iter().find(|edge| edge.grade == Grade::Order);
    if let Some((from, to)) = weak.and_then(|edge| Some((view.signal(edge.from)?, view.signal(edge.to)?))) {
        let question = named(Markdown::new().say("Beyond their order in time, what ties "), to).say(" to ");
        questions.push(named(question, from).say("?"));
    }
    if let Some(missing) = view.coverage.missing.first() {
        let question = Markdown::new().say("What would it take to have ").code(missing.source, NAME_CHARS);
        questions.push(question.say(" complete next time?"));
    }
    if let Some(cascade) = view.largest() {
        questions.push(match cascade.end {
            End::At(at) => {
                let question = Markdown::new().say("The last state ended at ").prose(&time(at), 40);
                question.say(": how was it decided that the incident was over?")
            }
            End::Ongoing => {
                Markdown::new().say("Some states still went on at the end of the window: when and how did they end?")
            }
            End::Unknown => Markdown::new().say("When and how did it end?"),
        });
    }
    questions
}

/// What stood there before, of changes that have to do with the cascade and whose records have no values.
fn earlier_values(view: &View) -> Vec<Markdown> {
    let is_told = |change: &Change| {
        let mut at_once = view.changes_before().filter(|other| other.is_at_once_with(change));
        at_once.any(|other| other.known == Known::Whole)
    };
    let has_no_values = |change: &&Change| change.part != Part::None && !is_told(change);
    let ask = |change: &Change| {
        let question = Markdown::new().say("Which values did the change to ");
        let question = question.code(&change.signal.subject.to_string(), NAME_CHARS).say(" at ");
        let question = question.prose(&view.clock.time(change.at), 40);
        question.say(" replace? Its records do not have what was there before").stop()
    };
    let mut asked: Vec<Markdown> = view.changes_before().filter(has_no_values).take(2).map(ask).collect();
    // Of one object at one time several records may tell.
    asked.dedup();
    asked
}
