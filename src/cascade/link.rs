//! Links as data: why one signal may lead to another.

use super::Grade;
use super::relation::Relation;
use crate::signals::Signal;
use chrono::TimeDelta;
use serde::Deserialize;
use std::collections::BTreeMap;

const BUILT_IN: &str = include_str!("links.yaml");

/// The link catalogue makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("link catalogue: {0}")]
pub struct LinkError(String);

/// All links, in the order of their file, which is the order of preference within a group.
#[derive(Debug)]
pub struct Links {
    pub links: Vec<Link>,
}

/// Why, and when, one signal may lead to another.
#[derive(Debug)]
pub struct Link {
    pub id: String,
    pub from: Vec<String>,
    pub to: Vec<String>,
    pub relation: Relation,
    /// From onset to onset, or from the end of a lasting cause. Never negative: what may be noticed before its cause says
    /// so by the bounds of the cause.
    pub lag: (TimeDelta, TimeDelta),
    /// The cause does its work from its true beginning on, which may come before it was noticed; otherwise it is the
    /// notice itself that leads to the effect.
    pub before_noticed: bool,
    pub labels: LabelConditions,
    pub grade: Grade,
    pub pick: Pick,
    /// Of the links of one group, the first that finds a cause for a signal is taken.
    pub group: Option<String>,
    /// Worth keeping only if its effect leads on to something.
    pub bridge: bool,
    /// One sentence; `{from}` and `{to}` are the subjects.
    pub why: String,
    pub source: String,
    examples: Examples,
}

/// Which of several possible causes of a signal counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The one before it that is nearest in time.
    #[default]
    Nearest,
    /// The nearest of each subject.
    NearestOfEach,
}

/// What the labels of the two signals must be.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelConditions {
    /// The cause has each of these labels, with one of the values.
    from: BTreeMap<String, Vec<String>>,
    /// The cause has none of these values.
    from_not: BTreeMap<String, Vec<String>>,
    /// The effect has none of these values.
    to_not: BTreeMap<String, Vec<String>>,
    /// Where both have such a label, it is the same.
    agree: Vec<String>,
}

impl LabelConditions {
    pub fn hold(&self, from: &Signal, to: &Signal) -> bool {
        fn is(signal: &Signal, (name, values): (&String, &Vec<String>)) -> bool {
            signal.label(name).is_some_and(|value| values.iter().any(|one| one == value))
        }
        let agrees = |name: &String| match (from.label(name), to.label(name)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        self.from.iter().all(|label| is(from, label))
            && !self.from_not.iter().any(|label| is(from, label))
            && !self.to_not.iter().any(|label| is(to, label))
            && self.agree.iter().all(agrees)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    links: Vec<WrittenLink>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLink {
    id: String,
    from: Vec<String>,
    to: Vec<String>,
    relation: String,
    lag: [String; 2],
    #[serde(default)]
    before_noticed: bool,
    #[serde(default)]
    labels: LabelConditions,
    grade: String,
    #[serde(default)]
    pick: Pick,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    bridge: bool,
    why: String,
    source: String,
    examples: Examples,
}

/// Pairs that the link is for, and pairs that it is not for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Examples {
    matches: Vec<Example>,
    near_misses: Vec<Example>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    from: String,
    to: String,
    lag: String,
}

impl Links {
    pub fn built_in() -> Result<Self, LinkError> {
        let mut links = Self { links: Vec::new() };
        links.add(BUILT_IN)?;
        Ok(links)
    }

    /// Adds the links of one file (YAML).
    pub fn add(&mut self, text: &str) -> Result<(), LinkError> {
        let file: File = serde_saphyr::from_str(text).map_err(|error| LinkError(error.to_string()))?;
        for written in file.links {
            let id = written.id.clone();
            if self.links.iter().any(|link| link.id == id) {
                return Err(LinkError(format!("two links are called {id}")));
            }
            self.links.push(Link::new(written).map_err(|why| LinkError(format!("{id}: {why}")))?);
        }
        Ok(())
    }

    /// What is wrong with the examples that the links carry; nothing if all is well.
    pub fn wrong_examples(&self) -> Vec<String> {
        self.links.iter().flat_map(Link::wrong_examples).collect()
    }
}

impl Link {
    fn new(written: WrittenLink) -> Result<Self, String> {
        let [least, most] = &written.lag;
        let grade = match written.grade.as_str() {
            "mechanism" => Grade::Mechanism,
            "known" => Grade::Known,
            "order" => Grade::Order,
            other => return Err(format!("{other} is no grade")),
        };
        Ok(Self {
            relation: Relation::named(&written.relation).ok_or(format!("{} is no relation", written.relation))?,
            lag: (duration(least)?, duration(most)?),
            before_noticed: written.before_noticed,
            labels: written.labels,
            grade,
            id: written.id,
            from: written.from,
            to: written.to,
            pick: written.pick,
            group: written.group,
            bridge: written.bridge,
            why: written.why,
            source: written.source,
            examples: written.examples,
        })
    }

    pub fn joins(&self, from: &str, to: &str) -> bool {
        self.from.iter().any(|name| name == from) && self.to.iter().any(|name| name == to)
    }

    fn wrong_examples(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if self.examples.matches.is_empty() || self.examples.near_misses.is_empty() {
            wrong.push(format!("{}: at least one match and one near miss are needed", self.id));
        }
        let matches = self.examples.matches.iter().map(|example| (example, true));
        for (example, expected) in matches.chain(self.examples.near_misses.iter().map(|example| (example, false))) {
            let within = duration(&example.lag).map(|lag| self.lag.0 <= lag && lag <= self.lag.1);
            match within {
                Ok(within) if (within && self.joins(&example.from, &example.to)) == expected => {}
                Ok(_) => wrong.push(format!("{}: {example:?} should give {expected}", self.id)),
                Err(why) => wrong.push(format!("{}: {why}", self.id)),
            }
        }
        wrong
    }
}

/// `0s`, `10m`.
fn duration(text: &str) -> Result<TimeDelta, String> {
    let duration = humantime::parse_duration(text).map_err(|error| format!("{text}: {error}"))?;
    TimeDelta::from_std(duration).map_err(|error| format!("{text}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Catalogue;

    #[test]
    fn links_join_signals_that_exist() {
        let links = Links::built_in().expect("the built-in links");
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        assert!(links.links.len() >= 20, "{} links", links.links.len());
        for link in &links.links {
            for name in link.from.iter().chain(&link.to) {
                assert!(catalogue.rule(name).is_some(), "{}: no signal is called {name}", link.id);
            }
        }
    }

    #[test]
    fn every_link_takes_its_examples_and_not_its_near_misses() {
        let wrong = Links::built_in().expect("the built-in links").wrong_examples();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
