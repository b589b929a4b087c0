//! Links as data: why one signal may lead to another.
//!
//! A link is checked when it is loaded: its relation, the signals at its ends, the labels that it compares and the
//! placeholders of its sentence must exist, and each end must be about a kind of subject that the relation joins.

mod against;
mod ends;
pub(super) mod example;
mod labels;
mod recurs;

pub use against::{Against, Side, Since, Then};
pub use ends::Ends;
pub use labels::LabelConditions;
pub use recurs::Recurs;

use super::Grade;
use super::relation::Relation;
use crate::signals::template::placeholders;
use crate::signals::{Catalogue, Remark, Rule, filled, line_of, mistake};
use chrono::TimeDelta;
use example::Examples;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Family and text of every built-in file, in order of preference: see [`Links::links`].
const FAMILIES: &[(&str, &str)] = &[
    ("change", include_str!("../links/change.yaml")),
    ("release", include_str!("../links/release.yaml")),
    ("memory", include_str!("../links/memory.yaml")),
    ("container", include_str!("../links/container.yaml")),
    ("service", include_str!("../links/service.yaml")),
    ("node", include_str!("../links/node.yaml")),
    ("placement", include_str!("../links/placement.yaml")),
    ("workload", include_str!("../links/workload.yaml")),
    ("object", include_str!("../links/object.yaml")),
    ("audit", include_str!("../links/audit.yaml")),
    ("kernel", include_str!("../links/kernel.yaml")),
    ("runtime", include_str!("../links/runtime.yaml")),
    ("storage", include_str!("../links/storage.yaml")),
    ("pod", include_str!("../links/pod.yaml")),
    ("database", include_str!("../links/database.yaml")),
    ("broker", include_str!("../links/broker.yaml")),
    ("addon", include_str!("../links/addon.yaml")),
    ("application", include_str!("../links/application.yaml")),
    ("proxy", include_str!("../links/proxy.yaml")),
    ("succession", include_str!("../links/succession.yaml")),
    ("control-plane", include_str!("../links/control-plane.yaml")),
    ("detection", include_str!("../links/detection.yaml")),
    ("series", include_str!("../links/series.yaml")),
    ("general", include_str!("../links/general.yaml")),
];

/// A file of links that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("links {family}: {why}")]
pub struct LinkError {
    pub family: String,
    /// The line of the file, counted from 1, where it is known.
    pub line: Option<u64>,
    pub why: String,
}

/// All links, in the order of their files, which is the order of preference within a group.
#[derive(Debug)]
pub struct Links {
    pub links: Vec<Link>,
    /// Those that took the place of one that was there before.
    replacing: Vec<Remark>,
}

/// Why, and when, one signal may lead to another.
#[derive(Debug)]
pub struct Link {
    pub id: String,
    pub family: String,
    pub from: Ends,
    pub to: Ends,
    pub relation: Relation,
    /// From onset to onset, or from the end of a lasting cause. Never negative: what may be noticed before its cause says
    /// so by the bounds of the cause.
    pub lag: (TimeDelta, TimeDelta),
    /// The cause does its work from its true beginning on, which may come before it was noticed; otherwise it is the
    /// notice itself that leads to the effect.
    pub before_noticed: bool,
    pub recurs: Recurs,
    pub labels: LabelConditions,
    pub grade: Grade,
    pub pick: Pick,
    /// Of the links of one group, the first that finds a cause for a signal is taken.
    pub group: Option<String>,
    pub precedence: Precedence,
    /// Worth keeping only if its effect leads on to a failure.
    pub bridge: bool,
    /// What must not be there, or makes it less sure.
    pub against: Vec<Against>,
    /// One sentence; `{from}` and `{to}` are the subjects.
    pub why: String,
    pub source: String,
    examples: Examples,
}

/// When a link is asked for the causes of a signal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precedence {
    /// Whatever others find.
    #[default]
    Usual,
    /// Where usual links find rollouts at most: what a program says before it fails tells more than that it was brought.
    OverRollout,
    /// Only where no link finds one; of these the first that does is taken.
    Fallback,
}

/// Which of several possible causes of a signal counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The one before it that is nearest in time.
    #[default]
    Nearest,
    /// The one that began first.
    First,
    /// The nearest of each subject.
    NearestOfEach,
    /// The nearest of each subject, of those that are known to have come before where any is.
    EachBefore,
    /// The nearest of each subject, of those that lasted as long as the effect where any did: what was over before does
    /// not tell why it went on.
    EachLasting,
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
    from: Vec<ends::Written>,
    to: Vec<ends::Written>,
    relation: String,
    lag: [String; 2],
    #[serde(default)]
    before_noticed: bool,
    #[serde(default)]
    recurs: Recurs,
    #[serde(default)]
    labels: LabelConditions,
    grade: String,
    #[serde(default)]
    pick: Pick,
    #[serde(default)]
    group: Option<String>,
    #[serde(default)]
    precedence: Precedence,
    #[serde(default)]
    bridge: bool,
    #[serde(default)]
    against: Vec<against::Written>,
    why: String,
    source: String,
    examples: Examples,
}

