//! The rules: data in `rules.yaml` inside the program, and a user's own in the same form.

use super::by_kind::{BY_KIND, KindSummary, Kinds, Row, Values};
use super::key::Key;
use super::words::{Strength, Telling, Words};
use regex::bytes::{Regex, RegexBuilder};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A file of rules that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("redaction rules {file}: {why}")]
pub struct RuleError {
    pub file: String,
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    rules: Vec<WrittenRule>,
    #[serde(default)]
    kinds: Vec<Row>,
    /// Last words of names that are about a credential and are none.
    #[serde(default)]
    about: Vec<String>,
    #[serde(default)]
    neutral: Vec<String>,
    #[serde(default)]
    near_misses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    why: String,
    #[serde(default)]
    keys: WrittenKeys,
    #[serde(default)]
    takes: Takes,
    #[serde(default)]
    keeps_names: bool,
    #[serde(default)]
    anchors: Vec<String>,
    pattern: Option<String>,
    /// The pattern may begin before its anchor, in the same line.
    #[serde(default)]
    around: bool,
    finds: Option<Built>,
    #[serde(default)]
    hides: Vec<String>,
    #[serde(default)]
    keeps: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenKeys {
    sure: Vec<String>,
    hint: Vec<String>,
}

/// What of the value is hidden.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Takes {
    #[default]
    Value,
    /// What follows the scheme of an HTTP header.
    Scheme,
    /// All of the line.
    Line,
    /// All, whatever it is.
    Whole,
}

/// What no regular expression finds.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Built {
    Jwt,
    Pem,
    SecretObject,
    Url,
}

#[derive(Debug)]
pub(super) enum Matcher {
    Keys,
    Pattern { regex: Regex, around: bool },
    Jwt,
    Pem,
    SecretObject,
    Url,
}

/// Who looks where an anchor was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consumer {
    Keys,
    Rule(usize),
}

#[derive(Debug)]
struct Rule {
    id: String,
    why: String,
    matcher: Matcher,
    takes: Takes,
    keeps_names: bool,
    hides: Vec<String>,
    keeps: Vec<String>,
}

/// All rules, in the order of their files.
#[derive(Debug, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    pub(super) words: Words,
    anchors: Vec<String>,
    consumers: Vec<Vec<Consumer>>,
    kinds: Kinds,
}

/// What of a rule a person may want to know: its id, and why it hides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleSummary<'a> {
    pub id: &'a str,
    pub why: &'a str,
}

impl Rules {
    /// The rules of the program.
    pub fn built_in() -> Result<Self, RuleError> {
        let mut rules = Self::default();
        rules.add("built in", include_str!("rules.yaml"))?;
        rules.add("built in", include_str!("kinds.yaml"))?;
        Ok(rules)
    }

    /// The rules of the program and those of one file (YAML), which `file` names in errors.
    pub fn read(file: &str, text: &str) -> Result<Self, RuleError> {
        let mut rules = Self::built_in()?;
        rules.add(file, text)?;
        Ok(rules)
    }

