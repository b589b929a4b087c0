//! What a reader asks first, each answered in a sentence or two: what began it, whom it hurt, what spread it, when it
//! ended. The words are those of the draft's first page.

use super::opening::STATEMENT_CHARS;
use super::references::References;
use super::{SENTENCE_CHARS, clocks, factors, impact, opening};
use crate::cascade::{Edge, FactorClass};
use crate::report::markdown::Markdown;
use crate::report::sentences::{capital, whole_sentences};
use crate::report::times;
use crate::report::view::story::{self, Sentence};
use crate::report::view::{Grade, View};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// The title, the questions with their answers, and the records that these cite.
pub struct Answers<'a> {
    pub title: Markdown,
    pub answers: Vec<(&'static str, Vec<Markdown>)>,
    /// How sure they are: what is missing or not understood, how links are graded, clocks that were off.
    pub sure: Vec<Markdown>,
    pub references: References<'a>,
}

/// So many kinds of harm are told.
const HURT: usize = 3;

impl<'a> Answers<'a> {
    pub fn new(view: &View<'a>) -> Self {
        let mut references = References::new(view.evidence());
        let title = opening::title(view);
        let answers = match view.largest() {
            Some(cascade) => {
                let told = |parts: &Sentence, references: &mut References| vec![opening::sentence(parts, references)];
                let began = story::beginning(view, STATEMENT_CHARS);
                let ended = story::ending(view, &story::hurt(view), cascade.end);
                vec![
                    ("What began it", told(&began, &mut references)),
                    ("Whom it hurt", hurt(view, &mut references)),
                    ("What spread it", spread(view, &mut references)),
                    ("When it ended", told(&ended, &mut references)),
                ]
            }
            None => vec![("What the records say", opening::summary(view, &mut references))],
        };
        let mut sure = opening::sure_in_short(view);
        sure.extend(clocks::sentences(view, &mut references));
        Self { title, answers, sure, references }
    }
}

/// The failed runs of an outside check, as they are why somebody looks, then the worst kinds of harm, each from when to
/// when.
fn hurt(view: &View, references: &mut References) -> Vec<Markdown> {
    let hurt = story::hurt(view);
    let kinds = story::kinds(&hurt);
    let runs = story::failed_runs(view).map(|runs| opening::sentence(&runs, references));
    let mut lines: Vec<Markdown> = Vec::new();
    for rows in kinds.iter().take(HURT) {
        let mut part = story::one_kind(view, rows);
        part.text = capital(&part.text);
        lines.push(opening::sentence(&vec![part], references));
    }
    match kinds.len().saturating_sub(lines.len()) as u64 {
        0 => lines.extend(if lines.is_empty() { impact::nobody(view, false) } else { None }),
        1 => lines.push(Markdown::new().say("1 more kind of harm is in the draft.")),
        more => lines.push(Markdown::new().number(more).say(" more kinds of harm are in the draft.")),
    }
    runs.into_iter().chain(lines).collect()
}

/// How it went, and what those that failed have in common.
fn spread(view: &View, references: &mut References) -> Vec<Markdown> {
    let way = match story::course(view, STATEMENT_CHARS) {
        Some(course) => opening::sentence(&course, references),
        None => way(view, references),
    };
    let shared = story::shared(view).map(|shared| opening::sentence(&shared, references));
    std::iter::once(way).chain(shared).collect()
}

/// What let it reach others, else the step by which it reached the most.
fn way(view: &View, references: &mut References) -> Markdown {
    if let Some(factor) = view.factors(FactorClass::Propagation).next() {
        let cited = references.cite(factors::records(view, factor));
        let said = whole_sentences(&factor.statement, STATEMENT_CHARS);
        return Markdown::new().prose(said, SENTENCE_CHARS).then(&cited).stop();
    }
    let mut steps: BTreeMap<(&str, usize), Vec<&Edge>> = BTreeMap::new();
    for edge in view.analysis().edges.iter().filter(|edge| view.cascade_of(edge.to) == Some(0)) {
        let ends = view.signal(edge.from).zip(view.signal(edge.to));
        if ends.is_some_and(|(from, to)| from.subject != to.subject) {
            steps.entry((&edge.link, edge.from)).or_default().push(edge);
        }
    }
    let widest =
        steps.into_values().max_by_key(|edges| (reached(view, edges), edges.first().map(|edge| Reverse(edge.from))));
    widest
        .and_then(|edges| step(view, references, edges.first()?, reached(view, &edges)))
        .unwrap_or_else(|| Markdown::new().say("The records link nothing else to it."))
}

/// How many subjects edges lead to.
fn reached(view: &View, edges: &[&Edge]) -> usize {
    let subjects = edges.iter().filter_map(|edge| view.signal(edge.to)).map(|signal| &signal.signal.subject);
    subjects.collect::<BTreeSet<_>>().len()
}

/// What followed on what, and by which mechanism.
fn step(view: &View, references: &mut References, edge: &Edge, reached: usize) -> Option<Markdown> {
    let (from, to) = (view.signal(edge.from)?, view.signal(edge.to)?);
    let line = Markdown::new().say("After ").then(&impact::named(&from)).say(" came ").then(&impact::named(&to));
    let line = match edge.lag_ms {
        ..1000 => line,
        lag => line.say(", ").prose(&times::length_of_ms(lag), 40).say(" later"),
    };
    let line = match reached.saturating_sub(1) as u64 {
        0 => line,
        1 => line.say(", and the same on 1 other"),
        more => line.say(", and the same on ").number(more).say(" others"),
    };
    let line = line.say(": ");
    let line = match edge.grade {
        Grade::Order => line.prose_without_causes(&edge.why, SENTENCE_CHARS),
        Grade::Mechanism | Grade::Known => line.prose(&edge.why, SENTENCE_CHARS),
    };
    Some(line.then(&references.cite(edge.evidence.iter().copied())).stop())
}
