//! What failed and is left out of the cascade, in a short list: what was over before the window, what only order ties to
//! it, and how much else failed apart.

use super::references::References;
use super::{SENTENCE_CHARS, Size};
use crate::cascade::{LeftOut, Reason};
use crate::report::markdown::Markdown;
use crate::report::view::View;

/// A line for each, and one for the cascades that have words of their own.
pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let has_own_words = |one: &&LeftOut| matches!(one.reason, Reason::Apart | Reason::Before);
    let all = &view.analysis().left_out;
    let named: Vec<&LeftOut> = all.iter().filter(|one| !has_own_words(one)).collect();
    let mut lines: Vec<Markdown> = Vec::new();
    for one in named.iter().take(size.items) {
        let line = Markdown::new().prose(&one.statement, SENTENCE_CHARS);
        lines.push(line.then(&references.cite(one.evidence.iter().copied())).stop());
    }
    let more = named.len().saturating_sub(size.items);
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" more are in ").code("report.json", 40).stop());
    }
    let others = all.iter().filter(has_own_words).count() as u64;
    let before = all.iter().filter(|one| one.reason == Reason::Before).count() as u64;
    if others > 0 {
        let line =
            Markdown::new().say("No link ties these to the largest cascade, and they are told under Other findings: ");
        let line = line.number(others).say(if others == 1 { " cascade" } else { " cascades" });
        lines.push(match before {
            0 => line.stop(),
            _ => line.say(", of which ").number(before).say(" had begun before it").stop(),
        });
    }
    lines
}
