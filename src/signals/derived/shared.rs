//! `shared`: several tell at the same time that one and the same did not answer, of which there is no record of its own:
//! the API server, or the way to it, as their kubelets met it; a registry, a database or a name outside of the cluster.
//!
//! One that had no answer may have itself to blame. So there must be several, most of all that are there where that can
//! be counted, and what they say must be about who did not answer and not about who asked.

use super::super::phrase::{BECAUSE, CAUSE, CAUSE_WHOM};
use super::super::{Labels, Rule, Signal};
use super::made::{Made, Which, length};
use crate::evidence::Evidence;
use crate::logline::unit::{self, UnitClass};
use crate::model::{Citation, End, Subject};
use chrono::TimeDelta;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// What each of them met.
    of: Which,
    /// What their messages say of the cause: one of these phrases.
    causes: Vec<String>,
    /// How many met it at least.
    subjects: usize,
    /// From the first of them to the last at most.
    #[serde(deserialize_with = "length")]
    within: TimeDelta,
    whom: Whom,
}

/// Who did not answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Whom {
    /// Always this one; those who say so are nodes, and more than half of those whose kubelets' journals are there.
    Always(String),
    /// The host that their messages name, by its name; no Service of the cluster is called so.
    HostNamed {},
}

/// How many said so, of how many, who did not answer, and in what words.
pub const LABELS: [&str; 4] = ["count", "of", "whom", BECAUSE];

/// The kind of subject that a host outside of the cluster is.
const HOST: &str = "Host";

impl Parameters {
    /// The rules that it names.
    pub fn names(&self) -> Vec<&str> {
        self.of.names().collect()
    }

    /// The kind of subject that it is about.
    pub fn kind(&self) -> &str {
        match &self.whom {
            Whom::Always(subject) => subject.split('/').next().unwrap_or_default(),
            Whom::HostNamed {} => HOST,
        }
    }
}

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let mut by_whom: BTreeMap<Subject, Vec<&Signal>> = BTreeMap::new();
    for signal in signals.iter().filter(|one| parameters.of.has(one)) {
        let says_so = signal.values(CAUSE).any(|cause| parameters.causes.iter().any(|one| one == cause));
        if let Some(whom) = asked(parameters, evidence, signal).filter(|_| says_so) {
            by_whom.entry(whom).or_default().push(signal);
        }
    }
    let of = match parameters.whom {
        Whom::Always(_) => kubelets(evidence),
        Whom::HostNamed {} => 0,
    };
    let least = parameters.subjects.max(of / 2 + 1);
    let mut found = Vec::new();
    for (whom, mut told) in by_whom {
        told.sort_by_key(|one| (one.from.time, &one.subject, &one.name));
        let mut rest = told.as_slice();
        while let Some(first) = rest.first() {
            let length = rest.partition_point(|one| one.from.time <= first.from.time + parameters.within);
            let (near, after) = rest.split_at(length);
            let subjects: BTreeSet<&Subject> = near.iter().map(|one| &one.subject).collect();
            rest = match subjects.len() >= least {
                true => {
                    found.extend(made(&whom, near, (subjects.len(), of)).map(|made| made.signal(rule)));
                    after
                }
                false => rest.split_first().map_or(&[], |(_, rest)| rest),
            };
        }
    }
    signals.extend(found);
}

/// Of how many nodes a kubelet's journal is there.
fn kubelets(evidence: &Evidence) -> usize {
    let written = evidence.activities.iter().filter(|one| one.subject.is("Node"));
    let of_kubelet = written.filter(|one| unit::is(&one.writer, UnitClass::Kubelet.name()));
    of_kubelet.map(|one| &one.subject).collect::<BTreeSet<_>>().len()
}

fn asked(parameters: &Parameters, evidence: &Evidence, signal: &Signal) -> Option<Subject> {
    match &parameters.whom {
        Whom::Always(subject) => subject.parse().ok().filter(|_| signal.subject.is("Node")),
        Whom::HostNamed {} => {
            let named = signal.label(CAUSE_WHOM).and_then(host).map(str::to_owned);
            let host = named.or_else(|| in_url(&evidence.quote(*signal.evidence.first()?).text))?;
            let host = host.as_str();
            let namespace = signal.subject.namespace().unwrap_or_default();
            let own = evidence.topology.service_named(host, namespace).is_some();
            let own = own || evidence.topology.node_named(host).is_some();
            (!own).then(|| Subject::of_object(HOST, "", host))
        }
    }
}

/// The name of a host that has a domain, without its port. An address may be anybody's, a pod's too.
fn host(whom: &str) -> Option<&str> {
    let name = whom.split_once("://").map_or(whom, |(_, rest)| rest);
    let name = name.split(['/', ':', '?']).next()?;
    let is_name = |text: &str| text.chars().all(|sign| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-'));
    let last = name.rsplit('.').next()?;
    let is_domain = name.contains('.') && last.chars().all(|sign| sign.is_ascii_alphabetic()) && is_name(name);
    (is_domain && !name.ends_with(".svc") && !name.ends_with(".local")).then_some(name)
}

/// The host of the first URL in a message: programs of Go say what they asked for before the address that they dialled
/// (net/http, client.go, `Head "https://HOST/": dial tcp ADDRESS: i/o timeout`).
fn in_url(text: &str) -> Option<String> {
    text.match_indices("://").find_map(|(at, _)| host(text.get(at + 3..)?.split(['"', ' ']).next()?)).map(str::to_owned)
}

fn made(whom: &Subject, told: &[&Signal], (count, of): (usize, usize)) -> Option<Made> {
    let first = told.first()?;
    let last = told.iter().max_by_key(|one| one.last_seen())?;
    let is_over = told.iter().all(|one| one.end != End::Ongoing);
    let mut citations: Vec<Citation> = told.iter().filter_map(|one| one.evidence.first().copied()).collect();
    citations.extend(last.evidence.last());
    let because = told.iter().find_map(|one| one.label(BECAUSE)).unwrap_or("there was no answer");
    let labels = [
        ("count", count.to_string()),
        ("of", of.to_string()),
        ("whom", whom.name().to_owned()),
        (BECAUSE, because.to_owned()),
    ];
    Some(Made {
        subject: whom.clone(),
        node: None,
        from: first.from,
        last: last.last_seen(),
        end: if is_over { End::At(last.last_seen()) } else { End::Ongoing },
        count: 1,
        labels: labels.into_iter().collect::<Labels>(),
        evidence: citations,
        occurrences: told.iter().filter_map(|one| one.occurrences.first().copied()).collect(),
        ended_by: last.ended_by.or(last.evidence.last().copied()),
    })
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_names_with_a_domain() {
        for (whom, name) in [
            ("registry.example.com:443", Some("registry.example.com")),
            ("https://registry.example.com/v2/", Some("registry.example.com")),
            ("10.0.0.7:5432", None),
            ("database", None),
            ("api.shop.svc", None),
            ("api.shop.svc.cluster.local", None),
        ] {
            assert_eq!(host(whom), name, "{whom}");
        }
    }
}
