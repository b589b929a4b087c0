//! `postmortem.md`: a draft that a team edits instead of writing it from nothing.
//!
//! Facts with their records, in sections a postmortem meeting goes through; where no record helps, a question. It never
//! names a person, never claims a cause that only time suggests, and never says that nothing happened: only that
//! nothing was seen in what was covered.

mod actions;
mod answers;
mod cascade;
mod checks;
mod clocks;
mod commits;
mod common;
mod experiments;
mod factors;
mod findings;
mod first_page;
mod flowchart;
mod impact;
mod left_out;
mod messages;
mod named_causes;
mod notes;
mod opening;
mod questions;
mod recovery;
mod references;
mod revision;
mod rows;

use super::Analyzed;
use super::markdown::Markdown;
use super::schema::EvidenceRow;
use super::view::View;
use askama::Template;
use references::References;

pub use answers::Answers;

/// What an issue of GitHub holds.
pub const GITHUB_CHARACTERS: usize = 65_536;
/// What a description of Jira holds.
pub const JIRA_CHARACTERS: usize = 32_767;

/// What the comments need that tell what of a draft people edited. Whoever writes the file adds them.
pub const MARK_CHARACTERS: usize = 2_560;

/// The draft as it is written to a file.
#[derive(Clone, Debug)]
pub struct Drafted {
    pub text: String,
    /// The records that it cites, as it numbers them: `[E1]` names the first.
    pub citations: Vec<EvidenceRow>,
}

/// The draft, no longer than an issue may be with those comments.
pub fn write(of: &Analyzed) -> String {
    draft(of).text.clone()
}

/// The draft, which is made once.
pub fn draft(of: &Analyzed) -> &Drafted {
    of.draft.get_or_init(|| {
        let (text, references) = drafted(&View::new(of), GITHUB_CHARACTERS - MARK_CHARACTERS);
        Drafted { text, citations: references.all().map(|(_, row)| row.clone()).collect() }
    })
}

/// The draft in at most `limit` characters: the appendix shrinks first, then its lists, and the draft says so. The page
/// before the appendix keeps to its words in any case, and to half of the characters.
pub fn write_within(of: &Analyzed, limit: usize) -> String {
    drafted(&View::new(of), limit).0
}

fn drafted<'a>(view: &View<'a>, limit: usize) -> (String, References<'a>) {
    let order = rows::Order::new(view);
    let (page, references) = first_page::write(view, limit / 2);
    let mut drafted = (String::new(), references.clone());
    for size in SIZES {
        drafted = render(view, &order, (page.clone(), references.clone()), size);
        if drafted.0.chars().count() <= limit {
            return drafted;
        }
    }
    (cut(&drafted.0, limit), drafted.1)
}

/// The page before the appendix as [`write()`] has it, then the chart of the cascade and the records that the page cites,
/// with at most `quote` characters of each.
pub fn write_page(of: &Analyzed, quote: usize) -> String {
    let view = View::new(of);
    let (page, references) = first_page::write(&view, (GITHUB_CHARACTERS - MARK_CHARACTERS) / 2);
    let mut draft = format!("{page}\n\n## Appendix\n");
    if let Some(chart) = flowchart::write(&view) {
        draft.push_str(&format!("\n### Cascade\n\n```mermaid\n{}\n```\n", chart.text));
    }
    let size = Size { index: usize::MAX, quote, ..ROOMIEST };
    let rows = rows::index(&references, size);
    if !rows.is_empty() {
        draft.push_str("\n### Records\n\n| | Record | Text |\n|---|---|---|\n");
        let rows = rows.iter().map(|row| format!("| E{} | {} | {} |\n", row.number, row.place, row.text));
        draft.extend(rows);
    }
    tidied(&draft)
}

/// The draft's flowchart as text, for where Mermaid is not drawn; none where there is nothing to draw.
pub fn plain_chart(of: &Analyzed) -> Option<String> {
    flowchart::write(&View::new(of)).map(|chart| chart.plain)
}

/// How many lines each part may have, from roomy to tight.
#[derive(Clone, Copy)]
struct Size {
    timeline: usize,
    lesser: usize,
    index: usize,
    tree: usize,
    items: usize,
    quote: usize,
}

const ROOMIEST: Size = Size { timeline: 80, lesser: 400, index: 600, tree: 60, items: 20, quote: 400 };

const SIZES: [Size; 10] = [
    ROOMIEST,
    Size { timeline: 80, lesser: 200, index: 200, tree: 60, items: 20, quote: 200 },
    Size { timeline: 80, lesser: 100, index: 150, tree: 60, items: 20, quote: 160 },
    Size { timeline: 80, lesser: 50, index: 120, tree: 60, items: 15, quote: 160 },
    Size { timeline: 80, lesser: 0, index: 80, tree: 50, items: 15, quote: 120 },
    Size { timeline: 70, lesser: 0, index: 65, tree: 45, items: 13, quote: 110 },
    Size { timeline: 60, lesser: 0, index: 50, tree: 40, items: 12, quote: 100 },
    Size { timeline: 40, lesser: 0, index: 25, tree: 25, items: 8, quote: 80 },
    Size { timeline: 20, lesser: 0, index: 15, tree: 12, items: 5, quote: 60 },
    Size { timeline: 8, lesser: 0, index: 0, tree: 6, items: 3, quote: 40 },
];