impl Links {
    /// The built-in links, which join the signals of `catalogue`.
    pub fn built_in(catalogue: &Catalogue) -> Result<Self, LinkError> {
        let mut links = Self { links: Vec::new(), replacing: Vec::new() };
        links.add(FAMILIES, catalogue)?;
        Ok(links)
    }

    /// Adds the links of files, given as family and text (YAML). A link takes the place of one that was there before and
    /// is called so.
    pub fn add(&mut self, files: &[(&str, &str)], catalogue: &Catalogue) -> Result<(), LinkError> {
        let mut added = BTreeSet::new();
        for (family, text) in files {
            let broken = |line: Option<u64>, why: String| LinkError { family: (*family).to_owned(), line, why };
            let unread = |error: serde_saphyr::Error| {
                let (line, why) = mistake(&error);
                broken(line, why)
            };
            let file: File = serde_saphyr::from_str(text).map_err(unread)?;
            for written in file.links {
                let id = written.id.clone();
                if !added.insert(id.clone()) {
                    return Err(broken(line_of(text, &id, ""), format!("two links are called {id}")));
                }
                let link = Link::new(family, written).and_then(|link| link.check(catalogue).map(|()| link));
                self.put(link.map_err(|why| broken(line_of(text, &id, part(&why)), format!("{id}: {why}")))?);
            }
        }
        Ok(())
    }

    fn put(&mut self, link: Link) {
        match self.links.iter_mut().find(|known| known.id == link.id) {
            Some(known) => {
                self.replacing.push(Remark::replacing(&link.family, &link.id));
                *known = link;
            }
            None => self.links.push(link),
        }
    }

    /// The links that took the place of one that was there before.
    pub fn replacing(&self) -> &[Remark] {
        &self.replacing
    }

    /// What is wrong with the examples that the links carry, whose names the remarks bear; nothing if all is well.
    pub fn wrong_examples(&self, catalogue: &Catalogue) -> Vec<Remark> {
        let remark = |link: &Link, what: String| Remark { family: link.family.clone(), rule: link.id.clone(), what };
        let wrong = |link| example::check(link, catalogue).into_iter().map(move |what| remark(link, what));
        self.links.iter().flat_map(wrong).collect()
    }
}

impl Link {
    fn new(family: &str, written: WrittenLink) -> Result<Self, String> {
        let [least, most] = &written.lag;
        let lag = (duration(least)?, duration(most)?);
        if lag.0 > lag.1 {
            return Err(format!("lag: the least comes first, and {least} is more than {most}"));
        }
        filled([("id", &written.id), ("why", &written.why), ("source", &written.source)])?;
        Ok(Self {
            relation: Relation::named(&written.relation)
                .ok_or_else(|| format!("relation: {} is none of {}", written.relation, Relation::names().join(", ")))?,
            lag,
            before_noticed: written.before_noticed,
            recurs: written.recurs,
            labels: written.labels,
            grade: written.grade.parse()?,
            family: family.to_owned(),
            id: written.id,
            from: Ends::new(written.from).map_err(|why| format!("from: {why}"))?,
            to: Ends::new(written.to).map_err(|why| format!("to: {why}"))?,
            pick: written.pick,
            group: written.group,
            precedence: written.precedence,
            bridge: written.bridge,
            against: written.against.into_iter().map(Against::new).collect::<Result<_, _>>()?,
            why: written.why,
            source: written.source,
            examples: written.examples,
        })
    }

    /// Whether all that it names exists, and whether it can ever hold.
    fn check(&self, catalogue: &Catalogue) -> Result<(), String> {
        let kinds = |(name, rules): (String, Vec<&Rule>)| -> (String, BTreeSet<String>) {
            (name, rules.into_iter().flat_map(Rule::kinds).map(str::to_owned).collect())
        };
        let from: Vec<(String, BTreeSet<String>)> = self.from.rules(catalogue)?.into_iter().map(kinds).collect();
        let to: Vec<(String, BTreeSet<String>)> = self.to.rules(catalogue)?.into_iter().map(kinds).collect();
        // What no rule knows may be about anything.
        let join = |from: &BTreeSet<String>, to: &BTreeSet<String>| {
            let is_any = from.is_empty() || to.is_empty();
            is_any || from.iter().any(|from| to.iter().any(|to| (self.relation.joins)(from, to)))
        };
        let lonely = from.iter().filter(|(_, kinds)| !to.iter().any(|(_, to)| join(kinds, to)));
        let mut lonely = lonely.chain(to.iter().filter(|(_, kinds)| !from.iter().any(|(_, from)| join(from, kinds))));
        if let Some((name, kinds)) = lonely.next() {
            let kinds = kinds.iter().map(String::as_str).collect::<Vec<_>>().join(" or ");
            return Err(format!("relation: {} joins no {kinds} of {name} with the other end", self.relation.name));
        }
        self.labels.check(catalogue, &self.from, &self.to)?;
        self.against.iter().try_for_each(|one| one.check(catalogue, (&self.from, &self.to)))?;
        match placeholders(&self.why)?.into_iter().find(|name| !matches!(name.as_str(), "from" | "to")) {
            Some(unknown) => Err(format!("why: {{{unknown}}} is neither from nor to")),
            None => Ok(()),
        }
    }
}

