//! The catalogue of signals: data files inside the program, and a user's own in the same form.

use super::dispatch::Dispatch;
use super::phrase::Phrases;
use super::place::{line_of, mistake};
use super::role::Role;
use super::rule::{Rule, WrittenRule};
use super::{example, validate};
use crate::evidence::{Interest, LinePatterns};
use crate::logline::severity::Writer;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Family and text of every built-in file. Of signals at the same moment, those of an earlier family come first.
const FAMILIES: &[(&str, &str)] = &[
    ("gap", include_str!("catalogue/gap.yaml")),
    ("change", include_str!("catalogue/change.yaml")),
    ("audit", include_str!("catalogue/audit.yaml")),
    ("release", include_str!("catalogue/release.yaml")),
    ("ending", include_str!("catalogue/ending.yaml")),
    ("workload", include_str!("catalogue/workload.yaml")),
    ("object", include_str!("catalogue/object.yaml")),
    ("storage", include_str!("catalogue/storage.yaml")),
    ("scheduling", include_str!("catalogue/scheduling.yaml")),
    ("control-plane", include_str!("catalogue/control-plane.yaml")),
    ("etcd", include_str!("catalogue/etcd.yaml")),
    ("kernel", include_str!("catalogue/kernel.yaml")),
    ("node", include_str!("catalogue/node.yaml")),
    ("runtime", include_str!("catalogue/runtime.yaml")),
    ("pod", include_str!("catalogue/pod.yaml")),
    ("program", include_str!("catalogue/program.yaml")),
    ("database", include_str!("catalogue/database.yaml")),
    ("broker", include_str!("catalogue/broker.yaml")),
    ("addon", include_str!("catalogue/addon.yaml")),
    ("application", include_str!("catalogue/application.yaml")),
    ("proxy", include_str!("catalogue/proxy.yaml")),
    ("network", include_str!("catalogue/network.yaml")),
    ("metric", include_str!("catalogue/metric.yaml")),
    ("check", include_str!("catalogue/check.yaml")),
    ("client", include_str!("catalogue/client.yaml")),
    ("cloud", include_str!("catalogue/cloud.yaml")),
];

/// A catalogue file that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("signal catalogue {family}: {why}")]
pub struct CatalogueError {
    pub family: String,
    /// The line of the file, counted from 1, where it is known.
    pub line: Option<u64>,
    pub why: String,
}

/// Something about a rule that its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub family: String,
    /// The rule's name.
    pub rule: String,
    pub what: String,
}

/// All rules, in the order of their files.
#[derive(Debug)]
pub struct Catalogue {
    pub rules: Vec<Rule>,
    /// What messages say of the cause.
    pub phrases: Phrases,
    /// Place of each rule by its name.
    places: BTreeMap<String, usize>,
    families: Vec<String>,
    replacing: Vec<Remark>,
    /// Made when something is matched, and once for all that is: it takes longer than to match a small input.
    dispatch: OnceLock<Dispatch>,
}

impl Remark {
    /// That a rule is called as one that was there before.
    pub fn replacing(family: &str, rule: &str) -> Self {
        Self {
            family: family.to_owned(),
            rule: rule.to_owned(),
            what: "takes the place of the built-in one".to_owned(),
        }
    }
}

/// Names that are told where the one asked for is not there.
const NEAREST: usize = 8;

/// Of the known names those that are most like the one asked for, the most like first.
pub fn nearest<'a>(asked: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let like = |name: &str| strsim::jaro_winkler(&asked.to_lowercase(), &name.to_lowercase());
    let mut nearest: Vec<(f64, &str)> = known.map(|name| (like(name), name)).collect();
    nearest.sort_by(|(a, one), (b, other)| b.total_cmp(a).then(one.cmp(other)));
    nearest.into_iter().take(NEAREST).map(|(_, name)| name).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    signals: Vec<WrittenRule>,
}

impl Catalogue {
    /// The built-in rules.
    pub fn built_in() -> Result<Self, CatalogueError> {
        let broken = |why| CatalogueError { family: "phrases".to_owned(), line: None, why };
        let phrases = Phrases::built_in().map_err(broken)?;
        let mut catalogue = Self::empty(phrases);
        catalogue.add(FAMILIES)?;
        Ok(catalogue)
    }