/// The longest quotation: what decides often stands at its end.
const QUOTE_CHARS: usize = 400;
/// The longest sentence taken over from the analysis.
const SENTENCE_CHARS: usize = 300;
const NAME_CHARS: usize = 120;

#[derive(Template)]
#[template(path = "postmortem.md", escape = "none")]
struct Draft {
    page: String,
    header: Vec<(&'static str, String)>,
    sure: Vec<Markdown>,
    hurt: Vec<impact::Row>,
    impact: Vec<Markdown>,
    triggers: Vec<Markdown>,
    commits: Vec<Markdown>,
    cascade_notes: Vec<Markdown>,
    flowchart: Option<flowchart::Flowchart>,
    cascade: Vec<cascade::Line>,
    messages: Vec<Markdown>,
    common: Vec<Markdown>,
    named_causes: Vec<Markdown>,
    timeline_note: Markdown,
    timeline: Vec<rows::Line>,
    notes: Vec<Markdown>,
    factors: Vec<factors::Group>,
    others: Vec<findings::Finding>,
    others_note: Option<Markdown>,
    unknown: Vec<findings::Unknown>,
    unknown_note: Option<Markdown>,
    recovery: Vec<Markdown>,
    actions: Vec<actions::Action>,
    questions: Vec<Markdown>,
    trimmed: Vec<Markdown>,
    lesser: Vec<rows::Line>,
    index: Vec<rows::IndexLine>,
    missing: Vec<rows::MissingLine>,
    left_out: Vec<Markdown>,
    rules: Markdown,
}

/// The appendix after the page, and with the records that it cites.
fn render<'a>(
    view: &View<'a>,
    order: &rows::Order,
    (page, mut references): (String, References<'a>),
    size: Size,
) -> (String, References<'a>) {
    // Sections cite as they are built, so they are built in the order they are read.
    let sure = opening::sure(view, &mut references, size);
    let (cascade_notes, cascade) = cascade::lines(view, &mut references, size);
    let common = common::lines(view, &mut references, size);
    let named_causes = named_causes::lines(view, &mut references, size);
    let messages = messages::lines(view, &mut references, size);
    let hurt = impact::table(view, &mut references, size);
    let impact = impact::lines(view, &mut references, size);
    let triggers = impact::triggers(view, &mut references, size);
    let commits = commits::lines(view, &mut references, size);
    let recovery = recovery::lines(view, &mut references, size);
    let factors = factors::groups(view, &mut references, size);
    let (others, others_note) = findings::others(view, &mut references, size);
    let (unknown, unknown_note) = findings::unknown(view, &mut references, size);
    let chosen = rows::Chosen::new(order, size);
    let notes = notes::lines(view, &mut references, size);
    let timeline = rows::lines(view, &chosen.main, &mut references, size);
    let left_out = left_out::lines(view, &mut references, size);
    let lesser = rows::lines(view, &chosen.lesser, &mut references, size);
    let cited = references.all().count();
    let draft = Draft {
        page,
        header: opening::header(view),
        sure,
        hurt,
        impact,
        triggers,
        commits,
        cascade_notes,
        flowchart: flowchart::write(view),
        cascade,
        messages,
        common,
        named_causes,
        timeline_note: rows::note(view, &chosen),
        timeline,
        notes,
        factors,
        others,
        others_note,
        unknown,
        unknown_note,
        recovery,
        actions: actions::list(view, size),
        questions: questions::list(view, size),
        trimmed: rows::trimmed(view, &chosen, cited, size),
        lesser,
        index: rows::index(&references, size),
        missing: rows::missing(view, size),
        left_out,
        rules: rows::rules(view, size),
    };
    // Rendering writes to a String, which cannot fail.
    (tidied(&draft.render().unwrap_or_default()), references)
}

/// Without blanks at the ends of lines, and no more than one empty line in a row.
fn tidied(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    for line in text.trim_end().lines().map(str::trim_end) {
        if !(line.is_empty() && tidy.ends_with("\n\n")) {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy
}

/// The last resort, for reports whose every part is at its longest.
fn cut(draft: &str, limit: usize) -> String {
    const NOTE: &str = "\n\nThe rest did not fit; it is in `report.json` and `timeline.html`.\n";
    let room = limit.saturating_sub(NOTE.chars().count());
    let end = draft.char_indices().nth(room).map_or(draft.len(), |(at, _)| at);
    let kept = draft.get(..end).unwrap_or_default();
    let whole_lines = kept.rfind('\n').and_then(|at| kept.get(..at)).unwrap_or_default();
    format!("{whole_lines}{NOTE}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::builders;

    #[test]
    fn a_draft_of_any_size_leaves_room_for_its_mark() {
        let mut of = builders::memory_cascade();
        let signals = of.signals.clone();
        let room = GITHUB_CHARACTERS - MARK_CHARACTERS;
        let mut length = |_| {
            of.signals.extend(signals.iter().cloned());
            // The draft of an analysis is made once, and this one grows.
            write_within(&of, room).chars().count()
        };
        let lengths: Vec<usize> = (0..30).map(&mut length).collect();
        assert!(lengths.iter().all(|length| *length <= room), "{lengths:?}");
        // Some come as near as makes a difference, or this would try nothing.
        assert!(lengths.iter().any(|length| *length > room * 9 / 10), "{lengths:?}");
    }
}
