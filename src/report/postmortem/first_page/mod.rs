//! What is read before the appendix: one page, in at most [`WORDS`] words, that tells what began it, whom it hurt, how it
//! spread, when it ended and what is not known. All that it leaves out stands in the appendix.

mod factors;
mod lists;
mod timeline;

use super::references::References;
use super::{SIZES, Size, impact, opening};
use crate::report::markdown::Markdown;
use crate::report::view::View;
use askama::Template;

/// The most words of the page. A page of print holds about as many.
const WORDS: usize = 700;

/// How many lines each list of the page may have.
#[derive(Clone, Copy)]
pub struct Limits {
    pub impact: usize,
    pub timeline: usize,
    /// Characters of a record that is quoted in the timeline; none where 0.
    pub quote: usize,
    pub changes: usize,
    /// Of each class.
    pub factors: usize,
    pub actions: usize,
    pub questions: usize,
    /// The longest statement, in characters.
    pub statement: usize,
}

/// From roomy to tight: the first that keeps the page within its words is taken. The
/// timeline keeps its rows the longest.
const LIMITS: [Limits; 12] = [
    Limits { impact: 8, timeline: 15, quote: 100, changes: 3, factors: 3, actions: 6, questions: 8, statement: 300 },
    Limits { impact: 8, timeline: 15, quote: 60, changes: 3, factors: 2, actions: 6, questions: 8, statement: 260 },
    Limits { impact: 8, timeline: 15, quote: 0, changes: 3, factors: 2, actions: 6, questions: 6, statement: 240 },
    Limits { impact: 6, timeline: 15, quote: 0, changes: 2, factors: 2, actions: 5, questions: 5, statement: 220 },
    Limits { impact: 5, timeline: 13, quote: 0, changes: 2, factors: 1, actions: 5, questions: 5, statement: 220 },
    Limits { impact: 4, timeline: 12, quote: 0, changes: 1, factors: 1, actions: 4, questions: 4, statement: 180 },
    Limits { impact: 3, timeline: 12, quote: 0, changes: 1, factors: 1, actions: 3, questions: 3, statement: 160 },
    Limits { impact: 2, timeline: 10, quote: 0, changes: 1, factors: 1, actions: 2, questions: 2, statement: 140 },
    Limits { impact: 2, timeline: 9, quote: 0, changes: 1, factors: 1, actions: 2, questions: 2, statement: 120 },
    Limits { impact: 1, timeline: 8, quote: 0, changes: 1, factors: 1, actions: 1, questions: 2, statement: 110 },
    Limits { impact: 1, timeline: 6, quote: 0, changes: 1, factors: 1, actions: 1, questions: 1, statement: 100 },
    Limits { impact: 1, timeline: 4, quote: 0, changes: 1, factors: 1, actions: 1, questions: 1, statement: 90 },
];

/// The roomiest of them.
pub const ROOMY: Limits = LIMITS[0];

/// The roomiest page of at most [`WORDS`] words and `most` characters, and the records that it cites.
pub fn write<'a>(view: &View<'a>, most: usize) -> (String, References<'a>) {
    let mut last = None;
    for limits in LIMITS {
        let mut references = References::new(view.evidence());
        // Rendering writes to a String, which cannot fail.
        let page = FirstPage::new(view, &mut references, limits).render().unwrap_or_default();
        if words(&page) <= WORDS && page.chars().count() <= most {
            return (page, references);
        }
        last = Some((page, references));
    }
    last.unwrap_or_else(|| (String::new(), References::new(view.evidence())))
}

/// The page, section by section.
#[derive(Template)]
#[template(path = "first-page.md", escape = "none")]
struct FirstPage {
    title: Markdown,
    summary: Vec<Markdown>,
    hurt: Vec<impact::Row>,
    impact: Vec<Markdown>,
    minutes: Vec<impact::Line>,
    timeline: Vec<timeline::Line>,
    timeline_note: Markdown,
    changes: Vec<Markdown>,
    factors: Vec<factors::Line>,
    lessons: Vec<factors::Line>,
    actions: Vec<lists::Action>,
    questions: Vec<Markdown>,
    sure: Vec<Markdown>,
}

impl FirstPage {
    /// Sections cite as they are built, so they are built in the order in which they are read.
    fn new(view: &View, references: &mut References, limits: Limits) -> Self {
        let summary = opening::summary(view, references, limits);
        let size = Size { items: limits.impact, ..SIZES[0] };
        let hurt = impact::brief_table(view, references, limits.impact);
        let impact = impact::beside(view, references, size);
        let minutes = impact::minutes(view, references);
        let timeline = timeline::lines(view, references, limits);
        let changes = lists::changes(view, references, limits);
        Self {
            title: opening::title(view),
            summary,
            hurt,
            impact,
            minutes,
            timeline_note: timeline::note(view, timeline.len()),
            timeline,
            changes,
            factors: factors::contributing(view, references, limits),
            lessons: factors::lessons(view, references, limits),
            actions: lists::actions(view, limits),
            questions: lists::questions(view, limits),
            sure: opening::sure_in_short(view),
        }
    }
}

/// As many whole sentences of `text` as `limit` characters hold. A first sentence that is longer is cut by whoever
/// writes it.
pub fn whole_sentences(text: &str, limit: usize) -> &str {
    let fits = |end: usize| text.get(..end).is_some_and(|kept| kept.chars().count() <= limit);
    let ends = text.match_indices(". ").map(|(at, _)| at).chain([text.len()]);
    let last = ends.take_while(|end| fits(*end)).last();
    let first = text.find(". ").unwrap_or(text.len());
    text.get(..last.unwrap_or(first)).unwrap_or(text).trim_end_matches('.')
}

/// The words of a text in Markdown. What only draws tables and lists is none.
fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_with_a_sentence() {
        let text = "It began at `08:00`. Its pods were restarted. Nothing else changed.";
        assert_eq!(whole_sentences(text, 300), "It began at `08:00`. Its pods were restarted. Nothing else changed");
        assert_eq!(whole_sentences(text, 45), "It began at `08:00`. Its pods were restarted");
        assert_eq!(whole_sentences(text, 5), "It began at `08:00`");
        assert_eq!(whole_sentences("", 5), "");
    }

    #[test]
    fn what_draws_tables_and_lists_is_no_word() {
        assert_eq!(words("| a | `b c` |\n|---|---|\n- two words [E1]\n"), 6);
    }
}
