//! What is not part of the largest cascade: every other one with its own words, trigger, factors and questions; and what
//! nobody understood.

use super::factors;
use super::references::{self, References};
use super::{NAME_CHARS, QUOTE_CHARS, SENTENCE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::schema::{CascadeRow, NotUnderstoodRow};
use crate::report::view::View;

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
pub fn others<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> (Vec<Finding>, Option<Markdown>) {
    let others = view.report.cascades.get(1..).unwrap_or_default();
    let shown = others.iter().take(size.items).map(|other| finding(view, other, references)).collect();
    let more = others.len().saturating_sub(size.items);
    let note = (more > 0).then(|| {
        Markdown::new().number(more as u64).say(" more are in ").code("report.json", 40).say(" and on the page.")
    });
    (shown, note)
}

fn finding<'a>(view: &View<'a>, other: &'a CascadeRow, references: &mut References<'a>) -> Finding {
    let headline = Markdown::new().say("**").prose(&other.id, 20).say("** ").prose(&other.headline, SENTENCE_CHARS);
    let headline = headline.then(&references.cite(view.evidence_of(&other.first))).stop();
    let mut lines = Vec::new();
    // One signal is told by its own record; several by what began them.
    if let Some(record) = other.first.first().and_then(|id| view.signal(id)?.evidence.first()) {
        lines.push(Markdown::new().say("The record says: ").code(&record.text, QUOTE_CHARS));
    }
    let own = view.report.factors.iter().filter(|factor| factor.cascade == other.id);
    for factor in own {
        let title = Markdown::new().prose(&factor.class, 20).say(": ");
        lines.push(title.then(&factors::line(view, factor, references)));
    }
    let asked = view.report.questions.iter().filter(|question| question.cascade.as_deref() == Some(&other.id));
    lines.extend(asked.take(3).map(|row| Markdown::new().prose(&row.question, SENTENCE_CHARS)));
    Finding { headline, lines }
}

/// The groups, the worst first, and a note on those without room.
pub fn unknown<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> (Vec<Unknown>, Option<Markdown>) {
    let rows = &view.report.not_understood;
    let shown = rows.iter().take(size.items).map(|row| unknown_row(view, row, references)).collect();
    let more = rows.len().saturating_sub(size.items);
    let note = (more > 0)
        .then(|| Markdown::new().number(more as u64).say(" more kinds are in ").code("report.json", 40).stop());
    (shown, note)
}

fn unknown_row<'a>(view: &View<'a>, row: &'a NotUnderstoodRow, references: &mut References<'a>) -> Unknown {
    let named: Vec<Markdown> = row.subjects.iter().take(3).map(|one| Markdown::new().code(one, NAME_CHARS)).collect();
    let subjects = Markdown::list(&named);
    let more = row.subject_count.saturating_sub(named.len());
    let subjects = if more > 0 { subjects.say(" and ").number(more as u64).say(" more") } else { subjects };
    Unknown {
        count: row.count,
        words: Markdown::new().prose(&row.severity, 20).say(": ").code(&row.words, SENTENCE_CHARS).cell(),
        subjects: subjects.cell(),
        when: view.when(row),
        record: match row.evidence.first() {
            Some(first) => {
                references.cite(&row.evidence).say(" ").then(&references::place(first)).cell().trim_start().to_owned()
            }
            None => String::new(),
        },
    }
}
