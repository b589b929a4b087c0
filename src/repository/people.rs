//! Subject lines without people: a report has no form for a person.
//!
//! Whoever wrote the commit is known from it, an address and a handle by their form, and the owner of a branch by the
//! sentences that GitHub and git make of a merge (`Merge pull request #7 from OWNER/BRANCH`). A name that is none of these
//! cannot be told from another word.

use regex::{Captures, Regex};
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What stands for them.
const SOMEBODY: &str = "a person";
/// The shortest word of a writer's name that is hidden: shorter ones are words of many sentences.
const SHORTEST: usize = 3;

static OWNER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(Merge pull request #\d+ from )\S+").ok());
static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"<?[\w.+%-]+@[\w-]+(?:\.[\w-]+)+>?|\B@[\w-]+").ok());
static WORD: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"[\p{Alphabetic}\p{M}\d_]+(?:[.'-][\p{Alphabetic}\p{M}\d_]+)*").ok());

static AGAIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("{SOMEBODY}(?: {SOMEBODY})+")).ok());

/// A subject line; `writers` are the author and the committer, as git keeps them: `NAME <ADDRESS> SECONDS ZONE`.
pub fn hidden(subject: &str, writers: &[String]) -> String {
    let mut names = BTreeSet::new();
    for writer in writers {
        let (name, rest) = writer.split_once('<').unwrap_or((writer, ""));
        let local = rest.split(['@', '>', '+']).next().unwrap_or_default();
        let words = name.split(|c: char| !c.is_alphanumeric()).chain(std::iter::once(local));
        names.extend(words.filter(|word| word.chars().count() >= SHORTEST).map(str::to_lowercase));
    }
    let owner =
        replaced(&OWNER, subject, |found| format!("{}{SOMEBODY}", found.get(1).map_or("", |start| start.as_str())));
    let addressed = replaced(&ADDRESS, &owner, |_| SOMEBODY.to_owned());
    let named = replaced(&WORD, &addressed, |found| {
        let word = found.get(0).map_or("", |word| word.as_str());
        let lower = word.to_lowercase();
        let is_name = names.contains(&lower) || lower.split(['.', '\'', '-', '_']).any(|part| names.contains(part));
        if is_name { SOMEBODY.to_owned() } else { word.to_owned() }
    });
    // Name and surname are of one.
    replaced(&AGAIN, &named, |_| SOMEBODY.to_owned())
}

fn replaced(pattern: &LazyLock<Option<Regex>>, text: &str, with: impl Fn(&Captures<'_>) -> String) -> String {
    pattern.as_ref().map_or_else(|| text.to_owned(), |pattern| pattern.replace_all(text, with).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_named() {
        let writers = ["Jörg van der Berg <jberg+git@example.org> 1795244400 +0100".to_owned()];
        for (subject, without) in [
            ("Raise limits (thanks @octocat)", "Raise limits (thanks a person)"),
            ("jberg: raise limits", "a person: raise limits"),
            ("Scale api for Jörg van der Berg jberg@example.org", "Scale api for a person"),
            ("Revert what Jörg did", "Revert what a person did"),
            ("Merge branch 'jberg/limits' into main", "Merge branch 'a person/limits' into main"),
            ("Merge pull request #12 from octo-cat/fix", "Merge pull request #12 from a person"),
            ("Use image nginx@sha256:12ab", "Use image nginx@sha256:12ab"),
            ("Set cache.limits.memory to 1Gi", "Set cache.limits.memory to 1Gi"),
            ("", ""),
        ] {
            assert_eq!(hidden(subject, &writers), without);
        }
    }
}
