//! What a reader asks first, each answered in a sentence or two: what began it, whom it hurt, what spread it, when it
//! ended. The words are those of the draft's first page.

use super::first_page::{ROOMY, whole_sentences};
use super::references::References;
use super::{SENTENCE_CHARS, clocks, common, factors, impact, opening};
use crate::cascade::{Edge, FactorClass};
use crate::report::markdown::Markdown;
use crate::report::times;
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

/// So many of those who were hurt are named.
const HURT: usize = 3;

impl<'a> Answers<'a> {
    pub fn new(view: &View<'a>) -> Self {
        let mut references = References::new(view.evidence());
        let title = opening::title(view);
        let answers = match view.largest() {
            Some(cascade) => vec![
                ("What began it", began(view, &mut references)),
                ("Whom it hurt", hurt(view, &mut references)),
                ("What spread it", spread(view, &mut references)),
                ("When it ended", vec![opening::ending(view, &mut references, cascade.end)]),
            ],
            None => vec![("What the records say", opening::summary(view, &mut references, ROOMY))],
        };
        let mut sure = opening::sure_in_short(view);
        sure.extend(clocks::sentences(view, &mut references));
        Self { title, answers, sure, references }
    }
}

fn began(view: &View, references: &mut References) -> Vec<Markdown> {
    let beginning = opening::beginning(view, references, ROOMY);
    std::iter::once(beginning).chain(opening::first_sign(view, references)).collect()
}

fn hurt(view: &View, references: &mut References) -> Vec<Markdown> {
    let hurt = impact::hurt(view, references, HURT);
    let lines: Vec<Markdown> = hurt.into_iter().map(Markdown::stop).collect();
    let linked = view.impact.rows.iter().any(|one| one.linked);
    let all = view.impact.rows.iter().filter(|one| one.linked == linked).count();
    let more = all.saturating_sub(lines.len()) as u64;
    let rest = (more > 0).then(|| {
        let line = Markdown::new().number(more);
        line.say(if more == 1 { " more row of harm is in the draft." } else { " more rows of harm are in the draft." })
    });
    let nobody = if lines.is_empty() { impact::nobody(view, false) } else { None };
    lines.into_iter().chain(rest).chain(nobody).collect()
}

/// How it went, and what those that failed have in common.
fn spread(view: &View, references: &mut References) -> Vec<Markdown> {
    let way = way(view, references);
    std::iter::once(way).chain(common::first(view, references)).collect()
}

/// Its pattern, else what let it reach others, else the step by which it reached the most.
fn way(view: &View, references: &mut References) -> Markdown {
    if let Some(course) = opening::course(view, references, ROOMY) {
        return course;
    }
    if let Some(factor) = view.factors(FactorClass::Propagation).next() {
        let cited = references.cite(factors::records(view, factor));
        let said = whole_sentences(&factor.statement, ROOMY.statement);
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
