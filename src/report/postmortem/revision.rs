//! Which revision a change brought, in words.

use super::NAME_CHARS;
use crate::report::markdown::Markdown;
use crate::report::view::Change;

/// Adds it to what is said of a change, unless that names it.
pub fn add(line: Markdown, change: &Change<'_>) -> Markdown {
    let revision = change.revision.filter(|one| !change.what.contains(one.commit.as_ref().unwrap_or(&one.revision)));
    let Some(revision) = revision else { return line };
    let line = line.say(", revision ").code(&revision.revision, NAME_CHARS);
    match &revision.source {
        Some(source) => line.say(" of ").code(source, NAME_CHARS),
        None => line,
    }
}
