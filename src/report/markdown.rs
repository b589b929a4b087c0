//! Markdown in which text from the cluster stays text.
//!
//! A [`Markdown`] is one line. Our own words enter as `&'static str`; everything else enters as a code span or word by
//! word, where any word that could be markup, a link, a mention or an issue number becomes a code span.

use super::{lint, safe};
use std::borrow::Cow;
use std::fmt;

/// One line of Markdown, built from parts that cannot change each other's meaning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markdown(String);

impl Markdown {
    pub fn new() -> Self {
        Self::default()
    }

    /// Our own words, taken as they are.
    #[must_use]
    pub fn say(mut self, words: &'static str) -> Self {
        self.0.push_str(words);
        self
    }

    /// A count or another value that has no text of the cluster in it.
    #[must_use]
    pub fn number(mut self, number: impl Into<u64>) -> Self {
        self.0.push_str(&number.into().to_string());
        self
    }

    /// Text from the cluster, quoted as it stands (white space and control characters apart).
    #[must_use]
    pub fn code(mut self, text: &str, limit: usize) -> Self {
        self.0.push_str(&code_span(text, limit));
        self
    }

    /// A sentence that may hold text of the cluster: harmless words stay words, all others become code spans. Words
    /// that would not pass for blameless are shown as the quotation they must be.
    #[must_use]
    pub fn prose(mut self, text: &str, limit: usize) -> Self {
        if lint::is_blameless(text) {
            self.0.push_str(&prose(text, limit));
            return self;
        }
        match with_words_quoted(text, limit) {
            Some(line) => {
                self.0.push_str(&line);
                self
            }
            None => self.code(text, limit),
        }
    }

    /// [`Self::prose`], or a quotation where the text itself speaks of causes, which order in time cannot claim.
    #[must_use]
    pub fn prose_without_causes(self, text: &str, limit: usize) -> Self {
        if lint::speaks_of_causes(text) { self.code(text, limit) } else { self.prose(text, limit) }
    }

