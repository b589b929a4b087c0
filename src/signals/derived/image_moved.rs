//! `image-moved`: a container runs another image than older ones of the same workload that name it alike.
//!
//! A tag can be made to mean another image, and each node asks for it when it pulls; the status of a container says by
//! its digest what it was (Kubernetes API reference, ContainerStatus, `imageID`). Digests of a repository tell images
//! apart; that which a runtime gives to one without a repository is of its configuration, and is compared with its like.
//! One name has an image for each architecture, and some runtimes tell the digest of that.

use super::super::{Labels, Rule, Signal};
use super::made::Made;
use crate::evidence::{Evidence, Pod, PodObject, Topology};
use crate::model::{Clock, End, Moment, Subject};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {}

/// The labels of the container, the image that it names, what it runs, and what the last older one runs.
pub const LABELS: [&str; 4] = ["container", "image", "digest", "before"];

/// Workload, container, the image that its pods name, and the architecture that they run on, where it is known.
type Named<'a> = (Subject, &'a str, &'a str, Option<&'a str>);

/// A pod that runs it: since when, as which digest.
type Run<'a> = (DateTime<Utc>, &'a str, &'a Pod, &'a PodObject);

pub fn add(rule: &Rule, _: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let mut of_name = runs(&evidence.topology);
    for (named, runs) in &mut of_name {
        runs.sort_by_key(|(since, _, pod, _)| (*since, pod.name.as_str()));
        signals.extend(moved(named, runs).into_iter().map(|made| made.signal(rule)));
    }
}

fn runs(topology: &Topology) -> BTreeMap<Named<'_>, Vec<Run<'_>>> {
    let mut of_name: BTreeMap<Named<'_>, Vec<Run<'_>>> = BTreeMap::new();
    for pod in topology.pods() {
        let Some((object, workload)) = pod.object.as_ref().zip(topology.workload_of_pod(pod)) else { continue };
        for (container, image, digest) in object.images() {
            let Some(since) = pod.started.of(container).or(pod.created) else { continue };
            let named = (workload.clone(), container, image, topology.architecture_of(pod));
            of_name.entry(named).or_default().push((since, digest, pod, object));
        }
    }
    of_name
}

/// Those that run something else than the oldest. One that was started again may have been given another image then,
/// so it is no measure for others.
fn moved((_, container, image, _): &Named<'_>, runs: &[Run<'_>]) -> Vec<Made> {
    let oldest = runs.iter().find(|(_, _, pod, _)| pod.restarts == 0);
    let Some((began, first, _, oldest)) = oldest else { return Vec::new() };
    let is_other = |(since, digest, ..): &&Run<'_>| {
        since > began && digest != first && digest.contains('@') == first.contains('@')
    };
    let made = |(since, digest, pod, object): &Run<'_>| {
        let labels = [
            ("container", (*container).to_owned()),
            ("image", (*image).to_owned()),
            ("digest", short(digest)),
            ("before", short(first)),
        ];
        Made {
            subject: pod.subject(),
            node: pod.node.clone(),
            from: Moment::to_the_second(*since).by(Clock::Component),
            last: *since,
            end: End::At(*since),
            count: 1,
            labels: labels.into_iter().collect::<Labels>(),
            evidence: vec![object.citation, oldest.citation],
            occurrences: Vec::new(),
            ended_by: None,
        }
    };
    runs.iter().filter(is_other).map(made).collect()
}

/// As people write digests: the algorithm and the first twelve digits.
fn short(digest: &str) -> String {
    let whole = digest.rsplit('@').next().unwrap_or(digest);
    let (algorithm, digits) = whole.split_once(':').unwrap_or(("", whole));
    let digits: String = digits.chars().take(12).collect();
    if algorithm.is_empty() { digits } else { format!("{algorithm}:{digits}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Citation;

    const OLD: &str = "registry.example/proxy@sha256:5ca65b645e9ab5350f4b29f2";
    const NEW: &str = "registry.example/proxy@sha256:0f6ea85be40f2b35be72e9de";

    fn told(pods: &[(i64, &str, u32)]) -> Vec<(String, Vec<String>)> {
        let of = |(number, (_, _, restarts)): (usize, &(i64, &str, u32))| Pod {
            namespace: "edge".to_owned(),
            name: format!("proxy-{number}"),
            restarts: *restarts,
            ..Pod::default()
        };
        let known: Vec<Pod> = pods.iter().enumerate().map(of).collect();
        let object = PodObject {
            labels: BTreeMap::new(),
            marks: Vec::new(),
            spec: Default::default(),
            digests: Vec::new(),
            address: None,
            is_well: None,
            finished: None,
            citation: Citation::default(),
        };
        let since = |second| DateTime::from_timestamp(second, 0).expect("a time");
        let runs: Vec<Run<'_>> =
            known.iter().zip(pods).map(|(pod, (at, digest, _))| (since(*at), *digest, pod, &object)).collect();
        let workload = Subject::namespaced("Deployment", "edge", "proxy");
        let made = moved(&(workload, "proxy", "registry.example/proxy:latest", None), &runs);
        let labels =
            |made: &Made| LABELS[2..].iter().filter_map(|one| made.labels.first(one)).map(str::to_owned).collect();
        made.iter().map(|made| (made.subject.name().to_owned(), labels(made))).collect()
    }

    #[test]
    fn what_came_later_and_runs_another_digest_is_told_with_both() {
        let both = vec!["sha256:0f6ea85be40f".to_owned(), "sha256:5ca65b645e9a".to_owned()];
        assert_eq!(told(&[(0, OLD, 0), (60, OLD, 0), (90, NEW, 3)]), [("proxy-2".to_owned(), both)]);
        assert_eq!(told(&[(0, OLD, 0), (60, OLD, 0)]), [], "all run the same");
        assert_eq!(told(&[(0, NEW, 1), (60, OLD, 0)]), [], "it may have had the old one before it was started again");
        assert_eq!(told(&[(0, "sha256:2c2239fe82b4", 0), (60, NEW, 0)]), [], "digests of different things");
    }
}
