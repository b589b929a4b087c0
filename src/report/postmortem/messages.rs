//! What hurt workloads said that they had not said before: the nearest that records come to their own word on it.

use super::references::References;
use super::{NAME_CHARS, QUOTE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::view::View;

/// The most that are worth reading before the timeline.
const MOST: usize = 6;

/// A line for each, those of the largest cascade first.
pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let all = &view.of.new_messages;
    let most = MOST.min(size.items);
    let mut lines = Vec::new();
    for one in all.iter().take(most) {
        let line = Markdown::new().code(&one.workload.to_string(), NAME_CHARS);
        let line = line.say(", container ").code(&one.container, NAME_CHARS);
        let line = match one.first {
            Some(at) => line.say(", from ").prose(&view.clock.time(at), 40),
            None => line,
        };
        let line = if one.count > 1 { line.say(", ").number(one.count).say(" times") } else { line.say(", once") };
        let line = line.say(": ").code(&one.text, QUOTE_CHARS.min(size.quote));
        lines.push(line.then(&references.cite([one.citation])).stop());
    }
    let more = all.len().saturating_sub(most);
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" more are in ").code("report.json", 40).stop());
    }
    lines
}