    /// Of the built-in rules those with one of `roles`, and of these what they look for in events and in the state of objects:
    /// for whoever judges such records one by one. It takes a small part of the memory that all take, which is patterns for
    /// lines above all. What the rules say to people is not in it.
    pub fn of_states(roles: &[Role]) -> Result<Self, CatalogueError> {
        let of_phrases = |why| CatalogueError { family: "phrases".to_owned(), line: None, why };
        let mut catalogue = Self::empty(Phrases::none().map_err(of_phrases)?);
        for (family, text) in FAMILIES {
            let broken = |why: String| CatalogueError { family: (*family).to_owned(), line: None, why };
            let file: File = serde_saphyr::from_str(text).map_err(|error| broken(error.to_string()))?;
            for written in file.signals {
                let has_one = roles.iter().any(|role| written.roles.iter().any(|name| name == role.name()));
                if let Some(written) = written.of_states().filter(|_| has_one) {
                    catalogue.put(Rule::new(family, written).map_err(broken)?.without_words());
                }
            }
        }
        Ok(catalogue)
    }

    fn empty(phrases: Phrases) -> Self {
        Self {
            rules: Vec::new(),
            phrases,
            places: BTreeMap::new(),
            families: Vec::new(),
            replacing: Vec::new(),
            dispatch: OnceLock::new(),
        }
    }

    /// Adds the rules of files, given as family and text (YAML). Their families come after those that are there. A rule
    /// takes the place of one that was there before and is called so.
    ///
    /// Fails on anything that no rule could mean: the error names the family, the line, the rule, its part, and what
    /// could stand there. What was added until then stays.
    pub fn add(&mut self, files: &[(&str, &str)]) -> Result<(), CatalogueError> {
        self.dispatch = OnceLock::new();
        let mut added = BTreeSet::new();
        for (family, text) in files {
            let unread = |error: serde_saphyr::Error| {
                let (line, why) = mistake(&error);
                CatalogueError { family: (*family).to_owned(), line, why }
            };
            let file: File = serde_saphyr::from_str(text).map_err(unread)?;
            if !self.families.iter().any(|known| known == family) {
                self.families.push((*family).to_owned());
            }
            for written in file.signals {
                let name = written.name.clone();
                let broken = |why: String| broken(family, text, &name, &why);
                if !added.insert(name.clone()) {
                    return Err(CatalogueError {
                        family: (*family).to_owned(),
                        line: line_of(text, &name, ""),
                        why: format!("two rules are called {name}"),
                    });
                }
                self.put(Rule::new(family, written).map_err(broken)?);
            }
        }
        let text_of = |family: &str| files.iter().find(|(known, _)| *known == family).map_or("", |(_, text)| text);
        validate::check(self).map_err(|(rule, why)| broken(&rule.family, text_of(&rule.family), &rule.name, &why))
    }

    fn put(&mut self, rule: Rule) {
        match self.places.get(&rule.name).and_then(|place| self.rules.get_mut(*place)) {
            Some(known) => {
                self.replacing.push(Remark::replacing(&rule.family, &rule.name));
                *known = rule;
            }
            None => {
                self.places.insert(rule.name.clone(), self.rules.len());
                self.rules.push(rule);
            }
        }
    }

    /// The queries whose answers rules look at.
    pub fn queries(&self) -> BTreeSet<&str> {
        self.rules.iter().flat_map(Rule::series_looks).map(super::shape::SeriesLook::query).collect()
    }

    /// The rules that took the place of one that was there before.
    pub fn replacing(&self) -> &[Remark] {
        &self.replacing
    }

    /// That no signal is called so, with those whose names are most like it.
    pub fn no_signal(&self, name: &str) -> String {
        let nearest = nearest(name, self.rules.iter().map(|rule| rule.name.as_str()));
        format!("no signal is called {name}; the nearest are {}", nearest.join(", "))
    }

    /// The families, in the order in which signals of the same moment are told.
    pub fn families(&self) -> impl Iterator<Item = &str> {
        self.families.iter().map(String::as_str)
    }

    /// What is wrong with the examples that the rules carry; nothing if all is well.
    pub fn wrong_examples(&self) -> Vec<Remark> {
        let mut wrong = self.remarks(|rule| example::check(self, rule));
        for rule in &self.rules {
            for (other, text) in example::mistaken(self, rule) {
                let what = format!("examples: the near miss is one for {}: {text}", other.name);
                wrong.push(Remark { family: rule.family.clone(), rule: rule.name.clone(), what });
                let what = format!("look: matches a near miss of {}: {text}", rule.name);
                wrong.push(Remark { family: other.family.clone(), rule: other.name.clone(), what });
            }
        }
        wrong
    }

    /// What rules lack that a reader would want to know: when one misleads, and where its examples come from.
    pub fn lacking(&self) -> Vec<Remark> {
        self.remarks(example::lacks)
    }

    fn remarks(&self, of: impl Fn(&Rule) -> Vec<String>) -> Vec<Remark> {
        let remark = |rule: &Rule, what: String| Remark { family: rule.family.clone(), rule: rule.name.clone(), what };
        self.rules.iter().flat_map(|rule| of(rule).into_iter().map(|what| remark(rule, what))).collect()
    }

