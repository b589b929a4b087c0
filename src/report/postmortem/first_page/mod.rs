//! What is read before the appendix: one page, in at most [`WORDS`] words, that tells what began it, whom it hurt, how it
//! spread, when it ended and what is not known. All that it leaves out stands in the appendix.

mod factors;
mod lists;
mod minutes;
mod timeline;

use super::references::References;
use super::{SIZES, Size, impact, opening};
use crate::report::markdown::Markdown;
use crate::report::view::View;
use askama::Template;

/// The most words of the page. A page of print holds about as many.
/// The comments that tell what people edited are a word each, and not counted here.
const WORDS: usize = 670;

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

/// From roomy to tight: the first with which a timeline that tells the story keeps the page within its words is taken.
const LIMITS: [Limits; 9] = [
    Limits { impact: 8, timeline: 15, quote: 80, changes: 3, factors: 2, actions: 6, questions: 8, statement: 240 },
    Limits { impact: 6, timeline: 15, quote: 0, changes: 3, factors: 2, actions: 6, questions: 8, statement: 220 },
    Limits { impact: 5, timeline: 15, quote: 0, changes: 2, factors: 2, actions: 5, questions: 5, statement: 180 },
    Limits { impact: 5, timeline: 15, quote: 0, changes: 2, factors: 1, actions: 5, questions: 4, statement: 160 },
    Limits { impact: 4, timeline: 15, quote: 0, changes: 1, factors: 1, actions: 4, questions: 3, statement: 160 },
    Limits { impact: 4, timeline: 15, quote: 0, changes: 1, factors: 1, actions: 3, questions: 2, statement: 140 },
    Limits { impact: 4, timeline: 15, quote: 0, changes: 1, factors: 1, actions: 2, questions: 2, statement: 120 },
    Limits { impact: 3, timeline: 15, quote: 0, changes: 1, factors: 1, actions: 2, questions: 1, statement: 110 },
    Limits { impact: 2, timeline: 15, quote: 0, changes: 1, factors: 1, actions: 1, questions: 1, statement: 110 },
];

/// Rows with which a timeline has both ends of a story and the way between them.
const STORY_ROWS: usize = 9;
/// What is left where even the tightest lists leave no room for those.
const LEAST_ROWS: usize = 3;

/// A list that may be longer, and how many lines it may have.
type Room = (fn(&mut Limits) -> &mut usize, usize);

/// Where the words go that are left: first to what is to be done and asked, which a tight page has one of each, then to the
/// way between both ends, then to more of everything.
const ROOM: [Room; 6] = [
    (|limits| &mut limits.actions, 3),
    (|limits| &mut limits.questions, 3),
    (|limits| &mut limits.impact, 4),
    (|limits| &mut limits.timeline, 15),
    (|limits| &mut limits.actions, 6),
    (|limits| &mut limits.questions, 8),
];

/// The roomiest page of at most [`WORDS`] words and `most` characters, and the records that it cites.
pub fn write<'a>(view: &View<'a>, most: usize) -> (String, References<'a>) {
    let page = |limits| {
        let mut references = References::new(view.evidence());
        // Rendering writes to a String, which cannot fail.
        let page = FirstPage::new(view, &mut references, limits).render().unwrap_or_default();
        (page, references)
    };
    let fits = |(page, _): &(String, References)| words(page) <= WORDS && page.chars().count() <= most;
    for limits in LIMITS.map(|limits| Limits { timeline: STORY_ROWS, ..limits }) {
        let told = page(limits);
        if fits(&told) {
            return grown(limits, told, |limits| Some(page(limits)).filter(fits));
        }
    }
    let [.., tightest] = LIMITS;
    let shorter = (LEAST_ROWS..STORY_ROWS).rev().map(|rows| page(Limits { timeline: rows, ..tightest }));
    let mut last = None;
    for told in shorter {
        if fits(&told) {
            return told;
        }
        last = Some(told);
    }
    last.unwrap_or_else(|| page(tightest))
}

/// The page with every list as long as the words that are left allow, in the order of [`ROOM`].
fn grown<T>(mut limits: Limits, mut told: T, page: impl Fn(Limits) -> Option<T>) -> T {
    for (list, most) in ROOM {
        while *list(&mut limits) < most {
            let mut longer = limits;
            *list(&mut longer) += 1;
            let Some(page) = page(longer) else { break };
            (limits, told) = (longer, page);
        }
    }
    told
}

/// The page, section by section.
#[derive(Template)]
#[template(path = "first-page.md", escape = "none")]
struct FirstPage {
    title: Markdown,
    summary: Vec<Markdown>,
    hurt: Vec<impact::Row>,
    impact: Vec<Markdown>,
    minutes: Vec<minutes::Line>,
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
        let summary = opening::summary(view, references);
        let size = Size { items: limits.impact, ..SIZES[0] };
        let hurt = impact::brief_table(view, references, limits.impact);
        let impact = impact::beside(view, references, size);
        let minutes = minutes::lines(view, references);
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

/// The words of a text in Markdown. What only draws tables and lists is none.
fn words(text: &str) -> usize {
    text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_draws_tables_and_lists_is_no_word() {
        assert_eq!(words("| a | `b c` |\n|---|---|\n- two words [E1]\n"), 6);
    }
}
