//! Contributing factors by the part they played, and a question for each part that the records say nothing of.

use super::references::References;
use super::{SENTENCE_CHARS, Size};
use crate::cascade::{Factor, FactorClass};
use crate::model::Citation;
use crate::report::markdown::Markdown;
use crate::report::view::View;

pub struct Group {
    pub title: &'static str,
    pub lines: Vec<Markdown>,
}

/// Class, heading, and what to ask where the records say nothing.
const CLASSES: [(FactorClass, &str, &str); 8] = [
    (FactorClass::Trigger, "Trigger", "What changed shortly before the first sign, inside or outside of the cluster?"),
    (
        FactorClass::Latent,
        "Latent conditions",
        "Which conditions had been there for weeks and were harmless until that day?",
    ),
    (
        FactorClass::Propagation,
        "Propagation",
        "What carried the trouble from one part to the next, and what stood between them?",
    ),
    (
        FactorClass::Amplifier,
        "Amplifiers",
        "What made it larger or longer than it began: retries, restarts, reschedules, load?",
    ),
    (
        FactorClass::Detection,
        "Detection",
        "Which signal told first that something was wrong, and how did it reach those on call?",
    ),
    (FactorClass::Response, "Response", "Which actions were taken, what was expected of each, and what did each do?"),
    (FactorClass::Recovery, "Recovery", "What ended it, and how was it known that it had ended?"),
    (FactorClass::Luck, "Luck", "What went well that nobody had planned?"),
];

pub fn groups(view: &View, references: &mut References, size: Size) -> Vec<Group> {
    let mut groups = Vec::new();
    for (class, title, question) in CLASSES {
        let mut lines: Vec<Markdown> =
            view.factors(class).take(size.items).map(|factor| line(view, factor, references)).collect();
        let more = view.factors(class).count().saturating_sub(size.items);
        if more > 0 {
            lines.push(Markdown::new().number(more as u64).say(" more are in ").code("report.json", 40).stop());
        }
        if lines.is_empty() {
            lines.push(Markdown::new().say("Not found in the records. ").say(question));
        }
        groups.push(Group { title, lines });
    }
    groups
}

pub fn line(view: &View, factor: &Factor, references: &mut References) -> Markdown {
    let cited = references.cite(records(view, factor));
    Markdown::new().prose(factor.statement.trim_end_matches('.'), 2 * SENTENCE_CHARS).then(&cited).stop()
}

/// Its own records, or the first of each of its signals.
pub fn records(view: &View, factor: &Factor) -> Vec<Citation> {
    if factor.evidence.is_empty() { view.first_records(&factor.signals) } else { factor.evidence.clone() }
}
