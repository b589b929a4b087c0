//! The catalogue of signals: data files inside the program, and a user's own in the same form.

use super::rule::{Rule, WrittenRule};
use crate::evidence::Interest;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Family and text of every built-in file.
const FAMILIES: &[(&str, &str)] = &[
    ("change", include_str!("catalogue/change.yaml")),
    ("control-plane", include_str!("catalogue/control-plane.yaml")),
    ("gap", include_str!("catalogue/gap.yaml")),
    ("metric", include_str!("catalogue/metric.yaml")),
    ("network", include_str!("catalogue/network.yaml")),
    ("node", include_str!("catalogue/node.yaml")),
    ("pod", include_str!("catalogue/pod.yaml")),
    ("runtime", include_str!("catalogue/runtime.yaml")),
    ("scheduling", include_str!("catalogue/scheduling.yaml")),
    ("workload", include_str!("catalogue/workload.yaml")),
];

/// A catalogue file that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("signal catalogue {family}: {why}")]
pub struct CatalogueError {
    pub family: String,
    pub why: String,
}

/// All rules, in the order of their files.
#[derive(Debug)]
pub struct Catalogue {
    pub rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    signals: Vec<WrittenRule>,
}

impl Catalogue {
    /// The built-in rules.
    pub fn built_in() -> Result<Self, CatalogueError> {
        let mut catalogue = Self { rules: Vec::new() };
        for (family, text) in FAMILIES {
            catalogue.add(family, text)?;
        }
        Ok(catalogue)
    }

    /// Adds the rules of one file (YAML).
    pub fn add(&mut self, family: &str, text: &str) -> Result<(), CatalogueError> {
        let broken = |why: String| CatalogueError { family: family.to_owned(), why };
        let file: File = serde_saphyr::from_str(text).map_err(|error| broken(error.to_string()))?;
        let mut names: BTreeSet<String> = self.rules.iter().map(|rule| rule.name.clone()).collect();
        for written in file.signals {
            if !names.insert(written.name.clone()) {
                return Err(broken(format!("two rules are called {}", written.name)));
            }
            self.rules.push(Rule::new(family, written).map_err(broken)?);
        }
        Ok(())
    }

    /// What is wrong with the examples that the rules carry; nothing if all is well.
    pub fn wrong_examples(&self) -> Vec<String> {
        self.rules.iter().flat_map(super::example::check).collect()
    }

    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The words that rules look for: a text in which one of them is replaced may mean nothing to a rule any more.
    pub fn words(&self) -> BTreeSet<String> {
        let looks = self.rules.iter().flat_map(|rule| rule.looks.iter().chain(&rule.ends));
        let texts = looks.flat_map(super::look::Look::texts);
        texts.flat_map(|text| words(&unnamed(text))).collect()
    }

    /// What of the bulk the rules need to see.
    pub fn interest(&self) -> Result<Interest, CatalogueError> {
        let looks = || self.rules.iter().flat_map(|rule| rule.looks.iter().chain(&rule.ends));
        let any_of = |record: &str| {
            let patterns: Vec<String> = looks()
                .filter_map(|look| look.line_pattern(record))
                .map(|one| format!("(?:{})", unnamed(one)))
                .collect();
            // No rule, no line: an empty alternation would match every one.
            let text = if patterns.is_empty() { "$.^".to_owned() } else { patterns.join("|") };
            regex::bytes::Regex::new(&text)
                .map_err(|error| CatalogueError { family: record.to_owned(), why: error.to_string() })
        };
        Ok(Interest { journal: any_of("journal")?, logs: any_of("log")? })
    }
}

/// Words of lower case letters in a pattern; `\\d` and the like are none.
fn words(pattern: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_escaped = false;
    for c in pattern.chars() {
        match words.last_mut() {
            Some(word) if c.is_ascii_lowercase() && !is_escaped => word.push(c),
            _ => words.push(String::new()),
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    words.retain(|word| word.len() > 1);
    words
}

/// Group names may not repeat within one expression, so the joined one goes without.
fn unnamed(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("(?P<") {
        out.push_str(before);
        out.push_str("(?:");
        rest = after.split_once('>').map_or("", |(_, body)| body);
    }
    out.push_str(rest);
    // Anchors speak of the message, which begins somewhere inside the line here.
    out.strip_prefix('^').map(str::to_owned).unwrap_or(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_make_sense() {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        assert!(catalogue.rules.len() >= 30, "{} rules", catalogue.rules.len());
        catalogue.interest().expect("patterns that compile together");
    }

    #[test]
    fn every_rule_matches_its_examples_and_not_its_near_misses() {
        let wrong = Catalogue::built_in().expect("the built-in catalogue").wrong_examples();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn words_of_patterns() {
        assert_eq!(words(r"^Container (?:app|\S+) failed \\d{2,} Bad"), ["ontainer", "app", "failed", "ad"]);
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        assert!(catalogue.words().contains("leaderelection"));
    }

    #[test]
    fn every_pattern_of_lines_has_a_literal_to_look_for() {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let looks = || catalogue.rules.iter().flat_map(|rule| rule.looks.iter().chain(&rule.ends));
        let patterns = looks().filter_map(|look| look.line_pattern("journal").or_else(|| look.line_pattern("log")));
        crate::evidence::LineMatcher::new(patterns, []).expect("a literal for each pattern");
    }

    #[test]
    fn named_groups_are_dropped_from_the_joined_pattern() {
        assert_eq!(unnamed("^a (?P<x>b+) (?P<y>c)$"), "a (?:b+) (?:c)$");
    }
}
