//! What is not part of the largest cascade: every other one with its own words, trigger, factors and questions; and what
//! nobody understood.

use super::factors;
use super::references::References;
use super::{NAME_CHARS, QUOTE_CHARS, SENTENCE_CHARS, Size};
use crate::cascade::Cascade;
use crate::report::markdown::Markdown;
use crate::report::view::View;
use crate::report::{names, quotes};
use crate::signals::NotUnderstood;

/// A cascade apart from the largest.
pub struct Finding {
    pub headline: Markdown,
    pub lines: Vec<Markdown>,
}

/// A group of records that no rule understands, as cells.
pub struct Unknown {
    pub count: u64,
    pub words: String,
    pub subjects: String,
    pub when: String,
    pub record: String,
}

/// The further cascades, as many as there is room for, and a note on the rest.
pub fn others(view: &View, references: &mut References, size: Size) -> (Vec<Finding>, Option<Markdown>) {
    let others = view.analysis().cascades.iter().enumerate().skip(1);
    let more = others.len().saturating_sub(size.items);
    let shown = others.take(size.items).map(|(number, other)| finding(view, number, other, references)).collect();
    let note = (more > 0).then(|| {
        Markdown::new().number(more as u64).say(" more are in ").code("report.json", 40).say(" and on the page.")
    });
    (shown, note)
}

fn finding(view: &View, number: usize, other: &Cascade, references: &mut References) -> Finding {
    let headline = Markdown::new().say("**").prose(&names::cascade_id(number), 20).say("** ");
    let headline = headline.prose(&other.headline, SENTENCE_CHARS);
    let headline = headline.then(&references.cite(view.first_records(&other.first))).stop();
    let mut lines = Vec::new();
    // One signal is told by its own record; several by what began them.
    if let Some(record) = view.first_records(other.first.get(..1).unwrap_or_default()).pop() {
        let row = quotes::row(view.evidence(), record);
        lines.push(Markdown::new().say("The record says: ").code(&row.text, QUOTE_CHARS));
    }
    for factor in view.factors_of(number) {
        let title = Markdown::new().prose(factor.class.name(), 20).say(": ");
        lines.push(title.then(&factors::line(view, factor, references)));
    }
    let asked = view.questions_of(number).iter().take(3);
    lines.extend(asked.map(|one| Markdown::new().prose(&one.question, SENTENCE_CHARS)));
    Finding { headline, lines }
}

/// The groups, the worst first, and a note on those without room.
pub fn unknown(view: &View, references: &mut References, size: Size) -> (Vec<Unknown>, Option<Markdown>) {
    let groups = &view.of.not_understood;
    let shown = groups.iter().take(size.items).map(|group| unknown_row(view, group, references)).collect();
    let more = groups.len().saturating_sub(size.items);
    let note = (more > 0)
        .then(|| Markdown::new().number(more as u64).say(" more kinds are in ").code("report.json", 40).stop());
    (shown, note)
}

fn unknown_row(view: &View, group: &NotUnderstood, references: &mut References) -> Unknown {
    let named = group.subjects.iter().take(3).map(|one| Markdown::new().code(&one.to_string(), NAME_CHARS));
    let named: Vec<Markdown> = named.collect();
    let subjects = Markdown::list(&named);
    let more = group.subjects.len().saturating_sub(named.len());
    let subjects = if more > 0 { subjects.say(" and ").number(more as u64).say(" more") } else { subjects };
    let severity = group.severity.to_string();
    Unknown {
        count: group.count,
        words: Markdown::new().prose(&severity, 20).say(": ").code(&group.words, SENTENCE_CHARS).cell(),
        subjects: subjects.cell(),
        when: view.when(group),
        record: match group.evidence.first().copied() {
            Some(first) => {
                let cited = references.cite(group.evidence.iter().copied());
                cited.say(" ").then(&references.place_of(first)).cell().trim_start().to_owned()
            }
            None => String::new(),
        },
    }
}
