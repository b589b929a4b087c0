//! What people wrote: each note word for word, with its record. Nothing is made of it.

use super::references::References;
use super::{NAME_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::view::View;

/// The longest note that is quoted whole.
const NOTE_CHARS: usize = 1_000;

pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let notes = &view.evidence().notes;
    let most = size.items.saturating_mul(3);
    let quote = NOTE_CHARS.min(size.quote.saturating_mul(3));
    let mut lines = Vec::new();
    for note in notes.iter().take(most) {
        let line = Markdown::new().prose(&view.clock.time(note.at.time), 40);
        let line = match note.to {
            Some(to) => line.say(" to ").prose(&view.clock.time(to), 40),
            None => line,
        };
        let line = match note.author.as_str() {
            "" => line,
            author => line.say(", ").prose(author, NAME_CHARS),
        };
        lines.push(line.say(": ").code(&note.text, quote).then(&references.cite([note.citation])));
    }
    let more = notes.len().saturating_sub(most);
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" more notes are in ").code("report.json", 40).stop());
    }
    lines
}