    #[must_use]
    pub fn then(mut self, other: &Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Ends a sentence that may already be ended.
    #[must_use]
    pub fn stop(mut self) -> Self {
        if !self.0.ends_with(['.', '!', '?', '…']) {
            self.0.push('.');
        }
        self
    }

    /// The parts with commas between and `and` before the last.
    pub fn list(parts: &[Self]) -> Self {
        let mut list = String::new();
        for (place, part) in parts.iter().enumerate() {
            if place > 0 {
                list.push_str(if place + 1 == parts.len() { " and " } else { ", " });
            }
            list.push_str(&part.0);
        }
        Self(list)
    }

    /// The line for a cell of a table, where a vertical bar would end the cell even inside a code span.
    ///
    /// Every table dialect reads `\|` as a bar, but not all agree on `\\|`, so a bar behind a backslash is shown
    /// as `¦`.
    pub fn cell(&self) -> String {
        let mut cell = String::with_capacity(self.0.len());
        for character in self.0.chars() {
            match character {
                '|' if cell.ends_with('\\') => cell.push('¦'),
                '|' => cell.push_str("\\|"),
                _ => cell.push(character),
            }
        }
        cell
    }
}

impl fmt::Display for Markdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn code_span(text: &str, limit: usize) -> String {
    let text = safe::clean(text, limit);
    if text.is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    let padding = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{padding}{text}{padding}{fence}")
}

/// The most words in a row of which a sentence of ours quotes some.
const QUOTED_PARTS: usize = 4;

/// A sentence with those words of it quoted that would not pass for blameless; none where that takes too many.
fn with_words_quoted(text: &str, limit: usize) -> Option<String> {
    let text = safe::clean(text, limit);
    let mut rest = whole_words(&text).into_owned();
    let mut line = String::new();
    for _ in 0..QUOTED_PARTS {
        let Some(found) = lint::first_words(&rest) else {
            line.push_str(&plain_or_code(&rest));
            return lint::check(&line).is_empty().then_some(line);
        };
        // A quotation is of whole words.
        let from = rest.get(..found.start)?.rfind(' ').map_or(0, |space| space + 1);
        let to = rest.get(found.end..)?.find(' ').map_or(rest.len(), |space| found.end + space);
        let quoted = rest.get(from..to)?.trim_end_matches(['.', ',', ';', ':', ')', '?', '…']);
        if quoted.trim().is_empty() {
            return None;
        }
        line.push_str(&plain_or_code(rest.get(..from)?));
        line.push_str(&code_span(quoted, usize::MAX));
        // The marks behind it, which stay outside as they do behind a word.
        line.push_str(rest.get(from + quoted.len()..to)?);
        rest = rest.get(to..)?.to_owned();
    }
    None
}

fn plain_or_code(text: &str) -> String {
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

fn prose(text: &str, limit: usize) -> String {
    let text = safe::clean(text, limit);
    plain_or_code(&whole_words(&text))
}

/// A text that was cut, without the part of a word that it ends with, unless that is most of it.
fn whole_words(text: &str) -> Cow<'_, str> {
    let cut =
        text.strip_suffix('…').and_then(|cut| cut.rsplit_once(' ')).filter(|(kept, part)| kept.len() > part.len());
    cut.map_or(text.into(), |(kept, _)| format!("{} …", kept.trim_end_matches([',', ';', ':'])).into())
}

/// A word with its punctuation outside of the code span.
fn word(word: &str) -> String {
    let core = word.trim_start_matches(['(', '"', '\'']);
    let before = word.len() - core.len();
    let core = core.trim_end_matches(['.', ',', ';', ':', ')', '"', '\'', '?', '…']);
    let (Some(lead), Some(tail)) = (word.get(..before), word.get(before + core.len()..)) else {
        return code_span(word, usize::MAX);
    };
    if core.is_empty() {
        return if is_plain(word) { word.to_owned() } else { code_span(word, usize::MAX) };
    }
    // Words that open and close a quotation of several words keep their quotation marks in sight.
    if is_plain(core) {
        return word.to_owned();
    }
    // Whose something is: the name is quoted, and the rest is our own.
    let (name, whose) = match core.strip_suffix("'s") {
        Some(name) if !name.is_empty() => (name, "'s"),
        _ => (core, ""),
    };
    format!("{lead}{}{whose}{tail}", code_span(name, usize::MAX))
}

/// Whether no renderer sees anything in `word` but a word.
fn is_plain(word: &str) -> bool {
    let harmless = |character: char| character.is_alphanumeric() || "-.,;:()'\"%?–—…×≥≤±→·".contains(character);
    let starts_list =
        word.strip_suffix(['.', ')']).unwrap_or(word).chars().all(|c| c.is_ascii_digit()) && word.ends_with(['.', ')']);
    let dotted_name =
        word.split('.').filter(|part| !part.is_empty()).count() > 1 && word.contains(|c: char| c.is_alphabetic());
    let colon_inside = word.trim_end_matches(':').contains(':') && !is_clock_time(word);
    let hexadecimal =
        word.len() >= 7 && word.chars().all(|c| c.is_ascii_hexdigit()) && word.contains(|c: char| c.is_ascii_digit());
    let only_marks = !word.contains(|c: char| c.is_alphanumeric()) && word.contains(['-', '.']);
    if matches!(word, "%" | "=") {
        return true;
    }
    let percent_first = word.starts_with('%');
    word.chars().all(harmless)
        && !(starts_list || dotted_name || colon_inside || hexadecimal || only_marks || percent_first)
        && !looks_like_a_name(word)
}

/// `14:03:22Z` or `14:03:22`, which hold colons as emoji names do but are none.
fn is_clock_time(word: &str) -> bool {
    let word = word.strip_suffix('Z').unwrap_or(word);
    let form = word.chars().map(|character| if character.is_ascii_digit() { '0' } else { character });
    form.eq("00:00:00".chars())
}

/// Names of pods and nodes have a dash and a digit; they read better, and are never split, as code.
fn looks_like_a_name(word: &str) -> bool {
    word.contains('-') && word.contains(|c: char| c.is_ascii_digit()) && word.contains(|c: char| c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::hostile;
    use proptest::prelude::*;
    use pulldown_cmark::{Event, Options, Parser, Tag};

    /// The text of a document and whether it is one paragraph of nothing but words and code.
    fn read(document: &str) -> (String, bool) {
        let mut text = String::new();
        let mut plain = true;
        for event in Parser::new_ext(document, Options::ENABLE_TABLES) {
            match event {
                Event::Text(part) | Event::Code(part) => text.push_str(&part),
                Event::Start(Tag::Paragraph) | Event::End(_) => {}
                _ => plain = false,
            }
        }
        (text, plain)
    }

    /// The cells of a table with one row of one cell, or none where the table broke.
    fn read_cell(cell: &str) -> Option<String> {
        let document = format!("|a|b|\n|---|---|\n|{cell}|end|\n\nafter");
        let mut cells = Vec::new();
        for event in Parser::new_ext(&document, Options::ENABLE_TABLES) {
            match event {
                Event::Start(Tag::TableCell) => cells.push(String::new()),
                Event::Text(part) | Event::Code(part) => cells.last_mut()?.push_str(&part),
                Event::Html(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                    return None;
                }
                _ => {}
            }
        }
        (cells.len() == 4 && cells.get(3)?.starts_with("end")).then(|| cells.swap_remove(2))
    }

    #[test]
    fn hostile_text_stays_text() {
        for text in hostile::TEXTS {
            let prose = Markdown::new().say("It said: ").prose(text, 300);
            let (shown, plain) = read(&prose.to_string());
            assert!(plain, "{prose}");
            assert_eq!(shown, format!("It said: {}", safe::clean(text, 300)), "{prose}");
            assert!(read_cell(&prose.cell()).is_some(), "{}", prose.cell());
        }
    }

    #[test]
    fn mentions_and_addresses_only_in_code() {
        let prose = prose("Ask @team, see www.x.test or #12 (a@x.test).", 300);
        assert_eq!(prose, "Ask `@team`, see `www.x.test` or `#12` (`a@x.test`).");
    }

    #[test]
    fn only_the_words_that_would_not_pass_are_quoted() {
        let line = |text: &str| Markdown::new().prose(text, 300).to_string();
        assert_eq!(line("etcd took too long to answer (Node/k3s-1)"), "etcd took `too long` to answer (`Node/k3s-1`)");
        assert_eq!(line("etcd took too long."), "etcd took `too long`.");
        assert_eq!(line("it was obviously late, at 14:03:22"), "it was `obviously` `late`, at 14:03:22");
        assert!(lint::is_blameless(&line("a root cause")) || line("a root cause").contains('`'));
        for text in ["obviously) late.", "late `x` obviously`)", "too long"] {
            let (shown, plain) = read(&format!("x {}", line(text)));
            assert!(plain && shown == format!("x {text}"), "{text}: {}", line(text));
        }
    }

    #[test]
    fn names_read_as_names() {
        let prose = prose("Pod/shop/api-0 turned not ready 98% of 2.5 min: node-1's kubelet said so", 300);
        assert_eq!(prose, "`Pod/shop/api-0` turned not ready 98% of 2.5 min: `node-1`'s kubelet said so");
    }

    #[test]
    fn backticks_are_outnumbered() {
        assert_eq!(code_span("a `` b", 80), "```a `` b```");
        assert_eq!(code_span("`a", 80), "`` `a ``");
        assert_eq!(code_span("", 80), "(empty)");
    }

    #[test]
    fn what_is_cut_ends_with_a_whole_word() {
        let cut = |text: &str, limit| Markdown::new().prose(text, limit).to_string();
        assert_eq!(cut("it was written at 2026-11-21T08:02:36Z", 30), "it was written at …");
        assert_eq!(cut("written by a, b and c", 12), "written by …");
        assert_eq!(cut(&"x".repeat(40), 9), "xxxxxxxxx…");
        assert_eq!(cut("it was written", 14), "it was written");
    }

    proptest! {
        #[test]
        fn code_spans_round_trip(text in "[ -~`|\\\\é\u{202e}\n]{1,60}") {
            let cleaned = safe::clean(&text, 200);
            prop_assume!(!cleaned.is_empty());
            let line = Markdown::new().say("x ").code(&text, 200);
            prop_assert_eq!(read(&line.to_string()), (format!("x {cleaned}"), true));
            prop_assert_eq!(read_cell(&line.cell()).map(|cell| cell.replace('¦', "|")), Some(format!("x {}", cleaned.replace('¦', "|"))));
        }

        #[test]
        fn prose_stays_words(text in any::<String>()) {
            let line = Markdown::new().say("x ").prose(&text, 200);
            let (shown, plain) = read(&line.to_string());
            prop_assert!(plain);
            let expected = format!("x {}", safe::clean(&text, 200));
            prop_assert_eq!(shown.trim_end(), expected.trim_end());
            prop_assert!(!line.to_string().chars().any(safe::is_unsafe));
            prop_assert!(read_cell(&line.cell()).is_some());
        }
    }
}
