//! Sentences of the analysis, made short enough to be read first. What is left out of one stands in the appendix.

use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// As many whole sentences of `text` as `limit` characters hold, without the last stop. A first sentence that is longer
/// is cut by whoever writes it.
pub fn whole_sentences(text: &str, limit: usize) -> &str {
    let fits = |end: usize| text.get(..end).is_some_and(|kept| kept.chars().count() <= limit);
    let ends = text.match_indices(". ").map(|(at, _)| at).chain([text.len()]);
    let last = ends.take_while(|end| fits(*end)).last();
    let first = text.find(". ").unwrap_or(text.len());
    text.get(..last.unwrap_or(first)).unwrap_or(text).trim_end_matches('.')
}

/// As many whole clauses of a statement as `limit` characters hold: those behind a semicolon go first. What is longer
/// still is cut by whoever writes it.
pub fn whole_clauses(statement: &str, limit: usize) -> &str {
    let mut kept = statement.trim_end_matches('.');
    while kept.chars().count() > limit {
        match kept.rfind("; ").and_then(|at| kept.get(..at)) {
            Some(shorter) => kept = shorter,
            None => break,
        }
    }
    kept
}

/// A title that says as much as `limit` characters hold: what stands behind a colon or a semicolon, the details, goes
/// first, where enough words stand before it to say something.
pub fn brief(title: &str, limit: usize) -> &str {
    let mut kept = title.trim_end_matches('.');
    while kept.chars().count() > limit {
        match kept.rfind("; ").max(kept.rfind(": ")).and_then(|at| kept.get(..at)) {
            Some(shorter) if shorter.split(' ').count() >= LEAST_WORDS => kept = shorter,
            _ => break,
        }
    }
    kept
}

/// Fewer words say who, but not what.
const LEAST_WORDS: usize = 4;

/// A title as a person would say it: without the range of times that it may end with or hold, as ` between 16:01:25 and
/// 16:03:26`, and with the first three of many fields that were written.
pub fn spoken(title: &str) -> Cow<'_, str> {
    static FIELDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r": (?P<first>(?:[^,;:()]+, ){2}[^,;:()]+)(?P<more>(?:, [^,;:()]+){2,}) (?P<done>were (?:written|changed))",
        )
        .ok()
    });
    let title = untimed(title);
    let Some(found) = FIELDS.as_ref().and_then(|fields| fields.captures(&title)) else { return title };
    let (Some(whole), first, more, done) = (found.get(0), &found["first"], &found["more"], &found["done"]) else {
        return title;
    };
    let (before, behind) =
        (title.get(..whole.start()).unwrap_or_default(), title.get(whole.end()..).unwrap_or_default());
    format!("{before}: {first} and {} more {done}{behind}", more.matches(", ").count()).into()
}

fn untimed(title: &str) -> Cow<'_, str> {
    static RANGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r" between (?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\dZ? and (?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\dZ?").ok()
    });
    RANGE.as_ref().map_or(title.into(), |range| range.replace_all(title, ""))
}

/// With a capital letter first, unless the first word is a name.
pub fn capital(text: &str) -> String {
    let is_word = text.split(' ').next().is_some_and(|word| word.chars().all(|one| one.is_ascii_lowercase()));
    let mut rest = text.chars();
    match rest.next() {
        Some(first) if is_word => format!("{}{}", first.to_ascii_uppercase(), rest.as_str()),
        _ => text.to_owned(),
    }
}

/// `a, b and c`.
pub fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_ends_with_a_sentence() {
        let text = "It began at `08:00`. Its pods were restarted. Nothing else changed.";
        assert_eq!(whole_sentences(text, 300), "It began at `08:00`. Its pods were restarted. Nothing else changed");
        assert_eq!(whole_sentences(text, 45), "It began at `08:00`. Its pods were restarted");
        assert_eq!(whole_sentences(text, 5), "It began at `08:00`");
        assert_eq!(whole_sentences("", 5), "");
    }

    #[test]
    fn a_sentence_ends_with_a_clause() {
        let text = "the probe of a failed: it was refused; this was at 10:00:00";
        assert_eq!(whole_clauses(text, 100), text);
        assert_eq!(whole_clauses(text, 40), "the probe of a failed: it was refused");
        assert_eq!(whole_clauses(text, 30), "the probe of a failed: it was refused");
        assert_eq!(brief(text, 30), "the probe of a failed");
        assert_eq!(brief("ConfigMap/a/b: c was written", 9), "ConfigMap/a/b: c was written");
    }

    #[test]
    fn a_title_that_a_person_would_say_has_no_times() {
        assert_eq!(untimed("node-1 fell silent between 07:56:14 and 07:56:20"), "node-1 fell silent");
        assert_eq!(untimed("a wait between 5 and 6 seconds"), "a wait between 5 and 6 seconds");
        assert_eq!(untimed("it stopped between 07:56:14Z and 07:56:20Z on node-1"), "it stopped on node-1");
    }

    #[test]
    fn of_many_fields_that_were_written_three_are_named() {
        let title = "Gateway/a/b: class, listeners[http], listeners[https], label x.y/z, label x.y/w were written, by kustomize";
        assert_eq!(
            spoken(title),
            "Gateway/a/b: class, listeners[http], listeners[https] and 2 more were written, by kustomize"
        );
        let four = "Gateway/a/b: a, b, c, d were written";
        assert_eq!(spoken(four), four);
        let parted = "Role/a/b: spec (a, b, c, d, e), rules were written";
        assert_eq!(spoken(parted), parted);
    }

    #[test]
    fn names_keep_their_first_letter() {
        let cases = [("the kubelet", "The kubelet"), ("node-1 fell silent", "node-1 fell silent"), ("", "")];
        cases.into_iter().for_each(|(text, wanted)| assert_eq!(capital(text), wanted));
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "a, b and c");
    }
}