/// The part of a link that a mistake is said of.
fn part(why: &str) -> &str {
    let is = |part: &&str| why.starts_with(part) && why.get(part.len()..).is_some_and(|rest| rest.starts_with(':'));
    ["why", "relation", "lag", "grade", "source", "against", "from", "to"].into_iter().find(is).unwrap_or_default()
}

/// `0s`, `10m`.
fn duration(text: &str) -> Result<TimeDelta, String> {
    let duration = humantime::parse_duration(text).map_err(|error| format!("lag: {text}: {error}"))?;
    TimeDelta::from_std(duration).map_err(|error| format!("{text}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::built_in().expect("the built-in catalogue")
    }

    #[test]
    fn every_link_takes_its_examples_and_not_its_near_misses() {
        let catalogue = catalogue();
        let wrong = Links::built_in(&catalogue).expect("the built-in links").wrong_examples(&catalogue);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn every_signal_is_in_a_link_or_says_why_not() {
        let catalogue = catalogue();
        let links = Links::built_in(&catalogue).expect("the built-in links");
        let ends = || links.links.iter().flat_map(|link| [&link.from, &link.to]);
        let is_linked = |rule: &Rule| ends().any(|ends| ends.have(rule));
        let wrong: Vec<&str> = catalogue
            .rules
            .iter()
            .filter(|rule| is_linked(rule) == rule.leads_nowhere.is_some())
            .map(|rule| rule.name.as_str())
            .collect();
        assert!(wrong.is_empty(), "neither in a link nor with leads_nowhere, or both: {wrong:?}");
    }

    const LINK: &str = "links: [{id: l, from: [NodeNotReady], to: [NodeReady], relation: same-subject, lag: [0s, 1m], \
                        grade: known, why: '{from}', source: s, examples: {matches: [], near_misses: []}}]";

    #[test]
    fn a_link_that_can_never_hold_is_refused() {
        let refused = |from: &str, to: &str, why: &str| {
            assert!(LINK.contains(from), "{from}");
            let error = Links { links: Vec::new(), replacing: Vec::new() }
                .add(&[("test", &LINK.replace(from, to))], &catalogue());
            let error = error.expect_err(to).to_string();
            assert!(error.contains(why), "{error}");
        };
        assert!(Links { links: Vec::new(), replacing: Vec::new() }.add(&[("test", LINK)], &catalogue()).is_ok());
        refused("NodeNotReady", "NodeWell", "no signal is called NodeWell");
        refused("same-subject", "next-to", "relation: next-to is none of ");
        refused("known", "sure", "grade: sure is none of mechanism, known and order");
        refused("lag: [0s, 1m]", "lag: [1m, 0s]", "lag: the least comes first");
        refused("source: s", "source: ' '", "source: is empty");
        refused("NodeNotReady", "NodeNotRedy", "the nearest are NodeNotReady, ");
        refused("from: [NodeNotReady]", "from: [Scheduled]", "same-subject joins no");
        refused("'{from}'", "'{node}'", "{node} is neither");
        refused("grade:", "labels: {agree: [colour]}, grade:", "carries the label colour");
        refused("source: s", "source: s, colour: red", "colour");
        let against = |text: &str| format!("source: s, against: [{{{text}, then: no-edge, why: w}}]");
        refused(
            "source: s",
            &against("signals: [NodeWell], relation: same-subject, within: [0s, 1m]"),
            "no signal is called NodeWell",
        );
        refused(
            "source: s",
            &against("signals: [Scheduled], relation: selects, within: [0s, 1m]"),
            "against: relation: selects joins no Scheduled",
        );
        refused(
            "source: s",
            &against("signals: [Rebooted], relation: same-subject, within: [1m, -1m]"),
            "against: within: the least comes first",
        );
        refused(
            "source: s",
            &against("signals: [Rebooted], relation: next-to, within: [0s, 1m]"),
            "against: relation: next-to is none of ",
        );
    }
}
