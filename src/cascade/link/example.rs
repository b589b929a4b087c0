//! The examples that links carry: small timelines over a topology, from which the link must make an edge, or none.
//!
//! ```yaml
//! examples:
//!   given: {pods: [{pod: Pod/shop/a-1, node: node-1}]}
//!   matches:
//!     - signals:
//!         - {at: 0s, signal: NodeNotReady, subject: Node/node-1}
//!         - {at: 20s, signal: TaintManagerEviction, subject: Pod/shop/a-1}
//!   near_misses: […]
//! ```
//!
//! The edge must lead to the last signal.

use super::{Link, duration};
use crate::cascade::{Edge, Scene, connect};
use crate::evidence::{Clocks, Given, Topology};
use crate::model::{Citation, End, Moment, Subject};
use crate::signals::{self, Catalogue, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Timelines that the link is for, and those that it is not for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Examples {
    /// Of every example that does not give its own.
    #[serde(default)]
    given: Given,
    matches: Vec<Example>,
    near_misses: Vec<Example>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    #[serde(default)]
    given: Option<Given>,
    signals: Vec<Written>,
}

/// A signal; times are durations since the beginning of the example.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::cascade) struct Written {
    at: String,
    signal: String,
    subject: String,
    /// When it ended, if not at once.
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    goes_on: bool,
    /// It may have begun so much earlier.
    #[serde(default)]
    earlier: Option<String>,
    /// Where it was, if not where its pod is or it is a node itself.
    #[serde(default)]
    node: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, Values>,
    /// No rule knows it: the reason of somebody's own controller.
    #[serde(default)]
    unrecognised: Option<Unrecognised>,
}

/// `true`, or `action` where an event says it that warns of nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Unrecognised {
    Whether(bool),
    As(Manner),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Manner {
    Action,
}

/// What a label was, each time.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Several(Vec<String>),
}

impl Values {
    fn all(&self) -> &[String] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Several(values) => values,
        }
    }
}

/// The topology of an example and its signals.
pub(in crate::cascade) fn scene(
    catalogue: &Catalogue,
    given: &Given,
    written: &[Written],
) -> Result<(Topology, Vec<Signal>), String> {
    let topology = given.topology(start()).map_err(|error| error.to_string())?;
    let signals =
        (1..).zip(written).map(|(line, one)| one.signal(catalogue, &topology, line)).collect::<Result<_, _>>()?;
    Ok((topology, signals))
}

/// What is wrong with a link's examples; nothing if all is well.
pub(super) fn check(link: &Link, catalogue: &Catalogue) -> Vec<String> {
    let Examples { given, matches, near_misses } = &link.examples;
    let mut wrong = Vec::new();
    if matches.is_empty() || near_misses.is_empty() {
        wrong.push("at least one match and one near miss are needed".to_owned());
    }
    let matches = matches.iter().map(|example| (example, true));
    for (example, expected) in matches.chain(near_misses.iter().map(|example| (example, false))) {
        match found(link, catalogue, example.given.as_ref().unwrap_or(given), &example.signals) {
            Err(why) => wrong.push(why),
            Ok(edges) => {
                let last = example.signals.len().checked_sub(1);
                let holds = if expected { edges.iter().any(|edge| Some(edge.to) == last) } else { edges.is_empty() };
                if !holds {
                    let should = if expected { "should be an edge" } else { "should be no edge" };
                    wrong.push(format!("examples: {should}: {}", in_words(&example.signals)));
                }
            }
        }
    }
    wrong
}

fn found(link: &Link, catalogue: &Catalogue, given: &Given, written: &[Written]) -> Result<Vec<Edge>, String> {
    let (topology, signals) = scene(catalogue, given, written)?;
    let clocks = Clocks::default();
    let scene = Scene::new(catalogue, (&topology, &clocks), &signals, &[]);
    Ok(connect::edges(std::slice::from_ref(link), &scene))
}

/// The signals of an example, on one line.
fn in_words(signals: &[Written]) -> String {
    let signals = signals.iter().map(|Written { at, signal, subject, .. }| format!("{signal} of {subject} at {at}"));
    signals.collect::<Vec<_>>().join(", then ")
}

/// When every example begins: late enough for all that begins before.
pub(in crate::cascade) fn start() -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(1)
}

impl Written {
    /// The signal, resting on a line of no archive.
    fn signal(&self, catalogue: &Catalogue, topology: &Topology, line: u32) -> Result<Signal, String> {
        let (severity, family, roles, variant) = match catalogue.rule(&self.signal) {
            Some(rule) => (rule.severity, rule.family.clone(), rule.roles, rule.variant.clone()),
            None => {
                let is_action = match self.unrecognised {
                    Some(Unrecognised::As(Manner::Action)) => true,
                    Some(Unrecognised::Whether(true)) => false,
                    None | Some(Unrecognised::Whether(false)) => return Err(catalogue.no_signal(&self.signal)),
                };
                let (severity, role) = signals::of_no_rule(&self.signal, is_action);
                (severity, String::new(), [role].into_iter().collect(), None)
            }
        };
        let subject: Subject = self.subject.parse().map_err(|_| format!("{} is no subject", self.subject))?;
        let at = start() + duration(&self.at)?;
        let earlier = self.earlier.as_deref().map(duration).transpose()?.unwrap_or_default();
        let until = self.until.as_deref().map(duration).transpose()?.map_or(at, |until| start() + until);
        let labels = self.labels.iter().flat_map(|(name, values)| values.all().iter().map(move |value| (name, value)));
        let own = if subject.is("Node") { Some(subject.name()) } else { topology.node_of(&subject) };
        Ok(Signal {
            name: self.signal.clone(),
            from: Moment::exact(at).noticed_late(earlier),
            last: until,
            end: if self.goes_on { End::Ongoing } else { End::At(until) },
            count: 1,
            severity,
            family,
            roles,
            variant,
            title: self.signal.clone(),
            node: self.node.as_deref().or(own).map(str::to_owned),
            labels: labels.map(|(name, value)| (name.as_str(), value.as_str())).collect(),
            occurrences: Vec::new(),
            evidence: vec![Citation { line, ..Citation::default() }],
            episode: None,
            ended_by: self.until.is_some().then(Citation::default),
            subject,
        })
    }
}