    pub fn rule(&self, name: &str) -> Option<&Rule> {
        self.places.get(name).and_then(|place| self.rules.get(*place))
    }

    /// Every label that a signal of this name may carry; empty where no rule is called so.
    pub fn labels_of(&self, signal: &str) -> BTreeSet<String> {
        let Some(rule) = self.rule(signal) else { return BTreeSet::new() };
        // A rule without a look of its own gets the occurrences of those that name it.
        let given = |other: &&Rule| other.takes_over_to(signal);
        let rules = std::iter::once(rule).chain(self.rules.iter().filter(given));
        rules.flat_map(Rule::labels).map(str::to_owned).collect()
    }

    /// The words that rules look for: a text in which one of them is replaced may mean nothing to a rule any more.
    pub fn words(&self) -> BTreeSet<String> {
        let looks = self.rules.iter().flat_map(|rule| rule.looks.iter().chain(&rule.ends));
        let texts = looks.flat_map(super::look::Look::texts);
        texts.flat_map(|text| words(&unnamed(text))).collect()
    }

    /// The way from a fact to the rules that may match it.
    pub(super) fn dispatch(&self) -> &Dispatch {
        self.dispatch.get_or_init(|| Dispatch::new(&self.rules))
    }

    /// What of the bulk the rules need to see.
    pub fn interest(&self) -> Result<Interest, CatalogueError> {
        let looks = || self.rules.iter().flat_map(|rule| rule.looks.iter().chain(&rule.ends));
        let lines_of = |record: &str, writer, is_meant: fn(&&super::look::Look) -> bool| {
            LinePatterns::new(looks().filter(is_meant).filter_map(|look| look.line_pattern(record)), writer)
                .map_err(|error| CatalogueError { family: record.to_owned(), line: None, why: error.to_string() })
        };
        let lines = |record: &str, writer| lines_of(record, writer, |_| true);
        let logs = lines_of("log", Writer::Program, |look| look.may_be_about("Pod"))?;
        Ok(Interest {
            kernel: lines("journal", Writer::Kernel)?,
            journal: lines("journal", Writer::Program)?,
            plain: lines("journal", Writer::Any)?,
            logs,
            programs: lines("log", Writer::Program)?,
        })
    }
}

/// What is wrong with a part of a rule: `why` begins with the part.
fn broken(family: &str, text: &str, rule: &str, why: &str) -> CatalogueError {
    let part = why.split([':', ',']).next().unwrap_or_default();
    let why = format!("rule {rule}: {why}");
    CatalogueError { family: family.to_owned(), line: line_of(text, rule, part), why }
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

/// Group names may not repeat within one expression, so the joined one goes without; and without anchors, which speak
/// of the message, that begins somewhere inside the line here.
fn unnamed(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => out.extend(std::iter::once(c).chain(rest.next())),
            '(' if !in_class && rest.as_str().starts_with("?P<") => {
                rest.by_ref().find(|c| *c == '>');
                out.push_str("(?:");
            }
            '^' if !in_class => {}
            '[' | ']' => {
                in_class = c == '[';
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logline::unit::{self, UnitClass};
    use crate::signals::look::Look;

    #[test]
    fn the_built_in_rules_make_sense() {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        assert!(catalogue.rules.len() >= 400, "{} rules", catalogue.rules.len());
        catalogue.interest().expect("patterns that compile together");
    }

    #[test]
    fn every_rule_matches_its_examples_and_not_its_near_misses() {
        let wrong = Catalogue::built_in().expect("the built-in catalogue").wrong_examples();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn rules_say_when_they_mislead_and_where_their_examples_come_from() {
        let lacking = Catalogue::built_in().expect("the built-in catalogue").lacking();
        assert!(lacking.is_empty(), "{lacking:#?}");
    }

    #[test]
    fn rules_ask_for_classes_of_units_and_not_for_names() {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let looks = catalogue.rules.iter().flat_map(|rule| rule.looks.iter().chain(&rule.ends));
        let names: Vec<&str> = looks
            .flat_map(Look::units)
            .map(String::as_str)
            .filter(|name| UnitClass::named(name).is_none() && !unit::classes(name).is_empty())
            .collect();
        assert!(names.is_empty(), "{names:?} are names of one unit of a class");
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
        crate::evidence::LineMatcher::new(patterns.map(regex::Regex::as_str), []).expect("a literal for each pattern");
    }

    #[test]
    fn named_groups_are_dropped_from_the_joined_pattern() {
        assert_eq!(unnamed("^a (?P<x>b+) (?P<y>c)$"), "a (?:b+) (?:c)$");
        assert_eq!(unnamed(r"^a|^b[^c]\^|(?:^d)"), r"a|b[^c]\^|(?:d)");
    }
}
