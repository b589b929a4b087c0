//! The rules of blameless words as they are written in `rules.yaml`, compiled once.

use super::checks::Check;
use regex::{Regex, RegexBuilder};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// Where a rule looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Where {
    #[default]
    Anywhere,
    /// Rows of the timeline.
    Timeline,
    /// The section of actions.
    Actions,
    /// A postmortem as a whole.
    Draft,
}

/// A rule.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "as they are written in the file, each on its own")]
pub struct Rule {
    /// As `BL02`.
    pub id: String,
    /// What is found, in a few words.
    pub title: String,
    /// Whose rule it is.
    pub source: String,
    pub place: Where,
    /// Whether a sentence of the program that has such words becomes a quotation.
    pub sentences: bool,
    /// Whether quoted text is looked at, too, where it goes to people outside.
    pub public_in_quotes: bool,
    /// Whether the section of actions is passed over.
    pub not_in_actions: bool,
    /// Words in what was found that make it no name, in small letters.
    pub not_names: BTreeSet<String>,
    /// What is meant otherwise.
    pub except: Vec<Regex>,
    pub find: Vec<Find>,
    /// What no pattern can tell, and another wording.
    pub check: Option<(Check, String)>,
    /// Texts that break the rule.
    pub matches: Vec<String>,
    /// Texts that do not.
    pub near_misses: Vec<String>,
}

/// A pattern of a rule.
#[derive(Debug)]
pub struct Find {
    pub regex: Regex,
    /// Another wording.
    pub write: String,
    /// Only where a text goes to people outside.
    pub public: bool,
}

/// Why rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("{0}")]
    Yaml(#[from] serde_saphyr::Error),
    #[error("a pattern of {0}: {1}")]
    Pattern(String, regex::Error),
}

/// The rules of the program, in order of their ids.
pub static RULES: LazyLock<Vec<Rule>> =
    LazyLock::new(|| read(include_str!("rules.yaml")).expect("a test reads the built-in rules"));

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// What `{name}` in a pattern stands for.
    words: BTreeMap<String, String>,
    rules: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "as they are written in the file, each on its own")]
struct Written {
    id: String,
    title: String,
    source: String,
    #[serde(default, rename = "where")]
    place: Where,
    #[serde(default)]
    sentences: bool,
    #[serde(default)]
    public_in_quotes: bool,
    #[serde(default)]
    not_in_actions: bool,
    #[serde(default)]
    not_names: Vec<String>,
    #[serde(default)]
    except: Vec<String>,
    #[serde(default)]
    find: Vec<WrittenFind>,
    check: Option<WrittenCheck>,
    matches: Vec<String>,
    near_misses: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFind {
    any: String,
    write: String,
    #[serde(default)]
    exact: bool,
    #[serde(default)]
    public: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    name: Check,
    write: String,
}

/// Reads a file of rules.
pub fn read(text: &str) -> Result<Vec<Rule>, RulesError> {
    let File { words, rules } = serde_saphyr::from_str(text)?;
    rules.into_iter().map(|written| compiled(written, &words)).collect()
}

fn compiled(of: Written, words: &BTreeMap<String, String>) -> Result<Rule, RulesError> {
    let pattern = |text: &str, exact: bool| {
        let text =
            words.iter().fold(text.to_owned(), |text, (name, words)| text.replace(&format!("{{{name}}}"), words));
        let built = RegexBuilder::new(&text).case_insensitive(!exact).build();
        built.map_err(|error| RulesError::Pattern(of.id.clone(), error))
    };
    let except = of.except.iter().map(|text| pattern(text, true)).collect::<Result<_, _>>()?;
    let find = |one: &WrittenFind| {
        Ok(Find { regex: pattern(&one.any, one.exact)?, write: one.write.clone(), public: one.public })
    };
    let find = of.find.iter().map(find).collect::<Result<_, RulesError>>()?;
    Ok(Rule {
        not_names: of.not_names.iter().map(|name| name.to_lowercase()).collect(),
        except,
        find,
        check: of.check.map(|check| (check.name, check.write)),
        id: of.id,
        title: of.title,
        source: of.source,
        place: of.place,
        sentences: of.sentences,
        public_in_quotes: of.public_in_quotes,
        not_in_actions: of.not_in_actions,
        matches: of.matches,
        near_misses: of.near_misses,
    })
}

impl Rule {
    /// Everything of a text that breaks it by its words, each with another wording.
    pub fn found<'rule, 'text>(&'rule self, text: &'text str, is_public: bool) -> Vec<(&'text str, &'rule str)> {
        let mut all = Vec::new();
        for find in self.find.iter().filter(|find| is_public || !find.public) {
            for found in find.regex.find_iter(text) {
                let words = found.as_str().trim_matches(|c: char| c.is_whitespace() || "(,;:.\"".contains(c));
                if !self.is_excepted(text, found.range()) && !self.is_no_name(words) {
                    all.push((words, find.write.as_str()));
                }
            }
        }
        all
    }

    /// Whether what was found is within something that is meant otherwise.
    fn is_excepted(&self, text: &str, found: std::ops::Range<usize>) -> bool {
        let is_around = |one: regex::Match| one.start() < found.end && found.start < one.end();
        self.except.iter().any(|except| except.find_iter(text).any(is_around))
    }

    fn is_no_name(&self, words: &str) -> bool {
        let mut words = words.split(|c: char| !c.is_alphanumeric());
        !self.not_names.is_empty() && words.any(|word| self.not_names.contains(&word.to_lowercase()))
    }
}
