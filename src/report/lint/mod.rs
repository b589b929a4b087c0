//! Blameless words: what a draft, and what people make of it, does without.
//!
//! The rules are data, `rules.yaml`. Text in code spans, code blocks and tables of records is quoted and exempt. What the
//! program writes must pass without a finding; for people's edits a finding is a hint, with another wording.

mod checks;
mod code;
mod place;
mod rules;
#[cfg(test)]
mod tests;

use super::safe;
use crate::evidence;
use checks::Outline;
use code::without_code;
use place::Place;
use regex::RegexSet;
pub use rules::{Find, Rule};
use rules::{RULES, Where};
use serde::Serialize;
use std::ops::Range;
use std::sync::LazyLock;

/// A line of a text that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// From 1.
    pub line: usize,
    /// `BL02`, …
    pub rule: &'static str,
    /// What the rule is about, in a few words.
    pub title: &'static str,
    /// The words found.
    pub words: String,
    /// Another wording.
    pub instead: &'static str,
}

impl Finding {
    /// Whether another tells no more than this.
    fn tells(&self, other: &Self) -> bool {
        (self.line, self.rule) == (other.line, other.rule) && self.words.contains(&other.words)
    }
}

/// For whom a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Those who may see the records.
    Team,
    /// Anybody: hosts and addresses are findings, in quotations, too.
    Public,
}

/// The longest words that are repeated, in characters.
const MOST_WORDS: usize = 80;
/// The most findings of one text.
const MOST_FINDINGS: usize = 10_000;

/// Every rule, in order of its id.
pub fn rules() -> &'static [Rule] {
    &RULES
}

/// Every finding of a draft for those who may see the records, in order of its lines.
pub fn check(draft: &str) -> Vec<Finding> {
    check_for(draft, Audience::Team)
}

/// Every finding of a text, in order of its lines.
pub fn check_for(text: &str, audience: Audience) -> Vec<Finding> {
    let (outline, is_public) = (Outline::of(text), audience == Audience::Public);
    let names = Names::of(text, &outline);
    let mut findings = Vec::new();
    let mut place = Place::default();
    for (number, line) in (1..).zip(text.lines()) {
        if findings.len() >= MOST_FINDINGS {
            break;
        }
        let words = without_code(line);
        let is_text = place.enter(line, &words);
        for rule in RULES.iter() {
            let mut add = |words: &str, instead: &'static str| findings.push(finding(rule, number, words, instead));
            let shown = if is_public && rule.public_in_quotes { line } else { words.as_str() };
            if applies(rule, &place) && (is_text || (is_public && rule.public_in_quotes)) {
                rule.found(shown, is_public).into_iter().for_each(|(words, instead)| add(words, instead));
            }
            if is_text && let Some((check, instead)) = &rule.check {
                checks::of_line(*check, &words, &place).iter().for_each(|words| add(words, instead));
            }
        }
        if is_text {
            let told = |one: &Finding| findings.iter().any(|known| known.tells(one));
            let new: Vec<Finding> = names.on(number, &words).into_iter().filter(|one| !told(one)).collect();
            findings.extend(new);
        }
    }
    for rule in RULES.iter() {
        let Some((check, instead)) = &rule.check else { continue };
        findings.extend(outline.check(*check).into_iter().map(|(line, words)| finding(rule, line, &words, instead)));
    }
    findings.sort();
    findings.dedup();
    findings.truncate(MOST_FINDINGS);
    findings
}

fn finding(rule: &'static Rule, line: usize, words: &str, instead: &'static str) -> Finding {
    Finding { line, rule: &rule.id, title: &rule.title, words: safe::clean(words, MOST_WORDS), instead }
}

/// Whether a rule looks at lines that stand there.
fn applies(rule: &Rule, place: &Place) -> bool {
    let is_there = match rule.place {
        Where::Anywhere => true,
        Where::Timeline => place.is_of_timeline(),
        Where::Actions => place.is_of_actions(),
        Where::Draft => false,
    };
    is_there && !(rule.not_in_actions && place.is_of_actions())
}

/// Words of the names of those who wrote notes, where the text is notes.
struct Names {
    words: Vec<String>,
    rule: Option<(&'static Rule, &'static str)>,
}

/// The rule that names of people break.
const NAMES: &str = "BL01";

impl Names {
    /// A postmortem has sections and no authors: what stands behind its times is no name.
    fn of(text: &str, outline: &Outline) -> Self {
        let words = if outline.is_postmortem() { Vec::new() } else { evidence::names_in_notes(text) };
        let rule = RULES.iter().find(|rule| rule.id == NAMES);
        Self { words, rule: rule.and_then(|rule| Some((rule, rule.find.first()?.write.as_str()))) }
    }

    /// Names on a line, words of one that follow each other as one. A word in small letters may be any word, unless a
    /// colon or a bracket shows that somebody speaks.
    fn on(&self, number: usize, words: &str) -> Vec<Finding> {
        let Some((rule, instead)) = self.rule.filter(|_| !self.words.is_empty()) else { return Vec::new() };
        let (mut found, mut name): (Vec<String>, String) = (Vec::new(), String::new());
        for word in words.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            let is_marked = bare.starts_with(char::is_uppercase) || word.ends_with([':', '>', ']', ')']);
            if bare.is_empty() {
                continue;
            }
            match is_marked && self.words.contains(&bare.to_lowercase()) {
                true if name.is_empty() => bare.clone_into(&mut name),
                true => name = format!("{name} {bare}"),
                false => found.extend(Some(std::mem::take(&mut name)).filter(|name| !name.is_empty())),
            }
        }
        found.extend(Some(name).filter(|name| !name.is_empty()));
        found.iter().map(|name| finding(rule, number, name, instead)).collect()
    }
}

/// Every pattern by which a sentence of the program becomes a quotation.
static OF_SENTENCES: LazyLock<RegexSet> = LazyLock::new(|| {
    let finds = RULES.iter().filter(|rule| rule.sentences).flat_map(|rule| &rule.find);
    let patterns = finds.map(|find| format!("(?i){}", find.regex.as_str()));
    RegexSet::new(patterns).expect("each pattern was compiled before")
});

/// Whether no words are found in a sentence that a blameless one does without, wherever in a draft it will stand.
pub fn is_blameless(sentence: &str) -> bool {
    let words = safe::clean(sentence, usize::MAX);
    let breaks = |rule: &Rule| rule.sentences && !rule.found(&words, false).is_empty();
    !OF_SENTENCES.is_match(&words) || !RULES.iter().any(breaks)
}

/// The first words of a sentence that a blameless one does without: what must be quoted of it.
pub fn first_words(sentence: &str) -> Option<Range<usize>> {
    let found = RULES.iter().filter(|rule| rule.sentences).flat_map(|rule| rule.found(sentence, false));
    let places = found.filter_map(|(words, _)| sentence.find(words).map(|at| at..at + words.len()));
    places.min_by_key(|place| place.start)
}

/// Whether a sentence claims that one thing led to another.
pub fn speaks_of_causes(sentence: &str) -> bool {
    let words = sentence.to_lowercase();
    words.contains("caused") || words.contains("because")
}
