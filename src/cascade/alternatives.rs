//! Causes that are not claimed because another link of the same group was preferred, kept with the record that would
//! decide between them.
//!
//! They change nothing that is claimed. What leads to the effect anyhow, by way of its claimed causes, is no other
//! explanation and is left out.

use super::connect::{Causes, edge};
use super::link::Link;
use super::{Edge, Scene};
use crate::model::rfc3339;
use crate::signals::Signal;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// A cause that would explain an effect whose cause is claimed to be another.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    pub edge: Edge,
    /// The links whose causes are claimed in its stead.
    pub instead_of: Vec<String>,
    /// The record that would decide, in words.
    pub decided_by: String,
}

/// As many as are kept of one effect, the best of them.
const MOST_OF_EACH: usize = 3;

/// The alternatives to `edges`, in order of effect, the best of each first.
pub fn find(links: &[Link], scene: &Scene<'_>, edges: &[Edge]) -> Vec<Alternative> {
    let group_of: BTreeMap<&str, &str> =
        links.iter().filter_map(|link| Some((link.id.as_str(), link.group.as_deref()?))).collect();
    let mut claimed: BTreeMap<(&str, usize), BTreeSet<&str>> = BTreeMap::new();
    for edge in edges {
        if let Some(group) = group_of.get(edge.link.as_str()) {
            claimed.entry((*group, edge.to)).or_default().insert(&edge.link);
        }
    }
    let above = Above::new(edges);
    let mut found: BTreeMap<usize, Vec<Alternative>> = BTreeMap::new();
    for link in links {
        let Some(group) = link.group.as_deref() else { continue };
        let by_another = |to: &usize| claimed.get(&(group, *to)).filter(|by| !by.contains(link.id.as_str())).cloned();
        let effects: Vec<(usize, BTreeSet<&str>)> =
            scene.index.at(&link.to).into_iter().filter_map(|to| Some((to, by_another(&to)?))).collect();
        if effects.is_empty() {
            continue;
        }
        let causes = Causes::new(link, scene);
        for (to, instead_of) in effects {
            for edge in causes.of(to).into_iter().filter_map(|chosen| edge(link, scene, to, chosen)) {
                if above.leads_to(edge.from, to) {
                    continue;
                }
                let Some(decided_by) = decides(scene, &edge) else { continue };
                let instead_of = instead_of.iter().map(|link| (*link).to_owned()).collect();
                found.entry(to).or_default().push(Alternative { edge, instead_of, decided_by });
            }
        }
    }
    found.into_values().flat_map(best).collect()
}

/// The best of one effect, each cause once.
fn best(mut all: Vec<Alternative>) -> Vec<Alternative> {
    all.sort_by(|a, b| rank(&a.edge).cmp(&rank(&b.edge)));
    let mut seen = BTreeSet::new();
    all.retain(|one| seen.insert(one.edge.from));
    all.truncate(MOST_OF_EACH);
    all
}

type Rank<'a> = (Reverse<super::Grade>, bool, u64, usize, &'a str);

/// The surest first, then those before the effect, then the nearest.
fn rank(edge: &Edge) -> Rank<'_> {
    (Reverse(edge.grade), edge.lag_ms < 0, edge.lag_ms.unsigned_abs(), edge.from, &edge.link)
}

/// The claimed causes of each effect.
struct Above(BTreeMap<usize, Vec<usize>>);

/// How many signals above an effect are looked at: more only leaves an alternative in that could have gone.
const MOST_ABOVE: usize = 64;

impl Above {
    fn new(edges: &[Edge]) -> Self {
        let mut above: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        edges.iter().for_each(|edge| above.entry(edge.to).or_default().push(edge.from));
        Self(above)
    }

    /// Whether one leads to the other by claimed edges.
    fn leads_to(&self, from: usize, to: usize) -> bool {
        let (mut seen, mut open) = (BTreeSet::from([to]), vec![to]);
        while let Some(at) = open.pop() {
            for cause in self.0.get(&at).into_iter().flatten() {
                if *cause == from {
                    return true;
                }
                if seen.len() < MOST_ABOVE && seen.insert(*cause) {
                    open.push(*cause);
                }
            }
        }
        false
    }
}

/// The record that would tie cause and effect together, or show that they are not.
fn decides(scene: &Scene<'_>, edge: &Edge) -> Option<String> {
    let (cause, effect) = (scene.signals.get(edge.from)?, scene.signals.get(edge.to)?);
    Some(format!("{} at {}", kept_by(cause), rfc3339(effect.from.time)))
}

/// Where what a subject did stands in words.
fn kept_by(cause: &Signal) -> String {
    let subject = &cause.subject;
    match subject.kind() {
        "Node" => format!("a line of the journals of {subject} (kernel, kubelet or runtime)"),
        "Pod" | "Container" => format!("a log line or an event of {subject}"),
        "Service" | "Endpoints" => format!("a log line of a caller of {subject}"),
        "Alert" | "Target" => format!("the samples behind {subject}"),
        "Lease" => format!("the log of the program that holds {subject}"),
        "Cluster" => "the API server's log or audit log".to_owned(),
        _ => format!("the audit log's record of who wrote {subject}, and what,"),
    }
}