    /// Adds the rules of one file (YAML), which `file` names in errors. Nothing is added of a file that is wrong.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), RuleError> {
        let broken = |why: String| RuleError { file: file.to_owned(), why };
        let written: File = serde_saphyr::from_str(text).map_err(|error| broken(error.to_string()))?;
        if written.rules.is_empty() && written.kinds.is_empty() {
            return Err(broken("it has neither rules nor kinds".to_owned()));
        }
        if let Some(problem) = written.kinds.iter().find_map(Row::problem) {
            return Err(broken(problem));
        }
        let mut matchers = BTreeMap::new();
        for rule in &written.rules {
            let is_known = rule.id == BY_KIND || self.rules.iter().any(|known| known.id == rule.id);
            let matcher = checked(rule).map_err(broken)?;
            if is_known || matchers.insert(rule.id.clone(), matcher).is_some() {
                return Err(broken(format!("two rules are called {}; give one of them another id", rule.id)));
            }
        }
        self.kinds.add(written.kinds);
        self.words.add_about(&written.about);
        self.words.add_neutral(&written.neutral);
        self.words.add_near_misses(&written.near_misses);
        for rule in written.rules {
            if let Some(matcher) = matchers.remove(&rule.id) {
                self.add_rule(rule, matcher);
            }
        }
        Ok(())
    }

    fn add_rule(&mut self, written: WrittenRule, matcher: Matcher) {
        let rule = self.rules.len();
        for (names, strength) in [(&written.keys.sure, Strength::Sure), (&written.keys.hint, Strength::Hint)] {
            for name in names {
                self.words.add(name, Telling { rule, strength });
                let last = name.split(['-', ' ']).next_back().unwrap_or(name).to_owned();
                self.add_anchor(last, Consumer::Keys);
            }
        }
        for anchor in written.anchors {
            self.add_anchor(anchor, Consumer::Rule(rule));
        }
        let WrittenRule { id, why, takes, keeps_names, hides, keeps, .. } = written;
        self.rules.push(Rule { id, why, matcher, takes, keeps_names, hides, keeps });
    }

    fn add_anchor(&mut self, anchor: String, consumer: Consumer) {
        match self.anchors.iter().position(|known| known.eq_ignore_ascii_case(&anchor)) {
            Some(known) => {
                if let Some(all) = self.consumers.get_mut(known).filter(|all| !all.contains(&consumer)) {
                    all.push(consumer);
                }
            }
            None => {
                self.anchors.push(anchor);
                self.consumers.push(vec![consumer]);
            }
        }
    }

    /// Every rule, in order.
    pub fn summaries(&self) -> impl Iterator<Item = RuleSummary<'_>> {
        self.rules.iter().map(|rule| RuleSummary { id: &rule.id, why: &rule.why })
    }

    /// Every kind whose values are taken out by where they stand.
    pub fn kinds(&self) -> impl Iterator<Item = KindSummary<'_>> {
        self.kinds.summaries()
    }

    /// Whether values of this kind in particular are taken out by where they stand.
    pub(super) fn names_kind(&self, kind: &str) -> bool {
        self.kinds.names(kind)
    }

    /// What takes the values of a kind out of its objects, if it has any.
    pub(super) fn values_of(&self, kind: &str, key: &Key) -> Option<Values> {
        self.kinds.values(kind, key)
    }

    pub(super) fn anchors(&self) -> &[String] {
        &self.anchors
    }

    pub(super) fn consumers(&self, anchor: usize) -> &[Consumer] {
        self.consumers.get(anchor).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn matcher(&self, rule: usize) -> Option<&Matcher> {
        self.rules.get(rule).map(|rule| &rule.matcher)
    }

    pub(super) fn takes(&self, rule: usize) -> Takes {
        self.rules.get(rule).map(|rule| rule.takes).unwrap_or_default()
    }

    /// Whether names of objects are no credentials to this rule.
    pub(super) fn keeps_names(&self, rule: usize) -> bool {
        self.rules.get(rule).is_some_and(|rule| rule.keeps_names)
    }

    pub(super) fn id(&self, rule: usize) -> &str {
        self.rules.get(rule).map(|rule| rule.id.as_str()).unwrap_or_default()
    }

    /// The same as [`Rules::examples`] of the kinds, with a kind that they are of.
    pub(super) fn examples_of_kinds(&self) -> impl Iterator<Item = (String, String, &[String], &[String])> {
        self.kinds.examples()
    }

    /// Id, texts with what must be hidden in «», and texts that must stay, of every rule.
    pub(super) fn examples(&self) -> impl Iterator<Item = (&str, &[String], &[String])> {
        self.rules.iter().map(|rule| (rule.id.as_str(), rule.hides.as_slice(), rule.keeps.as_slice()))
    }
}

fn checked(rule: &WrittenRule) -> Result<Matcher, String> {
    let id = &rule.id;
    let is_id = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if id.is_empty() || id.len() > 40 || !id.bytes().all(is_id) {
        return Err(format!(
            "the id {id:?} must be 1 to 40 small letters, digits and dashes, for it becomes part of pseudonyms"
        ));
    }
    let has_keys = !rule.keys.sure.is_empty() || !rule.keys.hint.is_empty();
    let is_word = |name: &String| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-'))
    };
    if let Some(name) = rule.keys.sure.iter().chain(&rule.keys.hint).find(|name| !is_word(name)) {
        return Err(format!(
            "rule {id}: the key {name:?} must be words of ASCII letters and digits with blanks between them"
        ));
    }
    if let Some(short) = rule.anchors.iter().find(|anchor| anchor.len() < 3) {
        return Err(format!(
            "rule {id}: the anchor {short:?} is shorter than three bytes and would be found everywhere"
        ));
    }
    if has_keys != rule.anchors.is_empty() {
        return Err(format!("rule {id}: either keys, or anchors and a pattern, are needed"));
    }
    match (&rule.pattern, rule.finds) {
        (None, None) if has_keys => Ok(Matcher::Keys),
        (Some(pattern), None) if !has_keys => {
            let regex = RegexBuilder::new(pattern).unicode(false).size_limit(1 << 20).build();
            let regex = regex.map_err(|error| format!("rule {id}: its pattern cannot be used: {error}"))?;
            if regex.is_match(b"") {
                return Err(format!("rule {id}: its pattern matches nothing at all, so it would hide everywhere"));
            }
            Ok(Matcher::Pattern { regex, around: rule.around })
        }
        (None, Some(built)) if !has_keys => Ok(match built {
            Built::Jwt => Matcher::Jwt,
            Built::Pem => Matcher::Pem,
            Built::SecretObject => Matcher::SecretObject,
            Built::Url => Matcher::Url,
        }),
        _ => Err(format!("rule {id}: either keys, or anchors and a pattern, are needed")),
    }
}
