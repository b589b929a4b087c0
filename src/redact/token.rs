//! Credentials that show themselves by their form, such as `ghp_…` and `AKIA…`: a regular expression at an anchor.

use super::finder::{Part, Put};
use super::lex::Text;
use regex::bytes::Regex;

/// Bytes before an anchor that a pattern may need, and after it: more where what it finds goes on.
const BEHIND: usize = 256;
const AHEAD: usize = 8192;
const FARTHEST: usize = 1 << 21;

/// What the pattern's groups cover, or all of it where none of them does. A pattern begins with its anchor, or, `around` it,
/// anywhere in the line before.
///
/// `may_look` tells whether so many bytes more may be looked through.
pub(super) fn look(
    text: Text<'_>,
    (regex, around): (&Regex, bool),
    (start, end): (usize, usize),
    mut may_look: impl FnMut(usize) -> bool,
) -> Option<Vec<Part>> {
    if !around && continues_word(text, start) {
        return None;
    }
    let mut ahead = AHEAD;
    loop {
        let parts = within(text, (regex, around), (start, end), ahead)?;
        let is_cut = start + ahead < text.len() && parts.iter().any(|part| reaches(text, *part, start + ahead));
        ahead *= 16;
        if !is_cut || ahead > FARTHEST || !may_look(ahead) {
            return Some(parts);
        }
    }
}

/// Whether a part goes as far as `limit`, but for the beginning of an escape.
pub(super) fn reaches(text: Text<'_>, part: Part, limit: usize) -> bool {
    text.slice(part.end, limit).iter().all(|byte| *byte == b'\\')
}

/// The same within so many bytes.
fn within(
    text: Text<'_>,
    (regex, around): (&Regex, bool),
    (start, end): (usize, usize),
    ahead: usize,
) -> Option<Vec<Part>> {
    let from = if around { text.real_line_start(start).max(start.saturating_sub(BEHIND)) } else { start };
    let slice = text.slice(from, start + ahead);
    if !regex.is_match(slice) {
        return None;
    }
    let found = regex.captures_iter(slice).find(|found| {
        found.get(0).is_some_and(|all| if around { from + all.end() >= end } else { all.start() == 0 })
    })?;
    let has_groups = found.iter().skip(1).flatten().next().is_some();
    let groups = found.iter().skip(usize::from(has_groups)).flatten();
    Some(
        groups
            .map(|group| Part { start: from + group.start(), end: from + group.end(), put: Put::Pseudonym })
            .collect(),
    )
}

/// Whether the byte before belongs to the same word, unless it is that of an escape, as in `\nghp_`.
pub(super) fn continues_word(text: Text<'_>, start: usize) -> bool {
    let Some(before) = start.checked_sub(1) else { return false };
    (text.at(before).is_ascii_alphanumeric() || text.at(before) == b'_') && !text.is_escaped_space(before)
}
