//! What those that failed have in common, and others do not.

use super::Size;
use super::references::References;
use crate::cascade::Common;
use crate::report::markdown::Markdown;
use crate::report::view::View;

/// The longest sentence of one finding.
const CHARS: usize = 600;

/// The most that are worth reading before the timeline.
const MOST: usize = 6;

/// A line for each finding.
pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    view.of.common.iter().take(MOST.min(size.items)).map(|one| line((one, &one.statement), references)).collect()
}

fn line((one, statement): (&Common, &str), references: &mut References) -> Markdown {
    let mut letters = statement.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    let words = Markdown::new().prose(&format!("{first}{}", letters.as_str()), CHARS);
    words.then(&references.cite(one.evidence.iter().copied())).stop()
}
