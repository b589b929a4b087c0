//! Contributing factors by the part they played, and a question for each part of which no record tells.

use super::references::References;
use super::{SENTENCE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::schema::{EvidenceRow, FactorRow};
use crate::report::view::View;

pub struct Group {
    pub title: &'static str,
    pub lines: Vec<Markdown>,
}

/// Class, heading, and what to ask where no record tells.
const CLASSES: [(&str, &str, &str); 8] = [
    ("trigger", "Trigger", "What changed shortly before the first sign, inside or outside of the cluster?"),
    ("latent", "Latent conditions", "Which conditions had been there for weeks and were harmless until that day?"),
    ("propagation", "Propagation", "What carried the trouble from one part to the next, and what stood between them?"),
    ("amplifier", "Amplifiers", "What made it larger or longer than it began: retries, restarts, reschedules, load?"),
    ("detection", "Detection", "Which signal told first that something was wrong, and how did it reach those on call?"),
    ("response", "Response", "Which actions were taken, what was expected of each, and what did each do?"),
    ("recovery", "Recovery", "What ended it, and how was it known that it had ended?"),
    ("luck", "Luck", "What went well that nobody had planned?"),
];

pub fn groups<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Vec<Group> {
    let mut groups = Vec::new();
    for (class, title, question) in CLASSES {
        let mut lines: Vec<Markdown> =
            of_class(view, class).take(size.items).map(|row| line(view, row, references)).collect();
        let more = of_class(view, class).count().saturating_sub(size.items);
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

/// Factors of the largest cascade; those of the others stand with them, under Other findings.
pub fn of_class<'a>(view: &View<'a>, class: &'a str) -> impl Iterator<Item = &'a FactorRow> + use<'a> {
    let largest = view.report.cascades.first().map(|cascade| cascade.id.as_str());
    let factors = view.report.factors.iter().filter(move |factor| Some(factor.cascade.as_str()) == largest);
    factors.filter(move |factor| factor.class == class)
}

pub fn line<'a>(view: &View<'a>, factor: &'a FactorRow, references: &mut References<'a>) -> Markdown {
    let cited = references.cite(evidence(view, factor));
    Markdown::new().prose(factor.statement.trim_end_matches('.'), SENTENCE_CHARS).then(&cited).stop()
}

/// Its own records, or the first of each of its signals.
pub fn evidence<'a>(view: &View<'a>, factor: &'a FactorRow) -> Vec<&'a EvidenceRow> {
    if factor.evidence.is_empty() { view.evidence_of(&factor.signals) } else { factor.evidence.iter().collect() }
}
