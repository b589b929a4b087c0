//! The cascade as an indented list: each line an effect of the one it stands under, with the grade of that claim.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::cascade::Edge;
use crate::report::markdown::Markdown;
use crate::report::names::workload_of;
use crate::report::view::{Branch, Grade, Numbered, Tree, View};
use crate::report::{quotes, times};

pub struct Line {
    pub indent: String,
    pub text: Markdown,
}

/// Deeper chains stay at this depth, where lists can still be read.
const DEEPEST: usize = 8;

/// Sentences before the chart, and the list of the largest cascade.
pub fn lines(view: &View, references: &mut References, size: Size) -> (Vec<Markdown>, Vec<Line>) {
    let Some(tree) = view.trees.first() else {
        return (vec![Markdown::new().say("No failure was recognised, so there is no cascade.")], Vec::new());
    };
    let mut notes = vec![Markdown::new().say(
        "Each line stands under what led to it. Mechanism: the records tie both together. Known: a documented mechanism, \
         the right place, the right lag. Order: only time and neighbourhood suggest it.",
    )];
    let mut lines: Vec<Line> =
        tree.branches.iter().take(size.tree).map(|branch| line(view, tree, branch, references, size)).collect();
    let more = tree.branches.len().saturating_sub(size.tree);
    if more > 0 {
        let text = Markdown::new().number(more as u64).say(" more lines are in ").code("timeline.html", 40).stop();
        lines.push(Line { indent: String::new(), text });
    }
    let others = view.trees.len().saturating_sub(1);
    if others > 0 {
        notes.push(Markdown::new().number(others as u64).say(" more, not linked to it, are under Other findings."));
    }
    (notes, lines)
}

fn line(view: &View, tree: &Tree, branch: &Branch, references: &mut References, size: Size) -> Line {
    let signal = branch.signal;
    let lead = match branch.cause {
        Some(edge) => lead(edge),
        None => Markdown::new(),
    };
    let text = lead.say("**").prose(&view.clock.time(signal.began()), 40).say("** ").code(&signal.name, NAME_CHARS);
    let alike = branch.alike.len() as u64 + 1;
    let text = if branch.count() > alike { text.say(" × ").number(branch.count()) } else { text };
    let text = match alike {
        1 => text.say(" on ").code(&signal.subject.to_string(), NAME_CHARS),
        _ => text.say(" on ").number(alike).say(" of ").code(&workload_of(&signal.subject), NAME_CHARS),
    };
    let title = signal.title.trim_end_matches('.');
    let text = text
        .say(": ")
        .then(&worded(title, branch.cause, SENTENCE_CHARS.min(size.quote + 60)))
        .then(&references.cite(quotes::of_signal(&signal)))
        .stop();
    let text = match branch.cause {
        Some(edge) => text.then(&reason(edge, references)),
        None => text,
    };
    let text = branch.also.iter().take(3).fold(text, |text, edge| text.then(&also(view, tree, edge)));
    Line { indent: "  ".repeat(branch.depth.min(DEEPEST)), text }
}

/// A sentence in a line whose claim goes as far as its link's grade.
fn worded(sentence: &str, cause: Option<&Edge>, limit: usize) -> Markdown {
    match cause {
        Some(edge) if edge.grade == Grade::Order => Markdown::new().prose_without_causes(sentence, limit),
        _ => Markdown::new().prose(sentence, limit),
    }
}

/// `caused, after 12 s: `
fn lead(edge: &Edge) -> Markdown {
    let lag = times::length_of_ms(edge.lag_ms);
    let line = match edge.grade {
        Grade::Order => Markdown::new().say("was followed"),
        Grade::Mechanism | Grade::Known => Markdown::new().say("caused"),
    };
    let line = match edge.lag_ms {
        ..0 => line.say(", seen ").prose(&lag, 40).say(" before it"),
        0 => line.say(", at once"),
        _ => line.say(", after ").prose(&lag, 40),
    };
    line.say(if edge.grade == Grade::Order { ", by: " } else { ": " })
}

/// ` (mechanism: the kubelet reports the condition [E4])`
fn reason(edge: &Edge, references: &mut References) -> Markdown {
    let line = Markdown::new().say(" (").say(edge.grade.name()).say(": ");
    let line = line.then(&worded(edge.why.trim_end_matches('.'), Some(edge), SENTENCE_CHARS));
    line.then(&references.cite(edge.evidence.iter().copied())).say(")")
}

fn also(view: &View, tree: &Tree, edge: &Edge) -> Markdown {
    let Some(cause) = view.signal(edge.from) else { return Markdown::new() };
    let line = match edge.grade {
        Grade::Order => Markdown::new().say(" Also followed "),
        Grade::Mechanism | Grade::Known => Markdown::new().say(" Also caused by "),
    };
    let line = line.code(&cause.name, NAME_CHARS).say(" on ").code(&subject_in(tree, cause), NAME_CHARS);
    line.say(" (").say(edge.grade.name()).say(").")
}

/// The subject as the list names it, where several share a line.
fn subject_in(tree: &Tree, signal: Numbered) -> String {
    if tree.is_alike(signal.index) { workload_of(&signal.subject) } else { signal.subject.to_string() }
}
